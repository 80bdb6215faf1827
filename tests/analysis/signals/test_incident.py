"""Incidents by hand: F7, R1, R3, RW1."""

from dataclasses import replace
from functools import partial

import pytest

from dora.demo.organization.model import Issue, Repository
from tests.support.small_repositories import (
    DAY,
    SECOND,
    SINCE,
    Told,
    answers,
    ask,
    check,
    check_each,
    coverage,
    deploy,
    incident,
    line,
    repository,
    rows,
    sha,
    told_of,
)

BEFORE = deploy(1, "a", -5)
SHIPPED = BEFORE, deploy(2, "b", 2)
TOLD = Told({2: [("incident", 3, 4, "api#9")]}, [(3, 4, [2])])
NONE = Told(unattributed=1)


def named(text: str) -> Repository:
    """An incident whose body is *text*; live at its time is 3, not 2."""
    shipped = *SHIPPED, deploy(3, "c", 2.5)
    return repository(line("abc"), *shipped, issues=(incident(9, 3, 4, body=text),))


def test_what_was_live() -> None:
    """F7: with no deployment named it is the one live when the issue was opened."""
    api = repository(line("ab"), *SHIPPED, issues=(incident(9, 3, 4),))
    check(TOLD, api)


def test_repaired() -> None:
    """RW1: the first success after it was opened and before it was closed is rework."""
    onward = deploy(3, "c", 3.5), deploy(4, "d", 3.75)
    api = repository(line("abcd"), *SHIPPED, *onward, issues=(incident(9, 3, 4),))
    check(replace(TOLD, rework=[3]), api)


def test_closed_before_the_next() -> None:
    """RW1: a success after it was closed is no rework."""
    api = repository(line("abc"), *SHIPPED, deploy(3, "c", 5), issues=(incident(9, 3, 4),))
    check(TOLD, api)


def test_open() -> None:
    """F7, RW1: an incident still open has no end; the next success is rework."""
    api = repository(line("abc"), *SHIPPED, deploy(3, "c", 5), issues=(incident(9, 3),))
    check(Told({2: [("incident", 3, None, "api#9")]}, [(3, None, [2])], [3]), api)


@pytest.mark.parametrize("closed", [30, 31])
def test_closed_after_the_window(closed: float) -> None:
    """W2, F7: closed at `until` or later is open."""
    api = repository(line("ab"), *SHIPPED, issues=(incident(9, 3, closed),))
    check(Told({2: [("incident", 3, None, "api#9")]}, [(3, None, [2])]), api)


def test_opened_after_the_window() -> None:
    """W2: an incident opened at `until` does not exist."""
    check(Told(), repository(line("ab"), *SHIPPED, issues=(incident(9, 30),)))


NAMES = [
    "Deployment: 2",
    "It burns.\r\n\r\ndeployment:2 and more\r\nDeployment: 3",
    "  DEPLOYMENT:   2",
    "Deployment: https://github.com/org/api/deployments/2",
    "Deployment: https://github.com/ORG/Api/deployments/2",
    "Deployment: https://api.github.com/repos/org/api/deployments/2",
    "Deployment: https://ghe.example.org/api/v3/repos/org/api/deployments/2",
    "Deployment: bbbbbbb",
    "Deployment: BBBBBBBB",
    f"Deployment: {sha('b')}",
    # an issue form, and whatever Markdown stands around label and value
    "### What\n\nIt burns.\n\n### Deployment\n\n2\n\n### Cause\n\n_No response_",
    "### Deployment\r\n\r\nhttps://github.com/org/api/deployments/2\r\n",
    "### Deployment\n\n_No response_\n\n### Other\n\n- Deployment: 2",
    "**Deployment:** 2",
    "- Deployment: 2",
    "> Deployment: 2",
    "| Deployment | 2 |",
    "| What | Which |\n|---|---|\n| **Deployment** | `bbbbbbb` |",
    "## Deployment: 2",
    "Deployment: `2`",
    "Deployment: <HTTPS://GitHub.com/ORG/api/deployments/2>",
    "Deployment: [that of noon](https://github.com/org/api/deployments/2)",
    "Deployment: [2](https://example.org/what)",
]


