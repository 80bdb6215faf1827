"""What GitHub is asked of the token, and what its answers are taken for."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dora.collect import token_check
from dora.collect.github.access import find_access
from dora.collect.github.client import Client
from dora.demo.github.messages import Response, json_response, problem
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.github.visibility import Rights
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    Repository,
    Status,
    Workflow,
)
from dora.errors import CannotRead, NoAccess
from dora.model.tables import Tables
from dora.model.token_rights import Checkup, Probe
from tests.support.github.faults import Deny, Faults, PartialError, Rule
from tests.support.github.faults import Status as Answering
from tests.support.runs import Told, config_of, read_from

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
NO = "Resource not accessible by personal access token"


def repository(name: str, **more: Any) -> Repository:
    """A repository of one commit, deployed once."""
    sha = f"{len(name):040x}"
    commits = {sha: Commit(sha, (), NOW - 9 * DAY, NOW - 9 * DAY)}
    deployed = Deployment(
        len(name), sha, "prod", NOW - 8 * DAY, (Status("success", NOW - 7 * DAY),)
    )
    values = {"head": sha, "commits": commits, "deployments": (deployed,), **more}
    return Repository(name, len(name), NOW - 99 * DAY, **values)


API = repository("api")
ORGANIZATION = Organization(
    "acme", NOW, (API, repository("open-one", is_private=False), Repository("void", 99, NOW - DAY))
)


@dataclass(frozen=True)
class Headed(Answering):
    """An answer with headers of a classic token."""

    scopes: str | None = None
    expiry: str | None = None

    def answer(self) -> Response:
        """The headers; no body that matters."""
        told = {
            "x-oauth-scopes": self.scopes,
            "github-authentication-token-expiration": self.expiry,
        }
        answer = json_response({})
        headers = {name: value for name, value in told.items() if value is not None}
        return replace(answer, headers={**answer.headers, **headers})


@dataclass(frozen=True)
class Nobody(Answering):
    """What GitHub answers where nobody is behind a token: a field that may not be null is."""

    def answer(self) -> Response:
        """No data at all."""
        error = {"type": "FORBIDDEN", "path": ["viewer"], "message": NO}
        return json_response({"data": None, "errors": [error]})


def examine(server: Server, *, token: str = TOKEN, **options: Any) -> tuple[Tables, Checkup]:
    """What is read of the organization that *server* serves, and of the token."""
    config = config_of(server.organization, **options)
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": token}
    access, told = find_access(variables, config.organization), Told()
    return token_check.examine(Client(access, config, told), access, config, told)


def examined(*rules: Rule, organization: Organization = ORGANIZATION, **options: Any) -> Checkup:
    """What is told of the token by a stand-in of its own that goes wrong by *rules*."""
    with serve(organization, middleware=[Faults(rules)]) as server:
        return examine(server, **options)[1]


def refused(path: str, **variables: Any) -> Rule:
    """A part of the query for a repository's parts is refused."""
    effect = PartialError(path, "FORBIDDEN", NO)
    return Rule(effect, "CheckupRepository", variables=variables)


def test_a_token_that_may_do_everything() -> None:
    """Whose it is, how much it sees, and that nothing was refused of a private repository."""
    found = examined()
    assert found.limit is not None
    assert (5000, 4999) == (found.limit.limit, found.limit.remaining)
    assert replace(found, limit=None, requests=0, points=0) == Checkup(
        login="octo-operator", visible=3, private=2, sample=Probe("api")
    )


def test_the_cost_is_that_of_a_report() -> None:
    """Requests and points are those of reading; the check-up itself asks some more.

    Three queries, a request for the rights, and one for the refs of what deploys to production.
    """
    with serve(ORGANIZATION) as server:
        report = read_from(server, config_of(ORGANIZATION)).tables
        before = len(server.requests)
        _, found = examine(server)
        asked = [one.operation or one.path for one in server.requests[before:]]
    assert (report.requests, report.points) == (found.requests, found.points)
    refs = [path for path in asked if path.endswith("/deployments")]
    assert (len(asked), len(refs)) == (report.requests + 4 + len(refs), 2)
    assert {"/rate_limit", "Checkup", "CheckupRepository", "CheckupTeams"} <= set(asked)


def test_the_tables_are_those_of_a_report() -> None:
    """What the doctor looks at is what a report is made from."""
    with serve(ORGANIZATION) as server:
        report = read_from(server, config_of(ORGANIZATION)).tables
        tables, _ = examine(server)
    assert {"main"} == set(tables.deployments["ref"])
    assert report.deployments.equals(tables.deployments.assign(ref=report.deployments["ref"]))
    assert report.statuses.equals(tables.statuses)


@pytest.mark.parametrize(
    ("header", "scopes"),
    [
        (None, None),
        ("", ()),
        ("repo", ("repo",)),
        ("repo, gist,read:org", ("gist", "read:org", "repo")),
    ],
)
def test_scopes(header: str | None, scopes: tuple[str, ...] | None) -> None:
    """A header tells a classic token's scopes; of others there is none."""
    assert examined(Rule(Headed(scopes=header), path="/rate_limit")).scopes == scopes


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("header", "expires_at"),
    [
        (None, None),
        ("2026-12-01 10:00:00 UTC", datetime(2026, 12, 1, 10, tzinfo=UTC)),
        ("2026-12-01 10:00:00 +0200", datetime(2026, 12, 1, 8, tzinfo=UTC)),
        ("soon", None),
    ],
)
def test_expiry(header: str | None, expires_at: datetime | None) -> None:
    """A header tells when a token ends; one that cannot be read tells nothing."""
    assert examined(Rule(Headed(expiry=header), path="/rate_limit")).expires_at == expires_at


