"""The organization as GitHub shows it to a token: all of it, or some of it denied."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from dora.demo.github.views import RepositoryView
from dora.demo.organization.model import Organization, Team


@dataclass(frozen=True)
class Rights:
    """What a token may, beside reading code, deployments and issues.

    *actions*: it may read workflows and their runs in private repositories; in public ones
    everybody may. *pushes*: it may write code, so it sees drafts of releases.
    """

    actions: bool = True
    pushes: bool = False


@dataclass(frozen=True)
class VisibleOrganization:
    """The organization as one token sees it.

    *denied* maps a repository's name to FORBIDDEN, NOT_FOUND or SAML. *known* are views made
    before, by name: they serve again where their repository is the same.
    """

    organization: Organization
    denied: Mapping[str, str] = field(default_factory=dict)
    rights: Rights = field(default_factory=Rights)
    known: Mapping[str, RepositoryView] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def _all(self) -> dict[str, RepositoryView]:
        found = {}
        for repository in self.organization.repositories:
            view = RepositoryView(self.organization.login, repository, self.organization.now)
            name = repository.name.casefold()
            old = self.known.get(name)
            found[name] = old if old is not None and _is_same(old, view) else view
        return found

    @cached_property
    def views(self) -> dict[str, RepositoryView]:
        """Every repository that the token sees, by its name in lower case."""
        return {
            name: view
            for name, view in self._all.items()
            if self.denied.get(view.repository.name) != "NOT_FOUND"
        }

    @cached_property
    def _renamed(self) -> dict[str, RepositoryView]:
        return {
            name.casefold(): view
            for view in self.views.values()
            for name in view.repository.former_names
        }

    @cached_property
    def identities(self) -> dict[str, RepositoryView]:
        """Every repository that the token sees, by what its global id is made of."""
        return {view.identity: view for view in self.views.values()}

    def is_organization(self, login: str) -> bool:
        """Whether *login* is the organization's, case ignored."""
        return login.casefold() == self.organization.login.casefold()

    def view(self, owner: str, name: str, *, follow: bool = True) -> RepositoryView | None:
        """The repository `owner/name`, case ignored; None when there is none.

        With *follow* also by a name it had before, where no other has that name now.
        """
        if not self.is_organization(owner):
            return None
        found = self.views.get(name.casefold())
        return self._renamed.get(name.casefold()) if found is None and follow else found

    def numbered(self, database_id: int) -> RepositoryView | None:
        """The repository of that database id."""
        views = self.views.values()
        return next((view for view in views if view.repository.database_id == database_id), None)

    def denial(self, view: RepositoryView) -> str | None:
        """Why the token may list this repository but read nothing in it: FORBIDDEN or SAML."""
        name = view.repository.name
        return self.denied.get(name) or ("FORBIDDEN" if view.repository.forbidden else None)

    def team(self, slug: str) -> Team | None:
        """The team of that slug."""
        return next((team for team in self.organization.teams if team.slug == slug), None)

    def denying(self, denied: Mapping[str, str]) -> "VisibleOrganization":
        """The same organization with more repositories denied."""
        if not denied:
            return self
        return replace(self, denied={**self.denied, **denied}, known=self._all)

    def allowing(self, rights: Rights) -> "VisibleOrganization":
        """The same organization for a token that may no more than *rights*."""
        return self if rights == self.rights else replace(self, rights=rights, known=self._all)

    def succeeded_by(self, organization: Organization) -> "VisibleOrganization":
        """What the token sees of *organization*; views of what did not change are reused."""
        return replace(self, organization=organization, known=self._all)


def _is_same(old: RepositoryView, new: RepositoryView) -> bool:
    same = old.repository is new.repository  # comparing two of them would take longer than a view
    return same and (old.owner, old.now) == (new.owner, new.now)
