"""The oracle on incidents elsewhere, picks, squashes and reverts, worked out by hand."""

from dataclasses import replace
from typing import Any

import pytest

from dora.demo.organization.model import Issue, PullRequest, Repository
from tests.oracle.ordinary_life import (
    HOUR,
    LINE,
    OURS,
    ask,
    commits,
    deploy,
    hour,
    repository,
    row,
    sha,
    summary,
)
from tests.oracle.references import named

# Incidents (F7) -------------------------------------------------------------------------------


def central(*labels: str, body: str = "", name: str = "ops", **other: Any) -> Repository:
    """A central repository with one incident, open in hours 260 to 261."""
    state = {key: other.pop(key) for key in ("state_reason",) if key in other}
    burning = Issue(7, "x", hour(260), hour(261), body, ("incident", *labels), **state)
    return repository({}, name=name, issues=(burning,), **other)


API = repository(LINE, deploy(1, "a", 110), deploy(2, "b", 250))


def failing(report: dict[str, Any]) -> tuple[int, int, int | None]:
    """Failed, finished, and incidents that belong to none."""
    rates = [one["change_fail_rate"] for one in report["rows"]]
    unattributed = report["coverage"]["incidents"]["unattributed"]
    return (
        sum(one["failed"] for one in rates),
        sum(one["deployments"] for one in rates),
        unattributed,
    )


@pytest.mark.parametrize(
    ("central_one", "names"),
    [
        (central("repo:api"), ("ops",)),
        (central("Repo: ACME/Api"), ("Acme/OPS",)),
        (central("repo:api", archived_at=hour(0)), ("ops",)),
        (central(body="Deployment: https://api.github.com/repos/acme/api/deployments/2"), ("ops",)),
    ],
)
def test_central_repositories(central_one: Repository, names: tuple[str, ...]) -> None:
    """F7: they are read whatever else is said of them, and a row depends on no other row."""
    for asked in ({}, {"repositories": ("api",)}, {"environments": ("prod*",)}):
        report, _ = ask(API, central_one, incident_repositories=names, **asked)
        assert (1, 1, 0) == failing(report)


@pytest.mark.parametrize("label", ["repo:aip", "repo:other/api"])
def test_misspelt_repository(label: str) -> None:
    """F7, C1: an incident of a repository that nobody knows is told in coverage."""
    report, _ = ask(API, central(label), incident_repositories=("ops",))
    assert (0, 1, 1) == failing(report)


def test_incident_of_what_was_not_asked_for() -> None:
    """C1: what is only about an excluded repository belongs elsewhere."""
    web = replace(API, name="web")
    asked = {"incident_repositories": ("ops",), "repositories": ("web",)}
    assert (0, 1, 0) == failing(ask(API, web, central("repo:api"), **asked)[0])


BODIES = {
    "### Deployment\n\n{}": "{}",
    "### Service\n\nweb\n\n### Deployment\n\n`{}`\n\n### Other": "{}",
    "**Deployment:** {}": "{}",
    "**Deployment**: _{}_": "{}",
    "- Deployment: {}": "{}",
    "1. deployment: {} and more": "{}",
    "> Deployment: {}": "{}",
    "## Deployment: {}": "{}",
    "| a | b |\n|---|---|\n| Deployment | {} |": "{}",
    "|**Deployment:**|`{}`|": "{}",
    "Deployment: `{}`": "{}",
    "Deployment: <{}>": "{}",
    "Deployment: [{}](https://example.org/x)": "{}",
    "Deployment: [x](https://github.com/acme/api/deployments/{})":
        "https://github.com/acme/api/deployments/{}",
    "### Deployment\n\n_No response_\n\nDeployment: {}": "{}",
    "### Deployment\n\n### Other\n\nDeployment: {}": "{}",
    "Deployment:\nDeployment: {}": "{}",
}  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_body_names_a_deployment(body: str) -> None:
    """F7: as a line, as a form renders it, with Markdown around label and value."""
    assert BODIES[body].format(123) == named(body.format(123))


@pytest.mark.parametrize(
    "body",
    ["### Deployment\n\n_No response_", "Deployment: _No response_", "The deployment: 1",
     "Deployments: 1", "### Deployments\n\n1", "<!-- Deployment: 1 -->", "Deployment", ""],
)  # fmt: skip
def test_body_names_nothing(body: str) -> None:
    """F7: anything else is no such line."""
    assert None is named(body)


def test_form_names_what_came_before() -> None:
    """F7: what is named failed, not what was live."""
    made = deploy(1, "a", 100), deploy(2, "b", 250), deploy(3, "c", 300)
    for body in ("### Deployment\n\n2", "Deployment: HTTPS://GitHub.com/ACME/API/deployments/2"):
        burning = Issue(9, "x", hour(301), hour(302), body, ("incident",))
        _, evidence = ask(repository(LINE, *made, issues=(burning,)))
        assert [2] == [one["id"] for one in evidence["deployments"] if one["reasons"]]