def test_named() -> None:
    """F7: the first line `Deployment: X` names it: id, web or API address, sha of 7 to 40.

    So does the first line below a heading; Markdown around label and value is passed over.
    """
    check_each(TOLD, [named(text) for text in NAMES])


NO_NAMES = [
    "Deployment: 4",
    "Deployment: nonsense",
    "Deployment: bbbbbb",
    f"Deployment: {sha('b')}b",
    f"Deployment: {sha('9')}",
    "Deployment: https://github.com/org/web/deployments/2",
    "Deployment: https://github.com/other/api/deployments/2",
    "Deployment: #2",
    "### Deployment\n\nWe rolled it out at noon.",
    "- **Deployment:** [noon](https://example.org/deployments/2)",
    "| Deployment | N/A |",
]


def test_name_that_fits_none() -> None:
    """F7, C1: a name that fits no deployment read belongs to none; coverage counts it."""
    check_each(NONE, [named(text) for text in NO_NAMES])


@pytest.mark.parametrize(
    "text",
    ["The Deployment: 2", "Deployment 2", "Deployments: 2", "### Deployment\n\n_No response_"],
)
def test_no_such_line(text: str) -> None:
    """F7: other lines name nothing: it is what was live."""
    check(Told({3: [("incident", 3, 4, "api#9")]}, [(3, 4, [3])]), named(text))


def test_sha_stands_for_the_latest_success_before() -> None:
    """F7: of several successes of a sha it is the latest not later than the issue."""
    again = deploy(3, "b", 2.5), deploy(4, "b", 3.5)
    said = incident(9, 3, 4, body="Deployment: bbbbbbb")
    api = repository(line("ab"), *SHIPPED, *again, issues=(said,))
    check(Told({3: [("incident", 3, 4, "api#9")]}, [(3, 4, [3])], [4]), api)


def test_sha_in_each_environment_of_production() -> None:
    """F7: a sha stands for one in each environment of production; an id for itself anywhere."""
    shipped = [
        deploy(number, "a", number, environment=name)
        for number, name in enumerate(("prod-eu", "prod-us", "staging"), start=1)
    ]
    by_sha = repository(
        line("a"), *shipped, issues=(incident(9, 5, 6, body=f"deployment: {sha('a')}"),)
    )
    failed = {1: [("incident", 5, 6, "api#9")], 2: [("incident", 5, 6, "api#9")]}
    check(Told(failed, [(5, 6, [1]), (5, 6, [2])]), by_sha)
    by_id = repository(line("a"), *shipped, issues=(incident(9, 5, 6, body="deployment: 3"),))
    check(Told({3: [("incident", 5, 6, "api#9")]}, [(5, 6, [3])]), by_id)


def test_live_in_each_environment_of_production() -> None:
    """F7: what was live in each environment of production, and in none else."""
    shipped = [
        deploy(number, "a", number, environment=name)
        for number, name in enumerate(("prod-eu", "prod-us", "staging"), start=1)
    ]
    api = repository(line("a"), *shipped, issues=(incident(9, 5, 6),))
    failed = {1: [("incident", 5, 6, "api#9")], 2: [("incident", 5, 6, "api#9")]}
    check(Told(failed, [(5, 6, [1]), (5, 6, [2])]), api)


def test_named_attempt_that_failed() -> None:
    """F7, R1: a failed attempt can be named; the incident alone gives the times."""
    attempt = deploy(2, "b", 2, ("failure", 2))
    said = incident(9, 3, 4, body="Deployment: 2")
    api = repository(line("ab"), BEFORE, attempt, issues=(said,))
    reasons = [("incident", 3, 4, "api#9"), ("status", 2, None, "failure")]
    check(Told({2: reasons}, [(3, 4, [2])]), api)


def test_attribution() -> None:
    """F7: live for at most seven days, inclusive; a second more and it belongs to none."""
    just = repository(line("ab"), *SHIPPED, issues=(incident(9, 9, 10),))
    check(Told({2: [("incident", 9, 10, "api#9")]}, [(9, 10, [2])]), just)
    late = repository(line("ab"), *SHIPPED, issues=(incident(9, 9 + SECOND, 10),))
    check(NONE, late)


