"""Evidence, and the report of all signals, against what was written from the rules alone."""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.organization.model import Organization, Repository, Team
from tests.laws.test_against_oracle import QUARTER, SHOWN, comparable, demo, differences
from tests.oracle.settings import TIERS, Services, Settings
from tests.support.examples import examples, few_of
from tests.support.random_organizations import (
    BUSY_COMMIT_GAPS,
    BUSY_DEPLOYMENT_GAPS,
    DAY,
    LOGIN,
    NOW,
    Seeded,
    Size,
    build_repository,
    configurations,
    organizations,
    questions,
    random_organization,
    windows,
)
from tests.support.small_repositories import ALL, ask, ask_oracle

Document = dict[str, Any]
SIGNALS = Settings(signals=ALL)


def check(organization: Organization, asked: Mapping[str, Any], settings: Settings) -> None:
    """Hold report and evidence against the oracle's, and one against the other."""
    report, evidence = ask(organization, asked, settings)
    told, expected = ask_oracle(organization, asked, settings)
    assert differences(expected, evidence)[:SHOWN] == []
    report["coverage"].pop("gaps", None)
    assert differences(comparable(told), comparable(report))[:SHOWN] == []
    if asked.get("by", "repository") == "repository" and asked.get("tiers") == TIERS:
        assert sums_of_evidence(evidence, asked) == sums_of_report(report)


def key_of(item: Document) -> tuple[str, str, str]:
    """Row that an item or a key belongs to."""
    return item["repository"], item["environment"], item.get("service", "")


def sums_of_report(report: Document) -> dict[tuple[str, str, str], Document]:
    """What a row says of its deployments, changes and episodes, rows of nothing left out."""
    sums = {
        key_of(row["key"]): {
            "deployments": row["deployment_frequency"]["deployments"],
            "finished": row["change_fail_rate"]["deployments"],
            "failed": row["change_fail_rate"]["failed"],
            "never_live": row["change_fail_rate"]["never_live"],
            "reasons": dict(row["change_fail_rate"]["reasons"]),
            "rework": row["rework_rate"]["rework"],
            "changes": row["change_lead_time"]["changes"],
            "episodes": row["recovery_time"]["episodes"],
            "open": row["recovery_time"]["open"],
            "waiting": (row["waiting"] or {"changes": 0})["changes"],
        }
        for row in report["rows"]
    }
    return {key: row for key, row in sums.items() if any(row.values())}


def sums_of_evidence(
    evidence: Mapping[str, list[Document]], asked: Mapping[str, Any]
) -> dict[tuple[str, str, str], Document]:
    """The same, added up from the items."""

    def holds(*instants: Any) -> bool:
        told = [at for at in instants if at is not None]
        return bool(told) and asked["since"] <= min(told) < asked["until"]

    keys = {key_of(item) for items in evidence.values() for item in items}
    sums = {}
    for key in keys:
        of = {name: [it for it in items if key_of(it) == key] for name, items in evidence.items()}
        changing = [it for it in of["deployments"] if not it["unchanged"]]
        live = [it for it in changing if holds(it["succeeded_at"])]
        finished = [
            it
            for it in changing
            if it["outcome"] in ("success", "failure")
            and holds(it["succeeded_at"], it["failed_status_at"])
        ]
        signals = [{reason["signal"] for reason in it["reasons"]} for it in finished]
        sums[key] = {
            "deployments": len(live),
            "finished": len(finished),
            "failed": sum(map(bool, signals)),
            "never_live": sum(it["never_live"] for it in finished),
            "reasons": dict(Counter(signal for of_one in signals for signal in of_one)),
            "rework": sum(it["rework"] for it in live),
            "changes": len(of["changes"]),
            "episodes": len(of["episodes"]),
            "open": sum(it["ended_at"] is None for it in of["episodes"]),
            "waiting": len(of["waiting"]),
        }
    return {key: row for key, row in sums.items() if any(row.values())}


