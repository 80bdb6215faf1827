"""What the deployments of a repository are, by the entries of `[[sources]]` (D8)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dora.demo.organization.model import Deployment, Organization, Repository, Status
from tests.oracle.file_lines import of_file
from tests.oracle.made import Made, Place, in_order_of_names, numbered, succeeded
from tests.oracle.naming import canonical, fits, fits_any
from tests.oracle.outcomes import environment_of, is_excluded
from tests.oracle.settings import Settings
from tests.oracle.source_settings import (
    DeploymentsEntry,
    Entry,
    FileEntry,
    MergesEntry,
    ReleasesEntry,
    TagsEntry,
    WorkflowEntry,
)
from tests.oracle.workflow_runs import of_workflow

#: what GitHub's Deployments are where no entry fits
OWN = DeploymentsEntry()


def of_deployments(place: Place, entry: DeploymentsEntry) -> list[Made]:
    """Those to environments that fit, as GitHub spells them now."""
    return [
        Made(**vars(one))
        for one in place.repository.deployments
        if fits_any(entry.environments, environment_of(one))
    ]


def of_releases(place: Place, entry: ReleasesEntry) -> list[Made]:
    """Every published release whose tag fits."""
    commits = {tag.name: tag.sha for tag in place.repository.tags}
    made = []
    for release in place.repository.releases:
        environment = entry.prereleases if release.is_prerelease else entry.environment
        published_at = None if release.is_draft else release.published_at
        if published_at is not None and environment and fits(entry.tag, release.tag):
            made.append(
                succeeded(
                    "releases",
                    release.tag,
                    sha=commits.get(release.tag, ""),
                    at=published_at,
                    environment=environment,
                    ref=release.tag,
                    page=f"{place.site}/releases/tag/{release.tag}",
                )
            )
    return in_order_of_names(made)


def of_tags(place: Place, entry: TagsEntry) -> list[Made]:
    """Every tag that fits, at its tagger's date or, a lightweight one, at its commit's."""
    commits = place.repository.commits
    made = []
    for tag in place.repository.tags:
        commit = commits.get(tag.sha)
        at = tag.tagged_at or (commit.committed_at if commit else None)
        if fits(entry.tag, tag.name) and at is not None:
            made.append(
                succeeded(
                    "tags",
                    tag.name,
                    sha=tag.sha,
                    at=at,
                    environment=entry.environment,
                    ref=tag.name,
                    page=f"{place.site}/tree/{tag.name}",
                )
            )
    return in_order_of_names(made)


def of_merges(place: Place, entry: MergesEntry) -> list[Made]:
    """Every commit of the branch's line, oldest first, as far back as it is read.

    The order is that of the line: none succeeded before the one below it, whatever clocks say.
    """
    repository = place.repository
    branch = entry.branch or repository.default_branch
    made: list[Made] = []
    for sha in reversed(line_of(place, branch)):
        at = repository.commits[sha].committed_at
        one = succeeded(
            "merges",
            sha,
            sha=sha,
            at=at,
            environment=entry.environment,
            ref=branch,
            page=f"{place.site}/commit/{sha}",
        )
        before = made[-1].statuses[0].created_at if made else at
        made.append(replace(one, statuses=(Status("success", max(at, before)),)))
    return made


def line_of(place: Place, branch: str) -> list[str]:
    """Commits of the branch's first-parent line before `until`, newest first.

    It is read to the first that was committed before the look-back began (W3).
    """
    repository = place.repository
    heads = {**repository.branches, repository.default_branch: repository.head}
    sha = heads.get(branch)
    line = []
    while sha is not None and sha in repository.commits:
        commit = repository.commits[sha]
        if commit.committed_at < place.until:
            line.append(sha)
        if commit.committed_at < place.horizon:
            break
        sha = commit.parents[0] if commit.parents else None
    return line


def made_by(place: Place, entry: Entry) -> list[Made]:
    """Deployments that an entry gives, those of one environment in order of their ids."""
    match entry:
        case DeploymentsEntry():
            return of_deployments(place, entry)
        case WorkflowEntry():
            return of_workflow(place, entry)
        case ReleasesEntry():
            return of_releases(place, entry)
        case TagsEntry():
            return of_tags(place, entry)
        case MergesEntry():
            return of_merges(place, entry)
        case FileEntry():
            return of_file(place, entry)


# Which source an environment has ---------------------------------------------------------------


@dataclass(frozen=True)
class Taken:
    """The deployments of a repository, and where two entries meet."""

    repository: Repository
    meeting: str | None = None  #: why it is unreadable


def all_made(place: Place, entries: Mapping[int, Entry]) -> list[Made]:
    """Everything that any of the entries gives; ids of other sources are numbers below 0."""
    by_entry = {number: made_by(place, entry) for number, entry in entries.items()}
    every = [
        replace(one, entry=number)
        for number, several in by_entry.items()
        for one in several
        if one.created_at < place.until
    ]
    own = [one for one in every if one.source == "deployments"]
    return own + numbered([one for one in every if one.source != "deployments"])


def key_of(deployment: Deployment, settings: Settings) -> str | None:
    """Environment that a deployment counts for; None where it is left out (D1, D9)."""
    name = canonical(environment_of(deployment), settings)
    return None if name is None or is_excluded(deployment, settings) else name


def take(
    place: Place, settings: Settings, environments: Sequence[str], entries: Mapping[int, Entry]
) -> Taken:
    """Give each environment that was deployed to since the look-back began its source."""
    every = all_made(place, entries)
    owners: dict[str, set[int]] = {}
    shown: dict[str, str] = {}  # the spelling of the last one made (D1)
    for one in sorted(every, key=lambda one: (one.created_at, one.id)):
        name = key_of(one, settings)
        chosen = name is not None and (not environments or fits_any(environments, name))
        if name is not None and chosen and one.created_at >= place.horizon:
            owners.setdefault(name.casefold(), set()).add(one.entry)
            shown[name.casefold()] = name
    for key in sorted(owners):
        if len(owners[key]) > 1:
            return Taken(place.repository, meeting(shown[key], sorted(owners[key]), entries))
    kept = [
        one
        for one in every
        for name in [key_of(one, settings)]
        if name is None or one.entry in owners.get(name.casefold(), {one.entry})
    ]
    return Taken(replace(place.repository, deployments=tuple(kept)))


def meeting(environment: str, numbers: Sequence[int], entries: Mapping[int, Entry]) -> str:
    """Say that two entries give deployments of one environment."""
    one, another = numbers[:2]
    return (
        f"two sources give deployments of `{environment}`: {described(one, entries[one])} "
        f"and {described(another, entries[another])}; "
        "remove the repository from one of them, or give one another environment"
    )


def described(number: int, entry: Entry) -> str:
    """An entry as a message names it."""
    kind = f"workflow `{entry.workflow}`" if isinstance(entry, WorkflowEntry) else entry.kind
    return f"[[sources]] {number} ({kind})"


def taken_of(
    organization: Organization,
    settings: Settings,
    since: datetime,
    until: datetime,
    environments: Sequence[str],
) -> dict[str, Taken]:
    """What each repository's deployments are, by its name."""
    taken = {}
    for repository in organization.repositories:
        fitting: dict[int, Entry] = {
            number: entry
            for number, entry in enumerate(settings.sources, start=1)
            if fits_any(entry.repositories, repository.name)
        }
        place = Place(organization.login, repository, since - settings.lookback, until)
        taken[repository.name] = take(place, settings, environments, fitting or {0: OWN})
    return taken
