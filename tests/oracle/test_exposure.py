"""The oracle's exposure, delivery, young parts and comparison against numbers done by hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dora.demo.organization.model import Deployment, Issue, Repository
from tests.oracle.test_oracle import (
    ALL,
    DAY,
    UNTIL,
    commit,
    day,
    deploy,
    line,
    report,
    repository,
    row,
)

WEEK = 7


def began(at: float, *more: Deployment, **other: Any) -> dict[str, Any]:
    """The whole report of what was created on day *at* and still runs, and of *more*."""
    api = repository(line(a=-90), deploy(1, "a", at, ("pending", at)), *more)
    return report(api, **other)


def told(whole: dict[str, Any]) -> tuple[Any, ...]:
    """When the only row began, its exposure and rate, and how many rows began in the window."""
    (only,) = whole["rows"]
    frequency = only["deployment_frequency"]
    counted = whole["coverage"]["deployments"]["began_in_window"]
    return only["since"], frequency["exposure_days"], frequency["per_day"], counted


def test_exposure() -> None:
    """DF2: from the first creation, whatever became of it; seven days at least; all if earlier."""
    first, last = deploy(2, "a", 12), deploy(2, "a", 29)
    assert told(began(10, first)) == ("2026-03-11T00:00:00Z", 20.0, 1 / 20, 1)
    assert told(began(28, last)) == ("2026-03-24T00:00:00Z", 7.0, 1 / 7, 1)
    assert told(began(0, first)) == (None, 30.0, 1 / 30, 0)
    assert told(began(-1, first)) == (None, 30.0, 1 / 30, 0)
    short = began(28, last, since=day(25))
    assert told(short) == (None, 5.0, 1 / 5, 0)


def test_exposure_of_pooled_rows() -> None:
    """DF2, C1: a pooled row begins with its first; coverage counts rows by repository."""
    api = repository(line(a=-90), deploy(1, "a", 10))
    old = repository(
        line(a=-90), deploy(1, "a", -3), deploy(2, "a", 20, environment="qa"), name="b"
    )
    whole = report(api, old, by="organization")
    assert told(whole) == (None, 30.0, 1 / 30, 2)
    assert told(report(api, by="organization")) == ("2026-03-11T00:00:00Z", 20.0, 1 / 20, 1)


def test_parts_before_the_row_began() -> None:
    """DF2, T1, T3: of weeks from 1 March the first has no metrics, the next five of seven days."""
    (only,) = began(10, deploy(2, "a", 12), trend="week")["rows"]
    parts = [
        (
            part["start"][5:10],
            part["partial"],
            part["young"],
            *(
                (part["deployment_frequency"] or {}).get(name)
                for name in ("exposure_days", "per_day")
            ),
        )
        for part in only["trend"]
    ]
    assert parts == [
        ("03-01", True, False, None, None),
        ("03-02", False, False, None, None),
        ("03-09", False, False, 5.0, 0.2),
        ("03-16", False, False, 7.0, 0.0),
        ("03-23", False, True, 7.0, 0.0),
        ("03-30", True, True, 1.0, 0.0),
    ]
    assert {None} == {
        only["trend"][0][metric] for metric in ("change_fail_rate", "recovery_time", "rework_rate")
    }


def test_delivery() -> None:
    """LT12: one change took two days, two wait: of three a third is live, so there is no median."""
    commits = [*line(z=-90, a=-1, b=1, c=2, d=10)]
    api = repository(commits, deploy(1, "z", -5), deploy(2, "b", 3))
    assert row(api)["delivery"] == {"changes": 3, "waiting": 2, "median": None}
    assert row(api)["change_lead_time"]["changes"] == 2  # the one of before the window, too
    more = repository(commits, deploy(1, "z", -5), deploy(2, "b", 3), deploy(3, "c", 7))
    assert row(more)["delivery"] == {"changes": 3, "waiting": 1, "median": 5 * DAY}
    quiet = replace(api, head=None, name="quiet")
    assert row(quiet)["delivery"] is None
    assert row(more, configured={"exclude_authors": ("*",)})["delivery"] == {
        "changes": 3, "waiting": 1, "median": 5 * DAY,
    }  # fmt: skip
    assert row(more, quiet, by="organization")["delivery"]["changes"] == 3


def with_failures(count: int, hours: float) -> Repository:
    """B back to A so many times, so many hours after it, from day 1 on."""
    every = [("a", 0.0)]
    for number in range(count):
        every += [("b", number + 1), ("a", number + 1 + hours / 24)]
    made = [deploy(1 + place, sha, at) for place, (sha, at) in enumerate(every)]
    return repository(line(a=-90, b=-89), *made)


def test_young_parts() -> None:
    """T3: younger than the time by which four of five of twenty failures were known, else 7 d."""
    ages = {}
    for count in (19, 20):
        (only,) = report(with_failures(count, 6), trend="day")["rows"]
        assert only["change_fail_rate"]["failed"] == count
        ages[count] = sum(part["young"] for part in only["trend"])
    assert ages == {19: 7, 20: 1}


def test_when_a_failure_was_known() -> None:
    """T3: an incident is known when it opens, not when it closes; the earliest signal counts."""
    quick = with_failures(20, 12)
    late = replace(quick, issues=(Issue(5, "x", day(1.25), None, "Deployment: 2", ("incident",)),))
    (only,) = report(late, trend="day", configured={"signals": ALL})["rows"]
    assert 1 == sum(part["young"] for part in only["trend"])


# Comparison


def weekly(before: int, now: int) -> Repository:
    """So many deployments in each of four weeks, and then in each of four more."""
    at = [
        start + WEEK * week + 0.1 * place
        for start, count in ((-28.0, before), (0.0, now))
        for week in range(4)
        for place in range(count)
    ]
    made = [deploy(1, "a", -57), *(deploy(2 + n, "a", when) for n, when in enumerate(at))]
    return repository(line(a=-90), *made)


def compared(api: Repository, **other: Any) -> dict[str, Any]:
    """What is said of the only row, with the four weeks before."""
    only = row(api, until=day(28), compare=True, **other)
    assert only["previous"] is not None
    comparison: dict[str, Any] = only["comparison"]
    return comparison


def test_frequency_compared() -> None:
    """K2, K5: three each week after one: constant, so certain; the ratio is three."""
    assert compared(weekly(1, 3))["deployment_frequency"] == {
        "verdict": "better",
        "p_value": 0.0,
        "adjusted_p_value": 0.0,
        "ratio": pytest.approx(3.0),
        "ratio_interval": [3.0, 3.0],
        "difference": None,
        "difference_interval": None,
    }
    worse = compared(weekly(2, 0))["deployment_frequency"]
    assert (worse["verdict"], worse["p_value"], worse["ratio"]) == ("worse", 0.0, 0.0)
    assert worse["ratio_interval"] is None
    same = compared(weekly(2, 2))["deployment_frequency"]
    assert (same["verdict"], same["p_value"], same["adjusted_p_value"]) == (
        "no clear change", 1.0, None,
    )  # fmt: skip


def test_what_began_is_compared_by_its_own_weeks() -> None:
    """K2: three whole weeks of the window before are too few for a word."""
    young = weekly(1, 3)
    later = tuple(one for one in young.deployments if one.id > 2)
    found = compared(replace(young, deployments=later), configured={"lookback": timedelta(days=20)})
    assert found["deployment_frequency"]["p_value"] is None
    assert found["deployment_frequency"]["verdict"] is None
    assert found["deployment_frequency"]["ratio"] == pytest.approx(3 * 4 * 21 / (28 * 3))


def test_one_family() -> None:
    """K3 to K5: what could not have come out clear is left out; the rest is adjusted together."""
    api = weekly(3, 3)
    broken = tuple(
        replace(one, statuses=(*one.statuses, replace(one.statuses[0], state="failure")))
        if one.created_at >= day(0)
        else one
        for one in api.deployments
    )
    found = compared(replace(api, deployments=broken))
    fails, frequency = found["change_fail_rate"], found["deployment_frequency"]
    assert (fails["verdict"], fails["difference"]) == ("worse", 1.0)
    assert fails["p_value"] == pytest.approx(2 / 2704156)  # of all ways to deal 12 of 24
    assert fails["difference_interval"] == [pytest.approx(0.657062, abs=1e-6), 1.0]
    assert (frequency["p_value"], frequency["adjusted_p_value"]) == (1.0, None)
    assert fails["adjusted_p_value"] == fails["p_value"]
    assert found["recovery_time"]["p_value"] is None
    assert found["change_lead_time"]["verdict"] is None


def test_row_without_a_window_before() -> None:
    """K1: what has no row in the window before is compared with nothing; what is gone is named."""
    new = repository(line(a=-90), deploy(1, "a", 5))
    gone = repository(line(a=-90), deploy(1, "a", -50), name="old")
    whole = report(new, gone, compare=True)
    assert [(each["previous"], each["comparison"]) for each in whole["rows"]] == [(None, None)]
    assert whole["before"]["gone"] == [{"repository": "old", "environment": "production"}]
    assert commit("x", at=0).committed_at < UNTIL