def with_a_central_repository(organization: Organization) -> Organization:
    """The organization with labels `repo:` on some of its issues."""

    def relabelled(repository: Repository) -> Repository:
        names = [one.name for one in organization.repositories]
        said: tuple[tuple[str, ...], ...]
        said = ((), ("repo:" + names[0],), (f"Repo: {names[-1].upper()}", "repo:" + names[0]))
        said += (f"repo:{LOGIN}/{names[0]}",), ("repo:elsewhere/" + names[0], "repo:misspelt")
        issues = tuple(
            replace(issue, labels=(*issue.labels, *said[issue.number % len(said)]))
            for issue in repository.issues
        )
        return replace(repository, issues=issues)

    return replace(organization, repositories=tuple(map(relabelled, organization.repositories)))


#: Windows and kinds of rows that are asked for.
ASKED = [
    pytest.param({}, id="the last 90 days"),
    pytest.param({"since": NOW - 60 * DAY, "until": NOW - 30 * DAY}, id="a past month"),
    pytest.param({"since": NOW - 37 * DAY, "until": NOW - 36.5 * DAY}, id="half a day"),
    pytest.param({"by": "team"}, id="by team"),
]
#: Settings of the collector and of what things are called.
CHANGED = [
    pytest.param({"collapse": "run"}, id="runs collapsed"),
    pytest.param({"lookback": DAY, "lookback_budget": 7}, id="a small budget"),
    pytest.param({"incident_repositories": ("Patient-API",)}, id="a central repository"),
    pytest.param(
        {
            "services": Services("environment", r"^prod-(?P<service>\w+)"),
            "environments": (("*[*", False), ("QA", "Testing")),
        },
        id="services by environment, some mapped and left out",
    ),
]
CENTRAL = (
    ("service-1",),
    ("Service-2", "service-3"),
    (f"{LOGIN.upper()}/Service-1", "elsewhere/service-2", "service-3", "misspelt"),
)
TEAMS = (("Patients", ("patient-*", "fhir*")), ("All", ("*",)), ("Nobody", ("nothing",)))


@pytest.mark.thorough
@pytest.mark.parametrize("asked", ASKED)
def test_demo_organization_as_asked(asked: Document) -> None:
    """With every signal on, report and evidence of the demo organization are the oracle's."""
    check(demo(), {**QUARTER, **asked}, SIGNALS)


@pytest.mark.thorough
@pytest.mark.parametrize("changed", CHANGED)
def test_demo_organization_as_configured(changed: Document) -> None:
    """Report and evidence of the demo organization are the oracle's, whatever is configured."""
    check(with_a_central_repository(demo()), QUARTER, replace(SIGNALS, **changed))


@pytest.mark.thorough
def test_demo_organization_by_configured_teams() -> None:
    """Teams come from the configuration where it names some (G2)."""
    check(demo(), {**QUARTER, "by": "team"}, replace(SIGNALS, teams=TEAMS))


@cache
def busy() -> Organization:
    """An organization where every signal says something in the last 90 days."""
    size = Size(
        60,
        8,
        skewed=False,
        commit_gaps=BUSY_COMMIT_GAPS,
        deployment_gaps=BUSY_DEPLOYMENT_GAPS,
        ages=(200 * DAY,),
        hidden=True,
    )
    teams = Team("a", "A", {"service-1": "admin"}), Team("b", "B", {"service-2": "maintain"})
    kept, found = Organization(LOGIN, NOW, (), teams), frozenset[str]()
    for seed in range(100):
        choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
        made = build_repository(choices, 1 + len(kept.repositories), size)
        more = replace(kept, repositories=(*kept.repositories, made))
        if len(signals(more)) > len(found):
            kept, found = more, signals(more)
        if found == ALL:
            return with_a_central_repository(kept)
    raise AssertionError("no organization has every signal")


def signals(organization: Organization) -> frozenset[str]:
    """What says that something failed in the last 90 days."""
    _, evidence = ask_oracle(with_a_central_repository(organization), QUARTER, SIGNALS)
    reasons = [reason for one in evidence["deployments"] for reason in one["reasons"]]
    return frozenset(reason["signal"] for reason in reasons)


@pytest.mark.parametrize("asked", ASKED)
def test_busy_organization_as_asked(asked: Document) -> None:
    """With every signal on, report and evidence of a busy organization are the oracle's."""
    check(busy(), {**QUARTER, **asked}, SIGNALS)