def test_attribution_configured() -> None:
    """F7: `incidents.attribution` decides; a named deployment may be as old as it likes."""
    told = Told({2: [("incident", 3, 4, "api#9")]}, [(3, 4, [2])])
    api = repository(line("ab"), *SHIPPED, issues=(incident(9, 3, 4),))
    day = incident(9, 3, 4).created_at - deploy(2, "b", 2).created_at
    check(told, api, attribution=day)
    check(NONE, api, attribution=day * 0.99)
    check(TOLD, named("Deployment: 2"), attribution=0 * day)


def test_opened_as_it_went_live() -> None:
    """F7, D7: live at t is what succeeded at or before t."""
    api = repository(line("ab"), *SHIPPED, issues=(incident(9, 2, 4),))
    check(Told({2: [("incident", 2, 4, "api#9")]}, [(2, 4, [2])]), api)


def test_before_anything_was_live() -> None:
    """F7, C1: with nothing live it belongs to none; one before the window is not counted."""
    issues = incident(8, -10), incident(9, 1)
    check(NONE, repository(line("ab"), deploy(2, "b", 2), issues=issues))


def test_two_incidents() -> None:
    """F7, R1: a deployment may have several: down from the first's begin to the last's end."""
    issues = incident(8, 2.5, 3), incident(9, 4, 6)
    reasons = [("incident", 2.5, 3, "api#8"), ("incident", 4, 6, "api#9")]
    expected = Told({2: reasons}, [(2.5, 6, [2])])
    check(expected, repository(line("ab"), *SHIPPED, issues=issues))


def test_incidents_alone_give_the_times() -> None:
    """R1: where an incident is among the signals, the incidents alone give the times."""
    api = repository(line("ab"), *SHIPPED, deploy(3, "a", 3), issues=(incident(9, 2.5, 5),))
    reasons = [("incident", 2.5, 5, "api#9"), ("rollback", 2, 3, "3")]
    check(Told({2: reasons}, [(2.5, 5, [2])], [3]), api)


def test_deployed_before_the_window() -> None:
    """R3, F9: the outage is of this window, its deployment of the one before."""
    api = repository(line("a"), deploy(1, "a", -2), issues=(incident(9, 1, 2),))
    check(Told({1: [("incident", 1, 2, "api#9")]}, [(1, 2, [1])]), api)
    (row,) = rows(api)
    assert (row["change_fail_rate"]["failed"], row["recovery_time"]["episodes"]) == (0, 1)


def test_opened_before_the_window() -> None:
    """R3, RW1: the outage is of the window before; what repaired it in this one is rework."""
    shipped = deploy(1, "a", -4), deploy(2, "b", 1)
    api = repository(line("ab"), *shipped, issues=(incident(9, -1, 2),))
    check(Told(rework=[2]), api)


def test_opened_before_the_look_back() -> None:
    """W3: incidents are read from `since - lookback` on."""
    shipped = deploy(1, "a", -30), deploy(2, "b", 1)
    named = incident(9, -30 - SECOND, 3, body="Deployment: 1")
    check(Told(), repository(line("ab"), *shipped, issues=(named,)))


def test_labels_ignore_case_and_are_configurable() -> None:
    """F7: an issue is an incident by its label, in any case."""
    said = replace(incident(9, 3, 4), labels=("Outage", "bug"))
    api = repository(line("ab"), *SHIPPED, issues=(said, incident(10, 3, 4)))
    expected = Told({2: [("incident", 3, 4, "api#9")]}, [(3, 4, [2])])
    check(expected, api, incident_labels=("OUTAGE", "never"))


def central(*issues: Issue) -> tuple[Repository, ...]:
    """Two services, and a repository where their incidents are told."""
    api = repository(line("ab"), *SHIPPED)
    web = repository(line("a"), deploy(5, "a", 1), name="web")
    return api, web, repository(line("f"), name="Ops", issues=issues)


