"""When a row began, the parts of its trend before that, and its young parts (DF2, T3)."""

import json
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pandas as pd

from dora.analysis.analysis import analyse
from dora.model.tables import Tables
from dora.report.build import build_report, report_of
from dora.report.exposure import count_begun, find_bounds
from dora.report.model import METRICS, Report
from dora.report.report_json import as_document, read_report, render_json
from dora.report.rows import find_groups
from tests.support.tables import (
    DAY,
    NOW,
    Rows,
    ago,
    config,
    deployment,
    join,
    line,
    pending,
    repository,
    tables,
)

MICROSECOND = 1 / 3_600_000_000  #: of an hour
#: What an `Exposure` of the whole window says.
WHOLE = (None, 30.0)

Exposure = tuple[datetime | None, float | None]


def exposures(report: Report) -> dict[str, Exposure]:
    """Since when each row was there, and for how many days, by its name."""
    return {
        " ".join((row.key.get("repository") or row.key.get("environment") or row.tier,
                  *filter(None, [row.key.get("service")]))): (
            row.since, row.metrics.deployment_frequency.exposure_days,
        )
        for row in report.rows
    }  # fmt: skip


def by_name(read: Tables, **options: Any) -> dict[str, Exposure]:
    """The exposures in the report of the thirty days before NOW."""
    return exposures(build_report(read, config(**options)))


def began(hours: float) -> Exposure:
    """What a row says that began so many hours ago."""
    return ago(hours), (NOW - ago(hours)) / timedelta(days=1)


def organization(**parts: list[Rows]) -> Tables:
    """Tables of repositories of these names and deployments; a commit is called `a`."""
    own = [
        join([repository(name), line(name, a=90 * DAY), *deployments])
        for name, deployments in parts.items()
    ]
    return tables(*own)


def services(name: str) -> str:
    """The payload that our own action writes for a service."""
    return f'{{"dora": 1, "service": "{name}"}}'


def beginnings(*names: str) -> Tables:
    """Repositories of these names, all by default, of which each began in a way of its own."""

    def of(name: str) -> Any:
        return lambda number, at, *statuses, **other: deployment(
            number, "a", at, *statuses, repository=name, **other
        )

    at_since, before, after = of("at-since"), of("before"), of("after")
    young, week, over = of("young"), of("week"), of("over")
    failed, old, same, services_of, both = (
        of(name) for name in ("failed", "old", "unchanged", "services", "both")
    )
    parts = {
        "at-since": [at_since(1, 30 * DAY)],
        "before": [before(1, 30 * DAY + MICROSECOND)],
        "after": [after(1, 30 * DAY - MICROSECOND)],
        # A success 6 days ago, and neighbours of the shortest exposure.
        "young": [young(1, 6 * DAY), young(2, 5 * DAY)],
        "week": [week(1, 7 * DAY)],
        "over": [over(1, 7 * DAY + MICROSECOND)],
        # What came of the first one does not matter.
        "running": [pending(1, "a", 20 * DAY, repository="running"),
                    of("running")(2, 12 * DAY)],
        "failed": [failed(1, 15 * DAY, ("failure", 14 * DAY)), failed(2, 3 * DAY)],
        "only-failed": [of("only-failed")(1, 15 * DAY, ("failure", 14 * DAY))],
        "unchanged": [same(1, 18 * DAY, ("success", 17 * DAY, None, "nothing to change")),
                      same(2, 9 * DAY)],
        "waited": [of("waited")(1, 31 * DAY, ("success", 10 * DAY))],
        # One before the look-back, which is read because of the one in the window (W3 (b)).
        "old": [old(1, 80 * DAY), old(2, 5 * DAY)],
        # Nothing was deployed in the window, so that nothing older was read than the failure.
        "broken": [of("broken")(1, 80 * DAY), of("broken")(2, 8 * DAY, ("failure", 8 * DAY))],
        "left-out": [of("left-out")(1, 25 * DAY, task="plan"), of("left-out")(2, 10 * DAY)],
        "services": [services_of(1, 40 * DAY, payload=services("x")),
                     services_of(2, 14 * DAY, payload=services("y"))],
        "both": [both(1, 40 * DAY, environment="qa"), both(2, 11 * DAY, environment="qa-eu")],
    }  # fmt: skip
    return organization(**{name: parts[name] for name in names or parts})


