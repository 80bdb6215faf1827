"""The whole report of small tables, worked out by hand."""

from typing import Any

import pytest

from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.report_json import as_document
from tests.support.tables import (
    DAY,
    ago,
    config,
    deployment,
    failed_attempts,
    line,
    no_deployments,
    one_deployment,
    redeploy_same_sha,
    repository,
    rollback,
    tables,
    two_environments,
    year_end,
)

HOUR = 3600.0


def report(read: Tables, **options: Any) -> dict[str, Any]:
    """The JSON document of the thirty days before NOW."""
    return as_document(build_report(read, config(**options)))


def row(read: Tables, **options: Any) -> dict[str, Any]:
    """The report's only row."""
    (only,) = report(read, **options)["rows"]
    assert isinstance(only, dict)
    return only


def metric(read: Tables, name: str, **options: Any) -> dict[str, Any]:
    """One metric of the only row, less its intervals, and places and ranges that follow them."""
    found = row(read, **options)[name]
    left_out = ("interval", "per_day_interval", "median_interval", "place", "level_range")
    return {key: value for key, value in found.items() if key not in left_out}


def test_no_deployments() -> None:
    """C1: a repository that never deployed has no row and is skipped."""
    found = report(no_deployments())
    assert [] == found["rows"]
    assert 1 == found["coverage"]["repositories"]["skipped"]["no deployments"]


def test_one_deployment() -> None:
    """LT2, G0, DF2, B3: a lone success is a baseline; rates are of the ten days since it was made;
    every number that cannot be known is null."""
    expected: dict[str, Any] = {
        "key": {"repository": "api", "environment": "production"},
        "tier": "production",
        "source": "deployments",
        "since": "2026-11-13T06:00:00Z",
        "deployment_frequency": {
            "deployments": 1,
            "per_day": pytest.approx(1 / 10),
            "per_week": pytest.approx(7 / 10),
            "active_days": 1,
            "exposure_days": 10.0,
            "per_day_interval": None,
            "level": None,
            "level_range": None,
            "place": None,
        },
        "change_lead_time": {
            "changes": 0,
            "median": None,
            "mean": None,
            "p75": None,
            "p90": None,
            "median_interval": None,
            "level": None,
            "level_range": None,
            "place": None,
            "stages": {"coding": None, "review": None, "delivery": None},
        },
        "delivery": {"changes": 0, "waiting": 0, "median": None},
        "change_fail_rate": {
            "failed": 0,
            "deployments": 1,
            "rate": 0.0,
            "interval": [0.0, pytest.approx(0.7934507)],
            "level": None,
            "level_range": None,
            "place": None,
            "reasons": {},
            "never_live": 0,
        },
        "recovery_time": {
            "episodes": 0,
            "recovered": 0,
            "open": 0,
            "carried_in": 0,
            "median": None,
            "median_interval": None,
            "mean": None,
            "longest": None,
            "level": None,
            "level_range": None,
            "place": None,
        },
        "rework_rate": {
            "rework": 0,
            "deployments": 1,
            "rate": 0.0,
            "interval": [0.0, pytest.approx(0.7934507)],
            "place": None,
        },
        "waiting": {"changes": 0, "oldest": None},
        "previous": None,
        "comparison": None,
        "trend": [],
    }
    found = report(one_deployment())
    assert [expected] == found["rows"]
    assert 1 == found["coverage"]["deployments"]["baseline"]


def test_redeploys_count() -> None:
    """DF1: redeploys of the same commit count, and ship nothing (LT1)."""
    found = row(redeploy_same_sha())
    assert 2 == found["deployment_frequency"]["deployments"]
    assert 2 == found["deployment_frequency"]["active_days"]
    assert 1 == found["change_lead_time"]["changes"]
    assert 24 * HOUR == found["change_lead_time"]["median"]


def test_success_counts_whatever_became_of_it() -> None:
    """DF1, D2: a success that failed later is a deployment, and a failed one."""
    read = tables(
        line(a=50 * DAY, b=11 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY, ("success", 10 * DAY), ("failure", 9 * DAY)),
    )
    found = row(read)
    assert 1 == found["deployment_frequency"]["deployments"]
    failing = {"failed": 1, "deployments": 1, "rate": 1.0, "level": None}
    assert failing | {"reasons": {"status": 1}, "never_live": 0} == metric(read, "change_fail_rate")


def test_rollback() -> None:
    """F2, F9, R4, RW1: one of four failed, for 18 hours, and one was rework."""
    failing = {"failed": 1, "deployments": 4, "rate": 0.25, "level": None}
    assert failing | {"reasons": {"rollback": 1}, "never_live": 0} == metric(
        rollback(), "change_fail_rate"
    )
    recovery = {"episodes": 1, "recovered": 1, "open": 0, "carried_in": 0, "level": None}
    time = (24 + 6) * HOUR
    assert recovery | {"median": time, "mean": time, "longest": time} == metric(
        rollback(), "recovery_time"
    )
    assert {"rework": 1, "deployments": 4, "rate": 0.25} == metric(rollback(), "rework_rate")


