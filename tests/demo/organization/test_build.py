"""The made-up organization is the same everywhere, believable, and shows every awkward thing."""

import json
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from dora.demo.github import git
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Deployment, Issue, Organization, PullRequest, Repository

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
NEVER = datetime.min.replace(tzinfo=UTC)
SINCE = NOW - timedelta(days=90)
Seen = Callable[[Repository, Deployment], bool]


@pytest.fixture(scope="module")
def medica_flow() -> Organization:
    """The organization at a fixed instant, with the forbidden repository."""
    return build_organization(NOW, forbidden=True)


def deployments(organization: Organization) -> Iterator[tuple[Repository, Deployment]]:
    """Every deployment with its repository."""
    for repository in organization.repositories:
        for deployment in repository.deployments:
            yield repository, deployment


def states(deployment: Deployment) -> list[str]:
    """The states in order."""
    return [status.state for status in deployment.statuses]


def says(deployment: Deployment, words: str) -> bool:
    """Whether one of its statuses says that."""
    return any(words in status.description for status in deployment.statuses)


def repository(organization: Organization, name: str) -> Repository:
    """The repository of that name."""
    return next(one for one in organization.repositories if one.name == name)


def successes(repo: Repository, environment: str) -> list[tuple[datetime, Deployment]]:
    """The deployments that succeeded there, in the order in which they did."""
    found = []
    for deployment in repo.deployments:
        moments = [one.created_at for one in deployment.statuses if one.state == "success"]
        if moments and deployment.environment == environment:
            found.append((min(moments), deployment))
    return sorted(found, key=lambda pair: (pair[0], pair[1].id))


@pytest.mark.thorough
def test_same_arguments_give_the_same_bytes(medica_flow: Organization) -> None:
    """Nothing but `now` and `seed` decides; another seed decides otherwise."""
    again = build_organization(NOW, forbidden=True)
    assert repr(medica_flow) == repr(again)
    assert repr(medica_flow) != repr(build_organization(NOW, seed=8, forbidden=True))


def test_ids_grow_with_time(medica_flow: Organization) -> None:
    """Deployment ids grow with their creation over the organization, beyond 32 bits."""
    rows = sorted(deployments(medica_flow), key=lambda pair: pair[1].id)
    moments = [deployment.created_at for _, deployment in rows]
    assert moments == sorted(moments)
    assert len(rows) == len({deployment.id for _, deployment in rows})
    assert 2**32 > rows[0][1].id > 2**31


@pytest.mark.few(1)
@pytest.mark.parametrize("hour", [0, 15])
@pytest.mark.parametrize("day", [1, 3, 7])
def test_nothing_lies_in_the_future(day: int, hour: int) -> None:
    """Whatever the instant, weekends too, nothing happened after it; only author dates may."""
    now = datetime(2026, 3, day, hour, 1, tzinfo=UTC)
    for repo in build_organization(now).repositories:
        moments = [repo.created_at]
        moments += [commit.committed_at for commit in repo.commits.values()]
        moments += [one.created_at for one in repo.deployments]
        moments += [status.created_at for one in repo.deployments for status in one.statuses]
        threads: list[Issue | PullRequest] = [*repo.issues, *repo.pull_requests]
        moments += [one.created_at for one in threads]
        ends = [one.closed_at for one in threads]
        assert max(moments) <= now
        assert all(end is None or end <= now for end in ends)


def test_statuses_stand_in_the_order_of_time(medica_flow: Organization) -> None:
    """Statuses are in order, and parents exist."""
    for _, deployment in deployments(medica_flow):
        moments = [status.created_at for status in deployment.statuses]
        assert moments == sorted(moments)
    for repo in medica_flow.repositories:
        assert all(set(one.parents) <= repo.commits.keys() for one in repo.commits.values())
        threads: list[Issue | PullRequest] = [*repo.issues, *repo.pull_requests]
        assert len(threads) == len({one.number for one in threads})


def test_size_is_that_of_a_real_organization(medica_flow: Organization) -> None:
    """Thousands of commits and deployments, yet a report stays quick."""
    commits = sum(len(one.commits) for one in medica_flow.repositories)
    assert 6_000 <= commits <= 10_000
    assert 4_000 <= len(list(deployments(medica_flow))) <= 5_000