#: The rows of `beginnings` that began in the window, `both` apart.
BEGUN = {
    "after": began(30 * DAY - MICROSECOND),
    "young": began(7 * DAY),
    "week": began(7 * DAY),
    "over": began(7 * DAY + MICROSECOND),
    "running": began(20 * DAY),
    "failed": began(15 * DAY),
    "only-failed": began(15 * DAY),
    "unchanged": began(18 * DAY),
    "broken": began(8 * DAY),
    "left-out": began(10 * DAY),
    "services y": began(14 * DAY),
}
PLANS = {"deployments": {"exclude": [{"task": ["plan"]}]}}


@cache
def begun() -> Report:
    """The report of all these, of production."""
    return build_report(beginnings(), config(tier=["production"], **PLANS))


def test_rows_that_began_in_the_window() -> None:
    """DF2: a row is exposed from its first deployment on, whatever came of that, for a week at
    least; and for the whole window where one was created before it, or as it began."""
    report = begun()
    whole = dict.fromkeys(["at-since", "before", "waited", "old", "services x"], WHOLE)
    assert {**whole, **BEGUN} == exposures(report)
    counts = report.coverage.deployments
    assert len(BEGUN) + 1 == counts["began_in_window"]  # one of them is of another tier


def test_rates_are_of_the_exposure() -> None:
    """DF2, DF3: two in six days are two a week, one in fifteen is 7/15 a week."""
    names = ("young", "failed", "old")
    frequencies = {
        one.key["repository"]: one.metrics.deployment_frequency
        for one in begun().rows
        if one.key["repository"] in names
    }
    rates = {
        name: (one.deployments, one.per_day, one.per_week) for name, one in frequencies.items()
    }
    expected = {
        "young": (2, 2 / 7, 2.0),
        "failed": (1, 1 / 15, 7 / 15),
        "old": (1, 1 / 30, 7 / 30),
    }
    assert expected == rates
    intervals = {name: one.per_day_interval is None for name, one in frequencies.items()}
    assert {"young": True, "failed": True, "old": False} == intervals


def test_pooled_rows_begin_with_the_first_of_all() -> None:
    """DF2, G1: a pooled row began when the first of what it pools did."""
    read = beginnings("young", "failed", "over", "both")
    expected = {"production": began(15 * DAY), "qa": WHOLE, "qa-eu": began(11 * DAY)}
    assert expected == by_name(read, by="environment")
    tiers = {"production": began(15 * DAY), "testing": WHOLE}
    report = build_report(read, config(by="organization"))
    assert tiers == {row.tier: exposure for row, exposure in zip(
        report.rows, exposures(report).values(), strict=True
    )}  # fmt: skip


def test_rows_that_began_are_counted_by_repository() -> None:
    """DF2, C1: of all tiers, however rows are pooled and whichever are shown; short-lived
    environments count where they have rows."""
    preview = deployment(9, "a", 2 * DAY, environment="pr-9", repository="young")
    read = tables(
        join([repository("young"), line("young", a=90 * DAY), preview]),
        join([repository("both"), line("both", a=90 * DAY)]),
        deployment(1, "a", 5 * DAY, repository="young"),
        deployment(2, "a", 11 * DAY, environment="qa", repository="both"),
        deployment(3, "a", 40 * DAY, environment="dev", repository="both"),
    )
    analysis = analyse(read, config())
    asked: list[dict[str, Any]] = [{}, {"by": "organization"}, {"tier": ["testing"]}]
    whole = [report_of(analysis, read, config(**one)) for one in asked]
    assert [2] * 3 == [one.coverage.deployments["began_in_window"] for one in whole]
    asked = [{"ephemeral": True}, {"environment": ["prod*"]}]
    narrowed = [count_begun(analyse(read, config(**one)), config().window) for one in asked]
    assert [3, 1] == narrowed


def test_no_exposure_is_longer_than_the_window() -> None:
    """DF2: in a window of less than a week a row was there all the time."""
    read = organization(api=[deployment(1, "a", DAY)])
    assert {"api": (None, 3.0)} == by_name(read, since="3d")
    assert {"api": (None, 7.0)} == by_name(read, since="7d")
    assert {"api": (ago(7 * DAY), 7.0)} == by_name(read, since="169h")