@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_dismissed_incidents(reason: str) -> None:
    """F7, C1: what was closed as none is none, unless it is said to count."""
    told = central("repo:api", state_reason=reason)
    asked = {"incident_repositories": ("ops",)}
    report, _ = ask(API, told, **asked)
    assert (0, 1, 0) == failing(report)
    assert 1 == report["coverage"]["incidents"]["dismissed"]
    report, _ = ask(API, told, dismissed="count", **asked)
    assert (1, 1, 0) == failing(report)
    assert 0 == report["coverage"]["incidents"]["dismissed"]


@pytest.mark.parametrize(
    ("labels", "failed"),
    [
        ((), [1, 2, 3]),
        (("Service: WEB",), [1, 3]),
        (("environment:prod-eu",), [1, 2]),
        (("service:web", "environment:prod-eu"), [1]),
        (("service:web", "service:db"), [1, 2, 3]),
        (("service:none",), []),
    ],
)
def test_incident_of_one_service(labels: tuple[str, ...], failed: list[int]) -> None:
    """F7: labels narrow it to these, several widen it again."""
    web, db = OURS.format("web"), OURS.format("db")
    made = (
        deploy(1, "a", 250, payload=web, environment="prod-eu"),
        deploy(2, "a", 250, payload=db, environment="prod-eu"),
        deploy(3, "a", 250, payload=web, environment="prod-us"),
    )
    burning = Issue(9, "x", hour(260), hour(261), labels=("incident", *labels))
    report, evidence = ask(repository(LINE, *made, issues=(burning,)))
    assert failed == sorted(one["id"] for one in evidence["deployments"] if one["reasons"])
    assert int(not failed) == report["coverage"]["incidents"]["unattributed"]


# The same change (LT11, F3, LT4) --------------------------------------------------------------


def picked(letter: str) -> str:
    """Message of a pick with -x."""
    return f"Fix it\n\n(cherry picked from commit {sha(letter)})"


def request(number: int, merge: str, *work: str, at: float = 250, **other: Any) -> PullRequest:
    """Make a request merged at hour *at*."""
    return PullRequest(
        number,
        other.pop("opened", hour(at)),
        merged_at=hour(at),
        merge_commit_sha=sha(merge),
        commits=tuple(map(sha, work)),
        associated=(sha(merge),),
        **other,
    )


def test_picked_hotfix() -> None:
    """LT11, F4: its label means the pick that is live, and the trunk's commit does not wait."""
    known = commits(("a", "", 0), ("c", "a", 255), ("b", "c", 256), p=picked("b")) | commits(
        ("d", "a", 257), d=picked("b")
    )
    fix = request(5, "b", at=256, labels=("hotfix",))
    made = deploy(1, "a", 100), deploy(2, "a", 245), deploy(3, "d", 260)
    api = repository(known, *made, pull_requests=(fix,), head=sha("b"))
    report, evidence = ask(api)
    assert (2, 1, 2, 1, 15.0, 1) == summary(report["rows"][0])
    assert {"changes": 1, "oldest": 465 * HOUR} == report["rows"][0]["waiting"]
    later = replace(api, deployments=(*made, deploy(4, "b", 280)))
    report, evidence = ask(later)
    assert (3, 1, 3, 1, 15.0, 2) == summary(report["rows"][0])
    assert {sha("d"), sha("c")} == {one["sha"] for one in evidence["changes"]}


def test_picked_revert() -> None:
    """LT11, F3: its target is the change, under whichever sha it was received."""
    reverts = f"This reverts commit {sha('b')}."
    known = commits(
        ("a", "", 0), ("b", "a", 241), ("e", "a", 242), ("f", "e", 255),
        e=picked("b"), f=f"{reverts}\n\n(cherry picked from commit {sha('9')})",
    )  # fmt: skip
    made = deploy(1, "a", 100), deploy(2, "e", 250), deploy(3, "f", 260)
    assert (2, 1, 2, 1, 10.0, 2) == summary(row(repository(known, *made)))
    unknown = {one: replace(known[one], message=known[one].message.replace("b" * 40, "7" * 40))
               for one in known if one != sha("b")}  # fmt: skip
    assert (2, 1, 2, 1, 10.0, 2) == summary(row(repository(unknown, *made)))


