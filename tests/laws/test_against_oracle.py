"""The whole computation against one that was written from the rules alone."""

import math
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Settings
from tests.support.examples import examples, few_of
from tests.support.oracle_settings import OTHER_SIGNALS, report_for
from tests.support.random_organizations import (
    DAY,
    NOW,
    configurations,
    organizations,
    questions,
    random_organization,
    turning_organization,
    views,
    windows,
)

#: One question or setting more of an organization that the others ask about already.
THOROUGH = pytest.mark.thorough
QUARTER = {"since": NOW - 90 * DAY, "until": NOW, "tiers": TIERS}
EVERY_SIGNAL = Settings(signals=frozenset({"status", "rollback", *OTHER_SIGNALS}))
#: Differences shown of a report; the first ones tell the most.
SHOWN = 12


def differences(expected: Any, actual: Any, path: str = "") -> list[str]:
    """Where two documents differ, a line each; floats may differ by a billionth."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        keys = [*expected, *(key for key in actual if key not in expected)]
        missing = "(missing)"
        pairs = [
            (expected.get(key, missing), actual.get(key, missing), f"{path}.{key}") for key in keys
        ]
        return [line for pair in pairs for line in differences(*pair)]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for place, (left, right) in enumerate(zip(expected, actual, strict=True))
            for line in differences(left, right, f"{path}[{place}]")
        ]
    if isinstance(expected, float) and isinstance(actual, float):
        same = math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    else:
        same = expected == actual and type(expected) is type(actual)
    return [] if same else [f"{path}: {expected!r} expected, {actual!r} found"]


def comparable(report: dict[str, Any]) -> dict[str, Any]:
    """A report less what the oracle cannot know; of unreadable repositories the names stay."""
    repositories = dict(report["coverage"]["repositories"])
    repositories.pop("incomplete", None)
    repositories["unreadable"] = sorted(one["repository"] for one in repositories["unreadable"])
    coverage = {**report["coverage"], "repositories": repositories}
    coverage["incidents"] = {**coverage["incidents"]}
    coverage["incidents"].pop("not_found", None)
    for own in ("requests", "gaps"):
        coverage.pop(own, None)
    unknown = {"generated", "scope", "teams"}
    kept = {key: value for key, value in report.items() if key not in unknown}
    rows = [{**row, "comparison": without_movers(row["comparison"])} for row in report["rows"]]
    return {**kept, "rows": rows, "before": plainly_gone(report["before"]), "coverage": coverage}


def without_movers(comparison: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A comparison without what moved a metric (K6), which the oracle does not tell."""
    if comparison is None:
        return None
    return {
        metric: {name: value for name, value in compared.items() if name != "moved_by"}
        for metric, compared in comparison.items()
    }


def plainly_gone(before: dict[str, Any] | None) -> dict[str, Any] | None:
    """The window before, whose rows that are gone are sorted and without case."""
    if before is None:
        return None
    gone = [sorted((name, text.casefold()) for name, text in key.items()) for key in before["gone"]]
    return {**before, "gone": sorted(gone)}


def check(
    organization: Organization, asked: Mapping[str, Any], settings: Settings | None = None
) -> None:
    """Hold the report against the oracle's."""
    settings = settings or Settings()
    expected = comparable(expected_report(organization, settings=settings, **asked))
    actual = comparable(report_for(organization, asked, settings))
    assert differences(expected, actual)[:SHOWN] == []


