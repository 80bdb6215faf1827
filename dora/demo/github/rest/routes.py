"""Answers REST requests that read: an address to the function that responds.

Lists come in pages of `per_page` (30, at most 100) with a Link header. All else is 404.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode

from graphql import GraphQLError

from dora.demo.github import git, views
from dora.demo.github.graphql.resolvers import timestamp
from dora.demo.github.messages import (
    SAML,
    Request,
    Response,
    json_response,
    lacking,
    moved,
    problem,
    single_sign_on,
    with_headers,
)
from dora.demo.github.rest import actions
from dora.demo.github.rest.pagination import linked, page_of, paged
from dora.demo.github.rest.serializers import (
    account,
    as_commit,
    as_comparison,
    as_deployment,
    as_organization,
    as_pull_request,
    as_repository,
    as_status,
    as_team,
)
from dora.demo.github.views import RepositoryView, number
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Team

_COMPARED_MAXIMUM = 250  #: commits of a comparison that is requested without pages

Handler = Callable[[Request, VisibleOrganization, "re.Match[str]"], Response]


def answer(request: Request, here: VisibleOrganization) -> Response:
    """The answer to a request that is neither GraphQL nor of an App."""
    path = _named(request.path, here)
    for pattern, handle in _ROUTES:
        match = pattern.fullmatch(path)
        if match is not None and request.method == "GET":
            try:
                return handle(request, here, match)
            except GraphQLError as error:  # an argument that both APIs read alike
                return problem(422, error.message)
    return problem(404, "Not Found")


def _named(path: str, here: VisibleOrganization) -> str:
    """The path below `/repos/` of one below `/repositories/`, where renamed ones are sent to."""
    found = _BY_NUMBER.fullmatch(path)
    view = here.numbered(int(found["id"])) if found else None
    return f"/repos/{view.name_with_owner}{found['rest']}" if found and view else path


def _one(body: Any) -> Response:
    return replace(json_response(body), served=1)


def _of_repository(
    handle: Callable[[Request, RepositoryView, "re.Match[str]"], Response],
    *,
    listed: bool = False,
    right: str = "deployments",
) -> Handler:
    """A handler below `/repos/{owner}/{repo}`.

    404 for none, 301 for a former name, 403 behind single sign-on, where only listing is allowed
    and where the token lacks the *right*. Without GitHub Actions there is nothing of it: 404.
    """

    def handler(request: Request, here: VisibleOrganization, match: re.Match[str]) -> Response:
        view = here.view(match["owner"], match["name"], follow=False)
        if view is None:
            return _moved(request, here.view(match["owner"], match["name"]))
        denial = here.denial(view)
        if denial == "SAML":
            return with_headers(problem(403, SAML), single_sign_on(view.owner))
        if denial is not None and not listed:
            return lacking(request, right)
        if right == "actions" and view.repository.is_private and not here.rights.actions:
            return lacking(request, right)
        if right == "actions" and not view.repository.has_actions:
            return problem(404, "Not Found")
        return handle(request, view, match)

    return handler


def _of_actions(handle: actions.ActionsHandler) -> Handler:
    """A handler below `/repos/{owner}/{repo}/actions`."""
    return _of_repository(
        lambda request, view, match: handle(request, view, match.groupdict()), right="actions"
    )


def _moved(request: Request, view: RepositoryView | None) -> Response:
    if view is None:
        return problem(404, "Not Found")
    below = request.path.split("/", 4)[4:]
    path = "/".join(["/repositories", str(view.repository.database_id), *below])
    query = f"?{urlencode(request.query)}" if request.query else ""
    return moved(f"{request.base_url}{path}{query}")


def _organization(request: Request, here: VisibleOrganization, match: "re.Match[str]") -> Response:
    if not here.is_organization(match["org"]):
        return problem(404, "Not Found")
    return _one(as_organization(request, here))


def _repositories(request: Request, here: VisibleOrganization, match: "re.Match[str]") -> Response:
    if not here.is_organization(match["org"]):
        return problem(404, "Not Found")
    field = request.query.get("sort", "created")
    keys: dict[str, Callable[[RepositoryView], Any]] = {
        "full_name": lambda view: view.repository.name.casefold(),
        "pushed": lambda view: view.pushed_at or view.repository.created_at,
        "updated": lambda view: view.pushed_at or view.repository.created_at,
    }
    default = "asc" if field == "full_name" else "desc"
    views = sorted(
        here.views.values(),
        key=keys.get(field, lambda view: view.repository.created_at),
        reverse=request.query.get("direction", default) == "desc",
    )
    return paged(request, views, lambda view: as_repository(request, view))


def _teams(request: Request, here: VisibleOrganization, match: "re.Match[str]") -> Response:
    if not here.is_organization(match["org"]):
        return problem(404, "Not Found")
    return paged(request, here.organization.teams, lambda team: as_team(request, here, team))


def _team_repositories(
    request: Request, here: VisibleOrganization, match: "re.Match[str]"
) -> Response:
    teams = here.organization.teams if here.is_organization(match["org"]) else ()
    return _repositories_of(request, here, [team for team in teams if team.slug == match["slug"]])


def _numbered_team_repositories(
    request: Request, here: VisibleOrganization, match: "re.Match[str]"
) -> Response:
    mine = int(match["org"]) == number(here.organization.login)
    teams = here.organization.teams if mine else ()
    found = [team for team in teams if number(team.slug) == int(match["team"])]
    return _repositories_of(request, here, found)


def _repositories_of(
    request: Request, here: VisibleOrganization, teams: Sequence[Team]
) -> Response:
    if not teams:
        return problem(404, "Not Found")
    team = teams[0]
    views = [view for view in here.views.values() if view.repository.name in team.repositories]
    return paged(
        request,
        views,
        lambda view: as_repository(request, view, team.repositories[view.repository.name]),
    )


def _deployments(request: Request, view: RepositoryView, _: "re.Match[str]") -> Response:
    wanted = {
        "sha": lambda one: one.sha,
        "ref": lambda one: one.ref,
        "task": lambda one: one.task,
        "environment": views.environment,
    }
    found = [
        one
        for one in view.repository.deployments
        if all(
            request.query.get(name) in {None, "none", read(one)} for name, read in wanted.items()
        )
    ]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return paged(request, found, lambda one: as_deployment(request, view, one))


def _deployment(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    found = view.deployments.get(int(match["id"]))
    if found is None:
        return problem(404, "Not Found")
    return _one(as_deployment(request, view, found))


def _statuses(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    found = view.deployments.get(int(match["id"]))
    if found is None:
        return problem(404, "Not Found")
    places = range(len(found.statuses) - 1, -1, -1)
    return paged(request, places, lambda at: as_status(request, view, found, at))


def _commits(request: Request, view: RepositoryView, _: "re.Match[str]") -> Response:
    if view.repository.head is None:
        return problem(409, "Git Repository is empty.")
    start = view.resolve(request.query.get("sha") or view.repository.head)
    if start is None:
        return problem(404, "Not Found")
    since, until = timestamp(request.query.get("since")), timestamp(request.query.get("until"))
    shas = view.log(start, since, until)
    return paged(request, shas, lambda sha: as_commit(request, view, sha))


def _commit(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    if view.repository.is_empty:
        return problem(409, "Git Repository is empty.")
    sha = view.resolve(unquote(match["sha"]))
    if sha is None:
        return problem(422, f"No commit found for SHA: {match['sha']}")
    return _one(as_commit(request, view, sha))


def _commit_requests(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    sha = view.resolve(match["sha"])
    if sha is None:
        return problem(422, f"No commit found for SHA: {match['sha']}")
    found = view.associated.get(sha, [])
    return paged(request, found, lambda one: as_pull_request(request, view, one))


def _compare(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    base, head = view.resolve(unquote(match["base"])), view.resolve(unquote(match["head"]))
    if base is None or head is None:
        return problem(404, "Not Found")
    merge_base = git.merge_base(view.commits, base, head)
    if merge_base is None:
        return problem(404, f"No common ancestor between {match['base']} and {match['head']}.")
    ahead, behind = git.compare(view.commits, base, head)
    page, size = page_of(request)
    if "page" in request.query or "per_page" in request.query:
        shown = ahead[(page - 1) * size : page * size]
    else:
        shown, size = ahead[-_COMPARED_MAXIMUM:], _COMPARED_MAXIMUM
    ends = (base, head, merge_base)
    body = as_comparison(request, view, ends, (len(ahead), len(behind)), shown)
    response = replace(json_response(body), served=len(shown))
    return linked(request, response, page, max(1, -(-len(ahead) // size)))


def _pull_request(request: Request, view: RepositoryView, match: "re.Match[str]") -> Response:
    found = view.requests.get(int(match["number"]))
    if found is None:
        return problem(404, "Not Found")
    return _one(as_pull_request(request, view, found))


def _user(request: Request, _here: VisibleOrganization, _match: "re.Match[str]") -> Response:
    return _one(account(request, "octo-operator"))


_BY_NUMBER = re.compile(r"/repositories/(?P<id>\d+)(?P<rest>(?:/.*)?)")
_REPOSITORY = r"/repos/(?P<owner>[^/]+)/(?P<name>[^/]+)"
_ROUTES: list[tuple["re.Pattern[str]", Handler]] = [
    (re.compile(pattern), handler)
    for pattern, handler in (
        (r"/user", _user),
        (r"/orgs/(?P<org>[^/]+)", _organization),
        (r"/orgs/(?P<org>[^/]+)/repos", _repositories),
        (r"/orgs/(?P<org>[^/]+)/teams", _teams),
        (r"/orgs/(?P<org>[^/]+)/teams/(?P<slug>[^/]+)/repos", _team_repositories),
        (r"/organizations/(?P<org>\d+)/team/(?P<team>\d+)/repos", _numbered_team_repositories),
        (
            _REPOSITORY,
            _of_repository(
                lambda request, view, _: _one(as_repository(request, view)), listed=True
            ),
        ),
        (_REPOSITORY + r"/deployments", _of_repository(_deployments)),
        (_REPOSITORY + r"/deployments/(?P<id>\d+)", _of_repository(_deployment)),
        (_REPOSITORY + r"/deployments/(?P<id>\d+)/statuses", _of_repository(_statuses)),
        (_REPOSITORY + r"/commits", _of_repository(_commits)),
        (_REPOSITORY + r"/commits/(?P<sha>[^/]+)/pulls", _of_repository(_commit_requests)),
        (_REPOSITORY + r"/commits/(?P<sha>.+)", _of_repository(_commit)),
        (_REPOSITORY + r"/compare/(?P<base>.+)\.\.\.(?P<head>.+)", _of_repository(_compare)),
        (_REPOSITORY + r"/pulls/(?P<number>\d+)", _of_repository(_pull_request)),
        *(
            (f"{_REPOSITORY}/actions{below}", _of_actions(handler))
            for below, handler in actions.ROUTES
        ),
    )
]