def test_rates_and_lead_times_are_believable(medica_flow: Organization) -> None:
    """Pipelines of busy services fail now and then, and most changes take hours to days."""
    shares, waits = {}, []
    for repo in medica_flow.repositories:
        environment = "production" if repo.name.startswith("patient") else "prod"
        mine = [
            one
            for one in repo.deployments
            if one.environment == environment and one.created_at > SINCE
        ]
        if len(mine) > 30:
            failed = sum("failure" in states(one) for one in mine)
            shares[repo.name] = failed / len(mine)
        waits += [
            (one.merged_at - repo.commits[one.commits[0]].authored_at).total_seconds() / 3600
            for one in repo.pull_requests
            if one.merged_at is not None
        ]
    assert len(shares) >= 6
    assert max(shares.values()) <= 0.25
    assert statistics.median(shares.values()) >= 0.02
    assert 6 < statistics.median(waits) < 72


KINDS: dict[str, Seen] = {
    "superseded success": lambda _, one: states(one)[-2:] == ["success", "inactive"],
    "superseded in production": lambda _, one: (
        one.environment == "prod"
        and not one.production_environment
        and states(one)[-1:] == ["inactive"]
    ),
    "flagged production is spared": lambda _, one: (
        one.production_environment and states(one)[-1:] == ["success"]
    ),
    "failure after success": lambda _, one: ["success", "failure"] == states(one)[-2:],
    "success after failure": lambda _, one: (
        "failure" in states(one) and "success" in states(one)[states(one).index("failure") :]
    ),
    "approved": lambda _, one: states(one)[:4] == ["waiting", "queued", "in_progress", "success"],
    "still waiting": lambda _, one: states(one) == ["waiting"],
    "refused": lambda _, one: states(one) == ["waiting", "failure"],
    "expired": lambda _, one: (
        states(one) == ["waiting", "failure"]
        and one.statuses[1].created_at - one.created_at > timedelta(days=14)
    ),
    "plan of a request": lambda repo, one: (
        repo.name == "terraform-ci"
        and one.environment == "prod"
        and re.fullmatch(r"refs/pull/\d+/merge", one.ref) is not None
        and re.fullmatch(r"Plan of #\d+", one.description or "") is not None
    ),
    "apply not begun": lambda _, one: (
        states(one) == ["in_progress", "error"] and says(one, "apply had not begun")
    ),
    "apply begun": lambda _, one: (
        states(one) == ["in_progress", "failure"] and says(one, "apply had begun")
    ),
    "nothing to change": lambda _, one: (
        states(one)[:2] == ["in_progress", "success"] and says(one, "nothing to change")
    ),
    "stack": lambda repo, one: (
        repo.name == "infrastructure"
        and one.environment == "prod"
        and json.loads(one.payload or "")["stack"] in {"network", "database"}
        and json.loads(one.payload or "")["dora"] == 1
    ),
    "picked": lambda repo, one: (
        one.sha in repo.commits and "(cherry picked from commit " in repo.commits[one.sha].message
    ),
    "no status": lambda _, one: not one.statuses and one.created_at < NOW - timedelta(days=2),
    "queued for days": lambda _, one: (
        states(one) == ["queued"] and one.created_at < NOW - timedelta(days=2)
    ),
    "only inactive": lambda _, one: states(one) == ["waiting", "inactive"],
    "rollback by task": lambda _, one: one.task == "rollback",
    "rollback by payload": lambda _, one: json.loads(one.payload or "null") == {"rollback": True},
    "rollback by text payload": lambda _, one: (
        json.loads(one.payload or "null") == '{"rollback": true}'
    ),
    "gone commit": lambda repo, one: one.sha not in repo.commits,
    "renamed": lambda _, one: any(status.environment for status in one.statuses),
    "request environment": lambda _, one: re.fullmatch(r"pr-\d+", one.environment) is not None,
    "preview environment": lambda _, one: one.environment.startswith("preview/"),
    "tenant": lambda _, one: one.environment in {"prod-eu", "prod-us"},
    "other spelling": lambda _, one: one.environment == "Production",
    **{
        f"environment {name}": lambda _, one, name=name: one.environment == name  # type: ignore[misc] # the name is bound
        for name in ("[brackets] qa", "<b>bold</b>", "@team", "a|b", "=1+1", "github-pages")
    },
    "authored after its deployment": lambda repo, one: (
        one.sha in repo.commits and repo.commits[one.sha].authored_at > one.created_at
    ),
    "by a person": lambda _, one: one.creator == "chitra" and one.payload is None,
    "by Vercel": lambda _, one: (
        one.creator == "vercel[bot]" and ".vercel.app" in (one.statuses[0].log_url or "")
    ),
    "by Pages": lambda _, one: one.creator == "github-pages[bot]" and one.payload == "",
    "log elsewhere": lambda _, one: any(
        (status.log_url or "").startswith("https://buildkite.com/") for status in one.statuses
    ),
    "under way": lambda _, one: states(one) == ["queued", "in_progress"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_deployment_is_there(medica_flow: Organization, kind: str) -> None:
    """Each awkward deployment was created in the last 90 days."""
    assert any(
        KINDS[kind](repo, one) for repo, one in deployments(medica_flow) if one.created_at > SINCE
    )


def test_logs_of_2022_stand_at_check_runs(medica_flow: Organization) -> None:
    """What Actions filed years ago names a check run, in which no workflow run can be read."""
    (one,) = repository(medica_flow, "report-archive").deployments
    pattern = r"https://github\.com/medica-flow/report-archive/runs/\d+\?check_suite_focus=true"
    assert all(re.fullmatch(pattern, status.log_url or "") for status in one.statuses)


def test_one_approval_reaches_over_the_edge(medica_flow: Organization) -> None:
    """A deployment created before the window succeeded in it, after more than 20 days."""
    rows = successes(repository(medica_flow, "terraform-ci"), "prod")
    assert any(
        one.created_at < SINCE < moment and moment - one.created_at > timedelta(days=20)
        for moment, one in rows
    )


def test_rollbacks_go_back_one_two_and_forward(medica_flow: Organization) -> None:
    """Among the steps of production are rollbacks over one and two releases, and forward again."""
    repo = repository(medica_flow, "patient-api")
    shas = [one.sha for _, one in successes(repo, "production")]
    two = [at for at in range(3, len(shas)) if shas[at] == shas[at - 3] != shas[at - 1]]
    one = [at for at in range(2, len(shas)) if shas[at] == shas[at - 2] != shas[at - 1]]
    assert two
    assert one
    assert any(shas[at + 1] == shas[at - 1] for at in two), "forward again"
    assert any(at + 1 in one for at in one), "a rollback of a rollback"
    assert any(first == second for first, second in pairwise(shas)), "redeploy"
    at = two[0]
    assert shas[at] in git.reachable(repo.commits, shas[at - 1])


def test_releases_finish_out_of_order_and_at_once(medica_flow: Organization) -> None:
    """A later deployment is live first; two succeed at one instant; one run files several."""
    rows = successes(repository(medica_flow, "appointment-service"), "prod")
    ids = [one.id for _, one in rows]
    assert ids != sorted(ids)
    terraform = successes(repository(medica_flow, "terraform-ci"), "prod")
    assert Counter(moment for moment, _ in terraform).most_common(1)[0][1] == 2
    runs = Counter(
        re.sub("/job/.*", "", one.statuses[0].log_url or "")
        for _, one in deployments(medica_flow)
        if one.statuses and "/actions/runs/" in (one.statuses[0].log_url or "")
    )
    assert runs.most_common(1)[0][1] == 3


def test_an_outage_is_open(medica_flow: Organization) -> None:
    """The last attempts in production failed, after a success, and an incident is open."""
    repo = repository(medica_flow, "lab-results-api")
    last = [one for one in repo.deployments if one.environment == "prod"][-2:]
    assert [["failure"], ["failure"]] == [states(one)[-1:] for one in last]
    assert any(issue.closed_at is None for issue in repo.issues)


def test_changes_land_in_every_way(medica_flow: Organization) -> None:
    """Squash, rebase, merge, octopus, direct; what a squash left on its branch still exists."""
    ways: Counter[str] = Counter()
    for repo in medica_flow.repositories:
        brought = {sha for one in repo.pull_requests for sha in one.associated}
        for one in repo.pull_requests:
            if one.merge_commit_sha is None:
                ways["open"] += 1
                continue
            commit = repo.commits[one.merge_commit_sha]
            assert set(one.commits) <= repo.commits.keys()
            if len(commit.parents) == 1:
                rebased = len(set(one.associated) - set(one.commits)) > 1
                ways["rebase" if rebased else "squash"] += 1
            else:
                ways["merge" if len(commit.parents) == 2 else "octopus"] += 1
        line = set(git.log(repo.commits, repo.head)) if repo.head else set()
        ways["direct"] += sum(
            repo.commits[sha].committed_at > SINCE and sha not in brought for sha in line
        )
    assert all(ways[way] for way in ("squash", "rebase", "merge", "direct", "open")), ways
    assert ways["octopus"] == 1


def test_commits_have_odd_dates(medica_flow: Organization) -> None:
    """Long-lived branches, merged and rebased, and a back-dated commit."""
    billing = repository(medica_flow, "billing-worker")
    old = timedelta(days=50)
    assert any(one.committed_at - one.authored_at > old for one in billing.commits.values())
    lab = repository(medica_flow, "lab-results-api")
    assert any(
        request.merged_at
        and request.merged_at > SINCE > lab.commits[request.commits[0]].authored_at
        for request in lab.pull_requests
    )
    api = repository(medica_flow, "patient-api")
    assert any(
        one.committed_at < api.commits[parent].committed_at - old
        for one in api.commits.values()
        for parent in one.parents
    )


def test_failures_are_told_in_every_way(medica_flow: Organization) -> None:
    """Reverts, hotfixes, labels, tags, incidents with and without a deployment, bots."""
    repos = medica_flow.repositories
    messages = "\n".join(one.message for repo in repos for one in repo.commits.values())
    requests = [one for repo in repos for one in repo.pull_requests]
    bodies = [issue.body for repo in repos for issue in repo.issues]
    assert re.search(r"This reverts commit [0-9a-f]{40}", messages)
    assert 'Revert "Revert "' in messages
    assert re.search(r"Reverts medica-flow/patient-portal#\d+", messages)
    assert any(re.fullmatch(r"revert-\d+-.*", one.head_ref) for one in requests)
    assert {"hotfix", "change-failure"} <= {label for one in requests for label in one.labels}
    assert any(one.head_ref.startswith("hotfix/") and not one.labels for one in requests)
    assert "dependabot[bot]" in {one.author_login for one in requests}
    tags = {tag.name: tag for repo in repos if not repo.releases for tag in repo.tags}
    assert {"failed/2-4-0", "rollback/2-1-0", "v2.0.0"} == tags.keys()
    assert tags["rollback/2-1-0"].tagged_at is None
    for pattern in (r"\d{10}\n", r"https://github.com/\S+/deployments/\d+", r"[0-9a-f]{40}"):
        assert any(re.match(f"Deployment: {pattern}", body) for body in bodies)
    assert any(re.match(r"### Deployment\n\n\d{10}\n\n### ", body) for body in bodies)
    assert any("Deployment:" not in body for body in bodies)
    reasons = {issue.state_reason for repo in repos for issue in repo.issues if issue.closed_at}
    assert reasons == {"completed", "not_planned", "duplicate"}


def test_repositories_are_of_every_kind(medica_flow: Organization) -> None:
    """Archived, empty, without deployments, new, quiet, forbidden, and one of a thousand."""
    newest = {
        repo.name: max((one.created_at for one in repo.deployments), default=NEVER)
        for repo in medica_flow.repositories
    }
    live = {
        repo.name: [one.created_at for one in repo.deployments if one.environment == "prod"]
        for repo in medica_flow.repositories
    }
    assert repository(medica_flow, "legacy-intake").is_archived
    assert repository(medica_flow, "sandbox").is_empty
    assert newest["design-system"] == NEVER
    assert min(one.created_at for one in repository(medica_flow, "fhir-bridge").deployments) > SINCE
    assert max(live["data-warehouse"]) < NOW - timedelta(days=98)
    assert newest["data-warehouse"] > SINCE
    assert SINCE - timedelta(days=30) < newest["fax-gateway"] < SINCE
    assert newest["report-archive"] < NOW - timedelta(days=1000)
    assert len(repository(medica_flow, "patient-portal").deployments) > 1000
    assert repository(medica_flow, "payments-vault").forbidden
    without = build_organization(NOW)
    assert without == replace(
        without, repositories=tuple(one for one in without.repositories if not one.forbidden)
    )


def test_a_repository_does_not_depend_on_the_others(medica_flow: Organization) -> None:
    """The forbidden repository changes nothing in the others but their ids."""
    without = build_organization(NOW)
    for mine in without.repositories:
        other = repository(medica_flow, mine.name)
        assert mine.commits == other.commits
        assert mine.pull_requests == other.pull_requests