@cache
def demo() -> Organization:
    """The demo organization, with the repository that nobody may read."""
    return build_organization(NOW, forbidden=True)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "asked",
    [
        pytest.param({}, id="the last 90 days"),
        pytest.param(
            {"since": NOW - 30 * DAY, "timezone": "Pacific/Auckland", "benchmark": "2019"},
            id="30 days in another time zone",
            marks=THOROUGH,
        ),
        pytest.param(
            {"since": NOW - 60 * DAY, "until": NOW - 30 * DAY, "benchmark": "2021"},
            id="a past month",
        ),
        pytest.param(
            {"since": NOW - 37 * DAY, "until": NOW - 36.5 * DAY, "benchmark": "2022"},
            id="half a day",
            marks=THOROUGH,
        ),
        pytest.param(
            {"since": NOW - 400 * DAY, "benchmark": "none"}, id="longer than there is history"
        ),
        pytest.param(
            {"since": NOW - 2000 * DAY, "until": NOW - 1500 * DAY}, id="before all history"
        ),
        pytest.param({"by": "environment", "environments": ("prod*", "QA")}, id="by environment"),
        pytest.param(
            {"by": "organization", "repositories": ("patient-*", "*CI")}, id="by organization"
        ),
        pytest.param({"by": "organization", "tiers": ("staging", "other")}, id="other tiers"),
        pytest.param(
            {"tiers": ("production",), "benchmark": "quick-check"}, id="Quick Check", marks=THOROUGH
        ),
        pytest.param({"ephemeral": True}, id="with ephemeral environments"),
    ],
)
def test_demo_organization_as_asked(asked: dict[str, Any]) -> None:
    """Every number of the demo organization is the oracle's, whatever is asked (W1–C2)."""
    check(demo(), {**QUARTER, **asked})


@pytest.mark.thorough
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(Settings(collapse="run", lead_time_start="authored"), id="runs collapsed"),
        pytest.param(
            Settings(failures_status="live", lead_time_start="committed"), id="what was live"
        ),
        pytest.param(
            Settings(failures_status="off", lead_time_start="merged"), id="no failures by status"
        ),
        pytest.param(
            Settings(rollback=False, exclude_authors=("*[bot]",)), id="no rollbacks, no bots"
        ),
        pytest.param(Settings(exclude_authors=("*",)), id="without anybody", marks=THOROUGH),
        pytest.param(
            Settings(environments=(("prod-*", "production"), ("*[*", False), ("QA", "Testing"))),
            id="environments mapped and left out",
        ),
        pytest.param(
            Settings(environments=(("*", "everything"),)), id="all mapped to one", marks=THOROUGH
        ),
        pytest.param(
            Settings(ephemeral=("qa", "DEV"), stale_after=30 * DAY), id="other ephemeral ones"
        ),
        pytest.param(
            Settings(lookback=timedelta(0), lookback_budget=0), id="no budget", marks=THOROUGH
        ),
        pytest.param(Settings(lookback=DAY, lookback_budget=7), id="a small budget"),
    ],
)
def test_demo_organization_as_configured(settings: Settings) -> None:
    """Every number of the demo organization is the oracle's, whatever is configured."""
    check(demo(), QUARTER, settings)


@pytest.mark.parametrize("seed", few_of(range(30), few=4))
def test_random_organization(seed: int) -> None:
    """Every number of a busy made-up organization is the oracle's; clocks of a third are wrong."""
    since, until = NOW - (30, 90, 180)[seed % 3] * DAY, NOW - (seed % 4) * 9 * DAY
    asked = {
        "since": since,
        "until": until,
        "tiers": TIERS,
        "by": ("repository", "organization", "environment")[seed // 3 % 3],
        "benchmark": ("2025", "2023", "quick-check", "2021", "2025")[seed % 5],
        "trend": (None, "week", "month")[seed // 2 % 3],
        "compare": seed % 2 == 1,
    }
    check(random_organization(seed, skewed=seed % 3 == 0, deployments=90), asked)


@pytest.mark.parametrize("seed", few_of(range(20), few=2))
def test_organization_that_changed(seed: int) -> None:
    """K2 to K5: every word, and every interval beside it, is the oracle's where a pace turned."""
    asked = {
        "since": NOW - 90 * DAY,
        "until": NOW,
        "by": ("repository", "repository", "organization")[seed % 3],
        "tiers": TIERS,
        "compare": True,
        "trend": "month",
    }
    check(turning_organization(seed), asked, EVERY_SIGNAL)


@given(st.data())
@examples(
    120,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
def test_any_organization(data: st.DataObject) -> None:
    """Every number of any organization is the oracle's, whatever is asked and configured."""
    organization = data.draw(organizations(hidden=True))
    asked = {**data.draw(windows(organization)), **data.draw(questions()), **data.draw(views())}
    check(organization, asked, data.draw(configurations()))