def test_failed_attempts() -> None:
    """F8, R2: two failed of three and were never live, in one episode of three hours."""
    failing = {"failed": 2, "deployments": 3, "rate": 2 / 3, "level": None}
    assert failing | {"reasons": {"status": 2}, "never_live": 2} == metric(
        failed_attempts(), "change_fail_rate"
    )
    recovery = {"episodes": 1, "recovered": 1, "open": 0, "carried_in": 0, "level": None}
    expected = recovery | {"median": 3 * HOUR, "mean": 3 * HOUR, "longest": 3 * HOUR}
    assert expected == metric(failed_attempts(), "recovery_time")
    live = {"failures": {"status": "live"}}
    assert 0 == metric(failed_attempts(), "change_fail_rate", **live)["failed"]


def test_never_live_means_no_other_signal() -> None:
    """F8: a deployment that also succeeded is not among those that never were live."""
    read = tables(
        line(a=50 * DAY, b=11 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 10 * DAY, ("failure", 10 * DAY), ("success", 9 * DAY)),
        deployment(3, "b", 8 * DAY, ("failure", 8 * DAY)),
    )
    found = metric(read, "change_fail_rate")
    assert (2, 1) == (found["failed"], found["never_live"])


def test_cohort_of_finished_deployments() -> None:
    """F9: what finished in the window is judged, by facts up to `until`; frequency has its own."""
    read = tables(
        line(a=50 * DAY, b=35 * DAY),
        deployment(1, "a", 40 * DAY),
        # Failed before the window, succeeded in it: a success of this one, finished before.
        deployment(2, "b", 32 * DAY, ("failure", 31 * DAY), ("success", 29 * DAY)),
        # Succeeded in the window, rolled back in it.
        deployment(3, "c", 20 * DAY, known=False),
        deployment(4, "a", 19 * DAY, task="rollback"),
    )
    found = row(read)
    assert 3 == found["deployment_frequency"]["deployments"]
    # Going back from c to a fails what followed the last success of a.
    expected = {"failed": 0, "deployments": 2, "rate": 0.0, "level": None}
    assert expected | {"reasons": {}, "never_live": 0} == metric(read, "change_fail_rate")


def test_episode_belongs_to_where_it_began() -> None:
    """R3: an outage that began before the window is not its, one that ends after it is open."""
    read = tables(
        line(a=50 * DAY, b=35 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "b", 31 * DAY, ("failure", 31 * DAY)),
        deployment(3, "b", 29 * DAY),
        deployment(4, "b", 11 * DAY, ("failure", 10 * DAY)),
        deployment(5, "b", 9 * DAY),
    )
    recovered = {"episodes": 1, "recovered": 1, "open": 0, "carried_in": 1, "level": None}
    times = {"median": 24 * HOUR, "mean": 24 * HOUR, "longest": 24 * HOUR}
    assert recovered | times == metric(read, "recovery_time")
    nothing = {"median": None, "mean": None, "longest": None, "level": None}
    still = {"episodes": 1, "recovered": 0, "open": 1, "carried_in": 1} | nothing
    until = ago(9 * DAY).isoformat()
    assert still == metric(read, "recovery_time", until=until)
    at_begin = metric(read, "recovery_time", since=ago(31 * DAY).isoformat())
    assert (2, 0) == (at_begin["episodes"], at_begin["carried_in"])


def test_two_environments() -> None:
    """G1, LT8, D1: each environment its own numbers; production lacks what staging has."""
    found = report(two_environments())["rows"]
    told = [
        (
            one["key"]["environment"],
            one["change_lead_time"]["changes"],
            one["change_lead_time"]["median"],
            one["waiting"],
        )
        for one in found
    ]
    expected = [
        ("production", 1, 24 * HOUR, {"changes": 1, "oldest": 5 * 24 * HOUR}),
        ("Staging", 2, 0.0, None),
    ]
    assert expected == told


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("timezone", "since", "until", "days"),
    [
        ("UTC", "2024-12-01", "2025-02-01", 2),
        ("Europe/Berlin", "2024-12-01", "2025-02-01", 1),
        ("America/New_York", "2024-12-01", "2025-02-01", 1),
        ("UTC", "2024-12-01", "2025-01-01", 1),
        ("UTC", "2025-01-01", "2025-02-01", 1),
        ("Europe/Berlin", "2024-12-01", "2025-01-01", 0),
        ("America/New_York", "2024-12-01", "2025-01-01", 1),
    ],
)
def test_year_end(timezone: str, since: str, until: str, days: int) -> None:
    """DF2, W1: days and the window's ends are those of the report's time zone."""
    found = row(year_end(), timezone=timezone, since=since, until=until)
    assert days == found["deployment_frequency"]["active_days"]