def test_without_headers() -> None:
    """A server that does not answer that request leaves scopes and expiry unknown."""
    found = examined(Rule(Answering(503), path="/rate_limit"))
    assert (None, None) == (found.scopes, found.expires_at)


def test_nobody_behind_the_token() -> None:
    """A token of nobody is asked for the rest alone."""
    found = examined(Rule(Nobody(), "Checkup", variables={"viewer": True}))
    assert (None, 3) == (found.login, found.visible)


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("deployments.deployments", "deployments"),
        ("contents.defaultBranchRef", "contents"),
        ("requests.pullRequests", "pull requests"),
        ("issues.issues", "issues"),
    ],
)
def test_a_refused_right(path: str, right: str) -> None:
    """Each right is proved by itself on a repository that could be read."""
    assert Probe("api", (right,), NO) == examined(refused(path)).sample


def test_workflow_runs_are_tried_where_they_are_deployments() -> None:
    """D8: of a repository whose source is a workflow, and with Actions: read alone."""
    vault = repository("the-vault", workflows=(Workflow(7, "Ship", ".github/workflows/ship.yml"),))
    made = Organization("acme", NOW, (API, vault))
    sources = [{"from": "workflow", "repositories": ["the-*"], "workflow": "ship.yml"}]
    with serve(made) as server:
        found = examine(server, sources=sources)[1]
        listed = [one.path for one in server.requests if one.path.endswith("/workflows")]
    tried = Probe("the-vault", is_of_workflow=True)
    assert (tried, (), ["/repos/acme/the-vault/actions/workflows"]) == (
        found.sample, found.unread, listed,
    )  # fmt: skip
    with serve(made, rights=Rights(actions=False)) as server:
        tables, found = examine(server, sources=sources)
    assert [Probe("the-vault", ("actions",), NO, is_of_workflow=True)] == [*found.unread]
    assert Probe("api") == found.sample
    (reason,) = tables.repositories["unreadable"].dropna()
    assert reason.endswith("the token or App lacks the permission Actions: read")


def test_a_branch_that_is_hidden_without_an_error() -> None:
    """A repository that holds commits but shows no branch hides its contents."""
    headless = Organization("acme", NOW, (repository("api", head=None),))
    assert Probe("api", ("contents",)) == examined(organization=headless).sample


def test_an_unreadable_repository() -> None:
    """A repository that could not be read is asked what is refused: all, each by itself."""
    vault = repository("the-vault", forbidden=True)
    found = examined(organization=replace(ORGANIZATION, repositories=(API, vault)))
    everything = ("deployments", "contents", "pull requests", "issues")
    assert (Probe("the-vault", everything, NO),) == found.unread
    assert Probe("api") == found.sample


def test_nothing_but_unreadable_repositories() -> None:
    """Where no repository could be read, rights are tried on one that could not."""
    vaults = tuple(repository(f"vault{'s' * n}", forbidden=True) for n in range(30))
    found = examined(organization=replace(ORGANIZATION, repositories=vaults))
    assert len(found.unread) == token_check.MOST_PROBES
    assert found.sample == found.unread[0]


def test_a_repository_that_is_gone() -> None:
    """A repository that itself cannot be had is refused no right by name."""
    gone = Deny("api", "NOT_FOUND")
    rules = [Rule(gone, name) for name in ("Deployments", "CheckupRepository")]
    (probe,) = examined(*rules).unread
    assert (("api", ()), True) == ((probe.repository, probe.refused), "api" in probe.reason)


@pytest.mark.usefixtures("quick")
def test_a_probe_that_fails() -> None:
    """A request that never succeeds proves nothing, and stops nothing."""
    probe = examined(Rule(Answering(503), "CheckupRepository")).sample
    assert probe is not None
    assert (("api", ()), True) == ((probe.repository, probe.refused), "503" in probe.reason)


@pytest.mark.usefixtures("quick")
def test_teams() -> None:
    """Teams are asked for unless [teams] names them; a refusal is told in GitHub's words."""
    rule = Rule(PartialError("organization.teams", "FORBIDDEN", NO), "CheckupTeams")
    assert NO == examined(rule).teams_refused
    assert None is examined(rule, teams={"us": ["api"]}).teams_refused
    assert "503" in str(examined(Rule(Answering(503), "CheckupTeams")).teams_refused)


def test_an_empty_organization() -> None:
    """Where there is nothing to try rights on, none is tried."""
    found = examined(organization=Organization("acme", NOW))
    assert (0, 0, None, ()) == (found.visible, found.private, found.sample, found.unread)


def test_refused_credentials_and_unknown_organizations() -> None:
    """What stops a report stops the doctor, in the same words."""
    with serve(ORGANIZATION) as server:
        with pytest.raises(NoAccess, match="Bad credentials"):
            examine(server, token="wrong")
        with pytest.raises(CannotRead, match="nope"):
            examine(server, org="nope")


def test_the_token_is_nowhere_in_it() -> None:
    """Nothing that is handed on holds the token."""
    with serve(ORGANIZATION) as server:
        tables, found = examine(server)
    assert TOKEN not in repr(found) + repr(tables)


def test_single_sign_on() -> None:
    """A refusal for want of single sign-on ends the run, as it does a report."""

    @dataclass(frozen=True)
    class SignOn(Answering):
        def answer(self) -> Response:
            refusal = problem(403, "no")
            return replace(refusal, headers={**refusal.headers, "x-github-sso": "required; url=x"})

    with pytest.raises(NoAccess, match="single sign-on"):
        examined(Rule(SignOn(), "Checkup"))