def test_the_window_before_has_an_exposure_of_its_own() -> None:
    """DF2, K1: what began in the window before was there all the time in this one."""
    read = organization(api=[deployment(1, "a", 45 * DAY), deployment(2, "a", 10 * DAY)])
    (row,) = build_report(read, config(compare=True)).rows
    assert row.previous is not None
    before, now = row.previous.deployment_frequency, row.metrics.deployment_frequency
    assert (15.0, 1 / 15) == (before.exposure_days, before.per_day)
    assert (30.0, 1 / 30, None) == (now.exposure_days, now.per_day, row.since)


# -- Parts of a trend ----------------------------------------------------------------------------


def test_parts_before_a_row_began_are_unknown() -> None:
    """DF2: a part that ends when the row begins, or before, has no metrics; the part in which it
    begins has the rates of the rest, as have all parts of the row that was there."""
    midnight = 14 * DAY + 6  # the Monday two weeks before NOW
    read = organization(
        sharp=[deployment(1, "a", midnight, repository="sharp")],
        early=[deployment(1, "a", midnight + MICROSECOND, repository="early")],
        late=[deployment(1, "a", midnight - 12, repository="late")],
        there=[deployment(1, "a", 40 * DAY, repository="there")],
    )
    report = build_report(read, config(since="21d", trend="week"))
    parts = {
        row.key["repository"]: [
            one.metrics.deployment_frequency if one.metrics else None for one in row.trend
        ]
        for row in report.rows
    }
    days = {name: [one and one.exposure_days for one in own] for name, own in parts.items()}
    assert {
        "sharp": [None, 7.0, 7.0, 0.25],
        "early": [1 / 86_400_000_000, 7.0, 7.0, 0.25],
        "late": [None, 6.5, 7.0, 0.25],
        "there": [6.75, 7.0, 7.0, 0.25],
    } == days
    late = parts["late"][1]
    assert late is not None
    assert (1, 1 / 6.5, 7 * (1 / 6.5)) == (late.deployments, late.per_day, late.per_week)


def test_unknown_parts_as_a_file(tmp_path: Any) -> None:
    """DF2: a part without metrics has each of them as null, and is read back as it was; an older
    file, which knows of none of this, is read as well."""
    report = build_report(
        organization(api=[deployment(1, "a", 10 * DAY)]), config(trend="week", since="21d")
    )
    (row,) = as_document(report)["rows"]
    assert dict.fromkeys(METRICS) == {name: row["trend"][0][name] for name in METRICS}
    unknown = [one.metrics is None for one in report.rows[0].trend]
    assert [True, False, False, False] == unknown
    path = tmp_path / "report.json"
    path.write_text(render_json(report), encoding="utf-8")
    assert report.rows == read_report(path).rows

    row.pop("since"), row.pop("delivery"), row["deployment_frequency"].pop("exposure_days")
    row["trend"] = [
        {name: one[name] for name in one if name != "young"} for one in row["trend"][1:]
    ]
    document = {**as_document(report), "rows": [row]}
    path.write_text(json.dumps(document), encoding="utf-8")
    (older,) = read_report(path).rows
    assert (None, None, None) == (
        older.since, older.delivery, older.metrics.deployment_frequency.exposure_days,
    )  # fmt: skip
    assert [False] * 3 == [one.young for one in older.trend]


# -- Young parts ---------------------------------------------------------------------------------


def rollbacks(count: int, *, hours: int = 30) -> list[Rows]:
    """So many deployments, every *hours*, that were taken back after one hour, two, three, …"""
    parts = [deployment(1, "a", 29.5 * DAY)]
    for number in range(count):
        at = 29 * DAY - number * hours
        parts += [
            deployment(2 + 2 * number, "b", at),
            deployment(3 + 2 * number, "a", at - 1 - number),
        ]
    return parts


def incident(number: int, opened: float, named: int) -> Rows:
    """An incident that names a deployment."""
    told = (ago(opened), ago(opened - 1), str(named), None, None, None, None)
    return {"incidents": [("api", number, f"api#{number}", None, *told)]}