def test_central_repository() -> None:
    """F7: there labels `repo:NAME`, several too, say whose an incident is; case is ignored."""
    said = incident(9, 3, 4, labels="repo:api,Repo: WEB")
    failed = {2: [("incident", 3, 4, "Ops#9")], 5: [("incident", 3, 4, "Ops#9")]}
    expected = Told(failed, [(3, 4, [2]), (3, 4, [5])])
    check(expected, *central(said), incident_repositories=("ops",))


def test_address_in_a_central_repository() -> None:
    """F7: with no such label the address it names says whose."""
    said = incident(9, 3, 4, body="Deployment: https://github.com/org/api/deployments/2")
    expected = Told({2: [("incident", 3, 4, "Ops#9")]}, [(3, 4, [2])])
    check(expected, *central(said), incident_repositories=("ops",))


def test_label_against_address_in_a_central_repository() -> None:
    """F7: the labels go before the address; one that does not fit belongs to none."""
    body = "Deployment: https://github.com/org/api/deployments/2"
    said = incident(9, 3, 4, body=body, labels="repo:web")
    check(NONE, *central(said), incident_repositories=("ops",))


@pytest.mark.parametrize(
    "said",
    [
        incident(9, 3, 4),
        incident(9, 3, 4, labels="repo:nobody"),
        incident(9, 3, 4, body="Deployment: 2"),
        incident(9, 3, 4, labels="repo:web", body="Deployment: 2"),
    ],
)
def test_nobodys_in_a_central_repository(said: Issue) -> None:
    """F7, C1: else it is its own repository's, which deploys nothing: it belongs to none."""
    check(NONE, *central(said), incident_repositories=("ops",))


def test_id_in_a_central_repository() -> None:
    """F7: a label says whose, an id which."""
    said = incident(9, 3, 4, labels="repo:api", body="Deployment: 1")
    expected = Told({1: [("incident", 3, 4, "Ops#9")]}, [(3, 4, [1])])
    check(expected, *central(said), incident_repositories=("ops",))


def test_labels_of_a_repository_that_is_not_central() -> None:
    """F7: `repo:` says nothing in any other repository."""
    web = repository(line("a"), deploy(5, "a", 1), name="web")
    said = incident(9, 3, 4, labels="repo:web")
    check(TOLD, repository(line("ab"), *SHIPPED, issues=(said,)), web)


def test_central_repository_without_deployments() -> None:
    """C1: it is never skipped for having no deployments; another one is."""
    quiet = repository(line("f"), name="quiet")
    asked = {"incident_repositories": ("OPS",)}
    assert coverage(*central(), quiet, **asked)["repositories"]["skipped"] == {
        "archived": 0,
        "empty": 0,
        "no deployments": 1,
        "excluded": 0,
    }
    assert coverage(*central(), quiet, **asked)["repositories"]["read"] == 3


def test_incident_of_a_skipped_repository() -> None:
    """C1: issues of skipped repositories are not read."""
    ops = repository(line("f"), name="ops", issues=(incident(9, 3, 4),))
    check(Told(), repository(line("ab"), *SHIPPED), ops)


def test_pagerduty() -> None:
    """F7: PagerDuty's incidents obey the same rule; they are called by their ids.

    The repository of a service may have its owner in front; another owner's never fits.
    """
    api = repository(line("ab"), *SHIPPED)
    url, gone = "https://example.pagerduty.com", (None, None, None)
    told = (None, 0, "Q1", "API", SINCE + 3 * DAY, None, None, f"{url}/Q1", *gone)
    other = (None, 0, "Q2", "web", SINCE + 3 * DAY, None, None, f"{url}/Q2", *gone)
    foreign = (None, 0, "Q3", "else/api", SINCE + 3 * DAY, None, None, f"{url}/Q3", *gone)
    expected = Told({2: [("incident", 3, None, "Q1")]}, [(3, None, [2])], unattributed=2)
    for owner in ("API", "api", "Org/Api"):
        further = ((*told[:3], owner, *told[4:]), other, foreign)
        assert expected == told_of(*answers((api,), partial(ask, further=further), {}))