@pytest.mark.few(8)
@pytest.mark.parametrize(
    "changed",
    [
        *CHANGED,
        pytest.param({"incident_repositories": ("service-1",)}, id="another central repository"),
        pytest.param({"teams": TEAMS}, id="teams"),
        *(pytest.param({"signals": ALL - {one}}, id=f"without {one}") for one in sorted(ALL)),
        pytest.param({"failures_status": "live"}, id="failures of what was live"),
        pytest.param({"lookback": 0 * DAY, "lookback_budget": 0}, id="no look-back, no budget"),
        pytest.param({"exclude_authors": ("*[bot]",)}, id="without bots"),
        pytest.param({"failure_tags": ("V*",)}, id="other tags"),
        pytest.param({"hotfix_labels": ("CHANGE-failure",)}, id="other hotfix labels"),
        pytest.param({"hotfix_branches": ("FEATURE-*",)}, id="other hotfix branches"),
        pytest.param({"failure_labels": ("HotFix",)}, id="other failure labels"),
        pytest.param({"incident_labels": ("bug",)}, id="other incident labels"),
        pytest.param({"attribution": timedelta(hours=1)}, id="a short attribution"),
        pytest.param({"attribution": 400 * DAY}, id="a long attribution"),
        pytest.param({"services": Services("task", r"^(?P<service>roll)")}, id="services by task"),
        pytest.param(
            {"services": Services("payload:service", r"(?P<service>.+)")}, id="services by payload"
        ),
    ],
)
def test_busy_organization_as_configured(changed: Document) -> None:
    """Report and evidence of a busy organization are the oracle's, whatever is configured."""
    check(busy(), QUARTER, replace(SIGNALS, **changed))


@pytest.mark.parametrize("seed", few_of(range(20), 2))
def test_random_organization(seed: int) -> None:
    """Report and evidence of a busy made-up organization are the oracle's."""
    since, until = NOW - (90, 200, 350)[seed % 3] * DAY, NOW - (seed % 4) * 9 * DAY
    asked = {"since": since, "until": until, "tiers": TIERS}
    settings = SIGNALS
    organization = random_organization(
        seed, skewed=seed % 3 == 0, deployments=60, issues=8, hidden=seed % 4 != 3
    )
    if seed % 2:
        central = with_a_central_repository(organization)
        organization, settings = central, replace(settings, incident_repositories=("service-1",))
    check(organization, asked, settings)


def all_configurations() -> st.SearchStrategy[Settings]:
    """Settings with a few of their values changed, signals, teams and services among them."""
    changed = st.fixed_dictionaries(
        {},
        optional={
            "signals": st.sets(st.sampled_from(sorted(ALL))).map(frozenset),
            "hotfix_labels": st.sampled_from((("Bug",), ())),
            "hotfix_branches": st.sampled_from((("FEATURE-*",), ("revert-*", "hotfix/*"))),
            "failure_labels": st.sampled_from((("HOTFIX",), ())),
            "failure_tags": st.sampled_from((("v*",), ())),
            "incident_labels": st.sampled_from((("Bug",), ("bug", "INCIDENT"))),
            "incident_repositories": st.sampled_from(CENTRAL),
            "dismissed": st.just("count"),
            "attribution": st.sampled_from((0 * DAY, 30 * DAY)),
            "teams": st.just((("some", ("*-1", "SERVICE-2")), ("all", ("*",)))),
            "services": st.sampled_from(
                (
                    Services("environment", r"^(?P<service>prod|live)"),
                    Services("task", r"(?P<service>roll|mig)"),
                    Services("payload:service", r"(?P<service>.+)"),
                )
            ),
        },
    )
    return st.builds(
        lambda settings, some: replace(settings, **{"signals": ALL, **some}),
        configurations(),
        changed,
    )


@given(st.data())
@examples(
    80,
    few=6,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_organization(data: st.DataObject) -> None:
    """Report and evidence of any organization are the oracle's."""
    organization = with_a_central_repository(data.draw(organizations(issues=3, hidden=True)))
    asked = {**data.draw(windows(organization)), **data.draw(questions())}
    asked["by"] = data.draw(st.sampled_from((asked["by"], "repository", "team")))
    check(organization, asked, data.draw(all_configurations()))