def settled(*parts: Rows, **options: Any) -> dict[str, timedelta]:
    """How old a part has to be, by the row's name."""
    read = tables(repository(head="b"), line(a=90 * DAY, b=80 * DAY), *parts)
    given = config(**options)
    analysis = analyse(read, given)
    groups = find_groups(analysis.environments, read, given)
    bounds = find_bounds(groups, analysis, given.window)
    names = [" ".join(key.values()) for key in groups.rows["key"]]
    ages = pd.Timestamp(NOW) - pd.DatetimeIndex(bounds["settled_at"])
    return dict(zip(names, ages.to_pytimedelta(), strict=True))


def test_twenty_failures_tell_how_late_they_are_known() -> None:
    """T3: the age is their 80 % quantile, of one hour, two, … twenty 16.2; of nineteen a week."""
    name = "api production"
    assert {name: timedelta(hours=16.2)} == settled(*rollbacks(20))
    assert {name: timedelta(days=7)} == settled(*rollbacks(19))
    # The twentieth is known by an incident, five days after its success.
    success = 2 + 2 * 19
    last = [deployment(success, "b", 6 * DAY), incident(1, DAY, success)]
    assert {name: timedelta(hours=16.2)} == settled(*rollbacks(19), *last)


def test_the_earliest_sign_counts() -> None:
    """T3: of several signs of one failure the first one tells when it was known, of an incident its
    opening; one opened before the deployment succeeded was known at once."""
    early = [incident(n, 29 * DAY - n * 30 - 0.5, 2 + 2 * n) for n in range(19)]
    # Half an hour nineteen times, and twenty hours: the quantile is half an hour.
    assert {"api production": timedelta(hours=0.5)} == settled(*rollbacks(20), *early)
    before = [incident(n, 29 * DAY - n * 30 + 1, 2 + 2 * n) for n in range(20)]
    assert {"api production": timedelta(0)} == settled(*rollbacks(20), *before)
    late = [incident(n, 29 * DAY - n * 30 - 25, 2 + 2 * n) for n in range(20)]
    assert {"api production": timedelta(hours=16.2)} == settled(*rollbacks(20), *late)


def test_failures_that_tell_nothing_of_when_they_were_known() -> None:
    """T3: a failure status says so at once, and what never succeeded has no age."""
    failed = [
        deployment(100 + n, "b", 20 * DAY - n, ("success", 20 * DAY - n), ("failure", 20 * DAY - n))
        for n in range(20)
    ]
    never = [deployment(200 + n, "b", 9 * DAY - n, ("failure", 9 * DAY - n)) for n in range(20)]
    named = [incident(n, 8 * DAY - n, 200 + n) for n in range(20)]
    assert {"api production": timedelta(days=7)} == settled(
        *rollbacks(19, hours=10), *failed, *never, *named
    )


def test_rows_have_ages_of_their_own() -> None:
    """T3, G1: another row's failures say nothing of this one; a pooled row has those of all."""
    other = [
        deployment(1000, "a", 29.5 * DAY, environment="prod-eu"),
        deployment(1001, "b", 20 * DAY, environment="prod-eu"),
        deployment(1002, "a", 19 * DAY, environment="prod-eu"),
    ]
    week = timedelta(days=7)
    assert {"api production": week, "api prod-eu": week} == settled(*rollbacks(19), *other)
    # One hour to nineteen, and 24.
    pooled = {"medica-flow production": timedelta(hours=16.2)}
    assert pooled == settled(*rollbacks(19), *other, by="organization")


def test_young_parts() -> None:
    """T3: a part is young when it ends later than that age before `until`."""
    read = organization(api=[deployment(1, "a", 10 * DAY)])
    young = {}
    for until in ("2026-11-23", "2026-11-23T00:00:00.000001"):
        asked = config(since="2026-11-02", until=until, trend="week")
        (row,) = build_report(read, asked).rows
        young[until] = [(one.start.day, one.end.day) for one in row.trend if one.young]
    assert [[(16, 23)], [(16, 23), (23, 23)]] == [*young.values()]
    # Failures of the look-back tell it as well as those of the window.
    quick = tables(repository(head="b"), line(a=90 * DAY, b=80 * DAY), *rollbacks(20))
    (row,) = build_report(quick, config(trend="day", since="3d")).rows
    assert [(22, 23), (23, 23)] == [(one.start.day, one.end.day) for one in row.trend if one.young]