def busy() -> Tables:
    """Ten deployments of two repositories' production in thirty days, two of them failed."""
    return tables(
        repository("api", head="f"),
        repository("web"),
        line(a=50 * DAY, b=20 * DAY, c=20 * DAY, d=20 * DAY, e=20 * DAY, f=20 * DAY),
        line("web", v=50 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "f", 20 * DAY - 2),
        *(deployment(3 + n, "f", (10 + n) * DAY, ("failure", (10 + n) * DAY)) for n in range(5)),
        deployment(9, "f", 9 * DAY),
        deployment(11, "v", 9 * DAY, repository="web"),
        deployment(12, "v", 8 * DAY, repository="web"),
    )


JUDGED = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")


def test_levels_of_a_row() -> None:
    """B2, B3: a row of one repository has the levels that its intervals allow."""
    found = report(busy(), benchmark="2023")["rows"][0]
    levels = [(found[name]["level"], found[name]["level_range"]) for name in JUDGED]
    # Two in thirty days; five changes by one deployment; five of seven failed; one episode.
    assert [(None, ["low", "high"]), (None, None), ("low", None), (None, None)] == levels
    assert [None] * 4 == [found[name]["place"] for name in JUDGED]


def test_places_of_a_row_unless_asked_otherwise() -> None:
    """B1, B5: what a number is compared with is the survey of 2025, without levels."""
    found = report(busy())
    assert "2025" == found["benchmark"]
    row_ = found["rows"][0]
    assert [None] * 4 == [row_[name]["level"] or row_[name]["level_range"] for name in JUDGED]
    # Two in thirty days may be one a week at best, and none in half a year at worst.
    assert [[0.227, 1.0], None, None, None] == [row_[name]["place"] for name in JUDGED]


@pytest.mark.parametrize("by", ["environment", "organization"])
def test_no_level_on_pooled_rows(by: str) -> None:
    """B3, G1: pooled rows add up and get no level, but a place."""
    placed = row(busy(), by=by)["deployment_frequency"]["place"]
    assert placed == [0.227, 1.0]
    found = row(busy(), by=by, benchmark="2023")
    assert 4 == found["deployment_frequency"]["deployments"]
    assert (5, 9) == (found["change_fail_rate"]["failed"], found["change_fail_rate"]["deployments"])
    levels = [(found[name]["level"], found[name]["level_range"]) for name in JUDGED]
    assert [(None, None)] * 4 == levels


def test_pooled_waiting_work() -> None:
    """LT8: pooled rows add what is known and take the oldest."""
    read = tables(
        repository("api", head="c"),
        repository("web", head="w"),
        repository("old"),
        line(a=50 * DAY, b=20 * DAY, c=15 * DAY),
        line("web", v=50 * DAY, w=12 * DAY),
        deployment(1, "a", 40 * DAY),
        deployment(2, "v", 40 * DAY, repository="web"),
        deployment(3, "v", 40 * DAY, repository="old"),
    )
    expected = {"changes": 3, "oldest": 20 * 24 * HOUR}
    assert expected == row(read, by="organization")["waiting"]


def test_level_names_its_benchmark() -> None:
    """B1: the year of the levels is named in every report."""
    found = [report(busy(), benchmark=year) for year in ("2023", "2022", "none")]
    assert ["2023", "2022", "none"] == [one["benchmark"] for one in found]
    levels = [one["rows"][0]["deployment_frequency"]["level_range"] for one in found]
    assert [["low", "high"], ["low", "medium"], None] == levels


def test_quick_check_scores_instead_of_levels() -> None:
    """B4: with the Quick Check a score stands beside a level of null, on rows of a repository."""
    found = report(busy(), benchmark="quick-check")["rows"][0]
    scores = [(found[name]["level"], found[name]["score"]) for name in JUDGED]
    fail_rate = pytest.approx(10 * 2 / 7)
    assert [(None, 4.0), (None, None), (None, fail_rate), (None, None)] == scores
    # Neither of the two successes is rework.
    assert found["rework_rate"]["score"] == 10
    pooled = row(busy(), benchmark="quick-check", by="organization")
    assert [None] * 4 == [pooled[name]["score"] for name in JUDGED]


def test_window_and_run_are_named() -> None:
    """W1: the report says which time it speaks of, in UTC, and in whose days it counts."""
    found = report(busy(), timezone="Europe/Berlin", since="2026-11-01", until="2026-11-08")
    expected = {
        "since": "2026-10-31T23:00:00Z",
        "until": "2026-11-07T23:00:00Z",
        "days": 7.0,
        "timezone": "Europe/Berlin",
    }
    assert expected == found["window"]
    assert "2026-11-23T06:00:00Z" == found["generated"]["at"]
    assert "medica-flow" == found["organization"]


@pytest.mark.parametrize(
    ("options", "days"), [({"since": "0001-01-02"}, 3), ({"lookback": "9999y"}, 2)], ids=str
)
def test_look_back_beyond_the_calendar(options: dict[str, str], days: int) -> None:
    """W1, W3: a look-back that begins before the calendar does is no reason to break off."""
    found = row(redeploy_same_sha(), **options)
    assert days == found["deployment_frequency"]["active_days"]