def test_two_picks_of_one_commit() -> None:
    """LT11: they are one change, whether its commit is known or not."""
    known = commits(
        ("a", "", 0), ("b", "a", 241), ("c", "b", 242), ("d", "c", 243),
        b=picked("9"), c=picked("9"), d=picked("8"),
    )  # fmt: skip
    made = deploy(1, "a", 100), deploy(2, "d", 250)
    _, evidence = ask(repository(known, *made))
    assert [sha("b"), sha("d")] == [one["sha"] for one in evidence["changes"]]


def test_squash_of_what_a_branch_deployed() -> None:
    """LT11: what its branch deployed is received; so is the branch where its squash was."""
    known = commits(("a", "", 0), ("b", "a", 241), ("c", "b", 242), ("d", "a", 250))
    squash = request(5, "d", "b", "c")
    made = [deploy(1, "a", 100), deploy(2, "c", 245)]
    api = repository(known, *made, pull_requests=(squash,))
    assert {"changes": 0, "oldest": None} == row(api)["waiting"]
    both = replace(api, deployments=(*made, deploy(3, "d", 260)))
    assert (2, 0, 2, 0, None, 2) == summary(row(both))
    other = replace(api, deployments=(made[0], deploy(2, "d", 245), deploy(3, "c", 260)))
    assert (2, 0, 2, 0, None, 1) == summary(row(other))
    part = replace(api, deployments=(made[0], deploy(2, "b", 245), deploy(3, "d", 260)))
    assert (2, 0, 2, 0, None, 2) == summary(row(part))


def test_develop_squashed_into_main() -> None:
    """LT11: a release squash is received where develop was."""
    known = commits(
        ("a", "", 0), ("b", "a", 241), ("c", "b", 242), ("d", "a", 250), ("e", "d", 251)
    )
    release = request(5, "d", "b", "c")
    made = deploy(1, "a", 100), deploy(2, "c", 245), deploy(3, "e", 260)
    api = repository(known, *made, pull_requests=(release,))
    _, evidence = ask(api)
    assert {sha("b"), sha("c"), sha("e")} == {one["sha"] for one in evidence["changes"]}


@pytest.mark.parametrize(
    ("title", "failed"),
    [
        ('Revert "Add thing (#12)" (#13)', 1),
        ('Revert "Add thing (#12)"\n\nIt broke.', 1),
        ('Revert "Revert "x (#11)" (#12)" (#13)', 1),
        ('Revert "Add thing" (#12)', 0),
        ('Revert "Add thing (#12)" and more', 0),
        ('x Revert "Add thing (#12)" (#13)', 0),
        ('x\n\nRevert "Add thing (#12)" (#13)', 0),
        ('Revert "Add thing (#99)" (#13)', 0),
    ],
)
def test_revert_by_title_alone(title: str, failed: int) -> None:
    """F3: the first line names the request, with or without the revert's own number."""
    known = commits(("a", "", 0), ("b", "a", 241), ("c", "b", 252), c=title)
    made = deploy(1, "a", 100), deploy(2, "b", 250), deploy(3, "c", 260)
    requests = request(12, "b", at=245), request(13, "c", at=252, head_ref="undo")
    one = row(repository(known, *made, pull_requests=requests))
    assert (failed, failed) == (one["change_fail_rate"]["failed"], one["rework_rate"]["rework"])


@pytest.mark.parametrize(("opened", "days"), [(0, 20), (480, 0), (500, 0)])
def test_branch_rewritten_after_its_request_was_opened(opened: float, days: int) -> None:
    """LT4: a squash starts when its request was opened, where its first commit is younger."""
    known = commits(("a", "", -9), ("b", "a", 480), ("c", "a", 481))
    squash = request(5, "c", "b", at=481, opened=hour(opened))
    made = deploy(1, "a", 100), deploy(2, "c", 482)
    one = row(repository(known, *made, pull_requests=(squash,)))
    assert days * 24 * HOUR + 2 * HOUR == one["change_lead_time"]["median"]


# Recovery (R3, R4) ----------------------------------------------------------------------------


def test_carried_in_and_longest() -> None:
    """R3, R4: what was open when the window began is a count beside; the longest of the rest."""
    api = repository(
        LINE,
        deploy(1, "a", 100, ("failure", 100)),
        deploy(2, "a", 200, ("success", 200)),
        deploy(3, "a", 210, ("failure", 210)),
        deploy(4, "a", 250, ("success", 250)),
        deploy(5, "a", 260, ("failure", 260)),
        deploy(6, "a", 263, ("success", 263)),
        deploy(7, "a", 270, ("failure", 270)),
        deploy(8, "a", 271, ("success", 271)),
    )
    recovery = row(api)["recovery_time"]
    assert (1, 2, 2 * HOUR, 2 * HOUR - HOUR, 3 * HOUR) == (
        recovery["carried_in"],
        recovery["episodes"],
        recovery["mean"],
        recovery["median"],
        recovery["longest"],
    )
