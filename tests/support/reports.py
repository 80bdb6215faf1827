"""Small fixed reports for the tests of what is rendered; every number is made up by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.report.coverage_model import (
    Coverage,
    IncidentCoverage,
    RepositoryCoverage,
    Requests,
    Unreadable,
)
from dora.report.model import (
    Before,
    Bucket,
    ChangeFailRate,
    ChangeLeadTime,
    Compared,
    Comparison,
    Contributor,
    DeploymentFrequency,
    Generated,
    Metrics,
    RecoveryTime,
    Report,
    ReportWindow,
    ReworkRate,
    Row,
    Stages,
    Waiting,
)
from dora.report.ranges import Interval

HOUR, DAY = 3_600.0, 86_400.0

HOSTILE_NAMES = (
    "[brackets] qa",
    "[bold red]x[/]",
    "<b>",
    "<!-- x -->",
    "@team",
    "medica-flow/patient-api#1",
    "https://example.com/?a=b",
    "someone@example.com",
    "a|b",
    "a\\|b",
    "a\\",
    "|",
    "`",
    "``",
    "a`b``c",
    "   ",
    "=1+1",
    "\t=1+1",
    "-1",
    "\x1b[31mred",
    "\x9b31m",
    "two\nlines\r\n",
    "safe\u202egnp.exe",
    "pro\u200bduction",
    "*bold* _it_ ~~no~~ [a](b) ![c](d)",
    "日本語の環境",
    "👨\u200d👩\u200d👧 família",
    "x" * 200,
    ":smile:",
)


def nothing(key: dict[str, str], tier: str) -> Row:
    """Give the row of an environment that has gone quiet: all that can be missing is."""
    return Row(
        key,
        tier,
        Metrics(
            DeploymentFrequency(0, 0.0, 0.0, 0, Interval(0.0, 0.041)),
            ChangeLeadTime(0),
            ChangeFailRate(0, 0),
            RecoveryTime(0, 0, 0),
            ReworkRate(0, 0),
        ),
    )


def busy(key: dict[str, str], tier: str, waiting: Waiting | None = None) -> Row:
    """Give the row of a service that deploys often, with an outage still open."""
    return Row(
        key,
        tier,
        Metrics(
            DeploymentFrequency(42, 42 / 90, 42 / 90 * 7, 31, Interval(0.336, 0.631), "high"),
            ChangeLeadTime(
                120,
                26 * HOUR,
                120_000.0,
                150_000.0,
                260_000.0,
                Interval(80_000.0, 110_000.0),
                "high",
                Stages(30_000.0, 20_000.0, 40_000.0),
            ),
            ChangeFailRate(
                3, 45, 3 / 45, Interval(0.023, 0.179), "high", {"status": 2, "rollback": 1}, 2
            ),
            RecoveryTime(3, 2, 1, 1, 5_400.0, 6_000.0, 9_000.0),
            ReworkRate(1, 42, 1 / 42, Interval(0.004, 0.123)),
        ),
        waiting,
    )


def calm(key: dict[str, str], tier: str, waiting: Waiting | None = None) -> Row:
    """Give the row of a service that deploys all day long and seldom fails."""
    return Row(
        key,
        tier,
        Metrics(
            DeploymentFrequency(216, 2.4, 16.8, 64, Interval(2.09, 2.74), "elite"),
            ChangeLeadTime(
                388,
                2_100.0,
                3_000.0,
                4_000.0,
                9_000.0,
                Interval(1_980.0, 2_400.0),
                "elite",
                Stages(900.0, None, 600.0),
            ),
            ChangeFailRate(5, 218, 5 / 218, Interval(0.0098, 0.0526), "elite", {"incident": 5}),
            RecoveryTime(5, 5, 0, 0, 1_200.0, 1_500.0, 2_700.0, "elite"),
            ReworkRate(4, 216, 4 / 216, Interval(0.0072, 0.0466)),
        ),
        waiting,
    )


def slow(key: dict[str, str], tier: str, waiting: Waiting | None = None) -> Row:
    """Give the row of a service that deploys once a month."""
    return Row(
        key,
        tier,
        Metrics(
            DeploymentFrequency(2, 2 / 90, 14 / 90, 2, Interval(0.0027, 0.0803), "low"),
            ChangeLeadTime(3, 40 * DAY, 38 * DAY, 41 * DAY, 42 * DAY),
            ChangeFailRate(1, 2, 0.5, Interval(0.095, 0.905), None, {"revert": 1}),
            RecoveryTime(1, 0, 1),
            ReworkRate(0, 2, 0.0, Interval(0.0, 0.658)),
        ),
        waiting,
    )


def pooled(row: Row) -> Row:
    """Give *row* without levels, as rows of many repositories are (B3)."""
    levelled = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")
    return changed(
        row, **{name: replace(getattr(row.metrics, name), level=None) for name in levelled}
    )


def changed(row: Row, **metrics: Any) -> Row:
    """Give *row* with other *metrics*."""
    return replace(row, metrics=replace(row.metrics, **metrics))


def in_window(made: Report, **window: Any) -> Report:
    """Give *made* with another *window*."""
    return replace(made, window=replace(made.window, **window))


def coverage(read: int = 0, **repositories: Any) -> Coverage:
    """Give the coverage of that many repositories, changed by *repositories*."""
    return Coverage(RepositoryCoverage(read, **repositories))


COVERAGE = Coverage(
    RepositoryCoverage(
        38,
        {"archived": 2, "empty": 1, "no deployments": 4, "excluded": 0},
        (Unreadable("ward-planner", "the token lacks deployments: read"),),
        (Unreadable("lab-results", "the history is longer than 5,000 deployments"),),
    ),
    {
        "in_progress": 1,
        "abandoned": 2,
        "not_started": 1,
        "unchanged": 14,
        "ephemeral": 1_212,
        "left_out": 0,
        "unknown_commit": 1,
        "baseline": 3,
        "lookback_limit": 1,
    },
    {"clock_skew": 1, "excluded": 0},
    IncidentCoverage(unattributed=1, dismissed=0, not_understood=0),
    requests=Requests(61, 63, 8.2),
)


def report(
    rows: tuple[Row, ...],
    coverage: Coverage = COVERAGE,
    *,
    by: str = "repository",
    organization: str = "medica-flow",
    benchmark: str = "2023",
) -> Report:
    """Give a report of 90 days over *rows*."""
    since, until = datetime(2026, 8, 25, 6, tzinfo=UTC), datetime(2026, 11, 23, 6, tzinfo=UTC)
    return Report(
        organization=organization,
        window=ReportWindow(since, until, 90.0, "UTC"),
        by=by,
        benchmark=benchmark,
        generated=Generated(until, "0.1.0", "sha256:0f"),
        rows=rows,
        coverage=coverage,
    )


def place(repository: str, environment: str) -> dict[str, str]:
    """Give the key of a row by repository."""
    return {"repository": repository, "environment": environment}


USUAL = report(
    (
        slow(place("appointment-service", "production"), "production", Waiting(31, 62 * DAY)),
        calm(place("appointment-service", "qa"), "testing"),
        nothing(place("billing-gateway", "live-eu-west-1"), "production"),
        busy(place("patient-api", "production"), "production", Waiting(7, 4 * DAY)),
        calm(place("patient-api", "staging"), "staging"),
    )
)

EMPTY = report((), coverage(2, skipped={"archived": 1}))

QUIET = report((nothing(place("patient-api", "production"), "production"),), coverage(1))

HOSTILE = report(
    tuple(busy(place(name, name), "other", Waiting(1, DAY)) for name in HOSTILE_NAMES),
    coverage(
        1,
        unreadable=tuple(Unreadable(name, name) for name in HOSTILE_NAMES),
        incomplete=tuple(Unreadable(name, name) for name in HOSTILE_NAMES),
    ),
    organization="@medica|`flow`<b>",
)

BY_ENVIRONMENT = report(
    (
        pooled(busy({"environment": "production"}, "production", Waiting(7, 4 * DAY))),
        pooled(calm({"environment": "qa"}, "testing")),
    ),
    by="environment",
)

BY_TEAM = report(
    (
        pooled(slow({"team": "(no team)", "tier": "production"}, "production", Waiting(0))),
        pooled(busy({"team": "Patient care", "tier": "production"}, "production")),
    ),
    by="team",
)

BY_ORGANIZATION = report(
    (pooled(busy({"organization": "medica-flow", "tier": "production"}, "production")),),
    by="organization",
)

SERVICES = report(
    (
        slow(place("platform", "production"), "production"),
        busy({**place("platform", "production"), "service": "checkout"}, "production"),
    )
)


#: Rows by several sources (D8): GitHub's Deployments, releases, a workflow's runs, merges, a file.
MIXED = report(
    (
        replace(slow(place("android-app", "production"), "production"), source="releases"),
        replace(busy(place("billing", "production"), "production"), source="workflow"),
        replace(calm(place("billing", "qa"), "testing"), source="deployments"),
        replace(calm(place("docs", "production"), "production", Waiting(0)), source="merges"),
        replace(nothing(place("legacy", "live-eu-west-1"), "production"), source="file"),
    ),
    coverage(4),
)
POOLED_SOURCES = report(
    (
        replace(
            pooled(busy({"environment": "production"}, "production", Waiting(7, 4 * DAY))),
            source="deployments+merges+releases",
        ),
        pooled(calm({"environment": "qa"}, "testing")),
    ),
    coverage(4),
    by="environment",
)
RELEASES = report(
    (
        replace(slow(place("android-app", "production"), "production"), source="releases"),
        replace(busy(place("ios-app", "production"), "production"), source="releases"),
    ),
    coverage(2),
)


def bucket(row: Row, number: int, *, partial: bool = False) -> Bucket:
    """Give the metrics of *row* as those of its week with that *number*."""
    start = datetime(2026, 8, 24, tzinfo=UTC) + number * timedelta(weeks=1)
    return Bucket(start, start + timedelta(weeks=1), partial, pooled(row).metrics)


def contributor(number: int, **more: Any) -> Contributor:
    """Give something that moved a metric of patient-api."""
    url = f"https://github.com/medica-flow/patient-api/deployments/{number}"
    at = datetime(2026, 10, 2, 12, tzinfo=UTC)
    told = {"kind": "deployment", "window": "now", "repository": "patient-api",
            "environment": "production", "id": number, "url": url, "at": at, **more}  # fmt: skip
    return Contributor(**told)


def compared(row: Row, before: Row, weeks: int = 14) -> Row:
    """Give *row* beside *before*: some of it better, some worse, some neither, some untested."""
    unclear = Compared("no clear change", 0.4, 0.6, ratio=1.1)
    slower = (
        contributor(17, seconds=9 * DAY, changes=12),
        contributor(18, seconds=5 * DAY, changes=1, url="javascript:alert(1)"),
    )
    down = (contributor(19, kind="outage", seconds=2 * DAY, open=True),)
    comparison = Comparison(
        Compared(
            "better", 0.0001, 0.002, 3.0, None, (contributor(9, window="before", seconds=DAY),)
        ),
        Compared("worse", 0.001, 0.01, 4.5, None, slower),
        Compared("no clear change", 0.2, None, None, 0.05),
        Compared("worse", 0.003, 0.02, 2.0, None, down),
        Compared(),
    )
    if before == row:
        comparison = Comparison(*[unclear] * 5)
    trend = (
        bucket(before, 0, partial=True),
        *(bucket(row if n % 3 else nothing(row.key, row.tier), n) for n in range(1, weeks - 1)),
        bucket(nothing(row.key, row.tier), weeks - 1, partial=True),
    )
    return replace(row, previous=before.metrics, comparison=comparison, trend=trend)


def over_time(rows: tuple[Row, ...], gone: tuple[dict[str, str], ...] = (), **more: Any) -> Report:
    """Give a report by week, compared with the ninety days before."""
    window = datetime(2026, 5, 27, 6, tzinfo=UTC), datetime(2026, 8, 25, 6, tzinfo=UTC)
    return replace(report(rows, **more), trend="week", before=Before(*window, gone))


_TEAM = {"team": "Care", "tier": "production"}
_KEYS = [place(name, "production") for name in ("appointment-service", "patient-api", "portal")]
OVER_TIME = over_time(
    (
        compared(busy(_KEYS[0], "production"), slow(_KEYS[0], "production")),
        compared(calm(_KEYS[1], "production"), calm(_KEYS[1], "production")),
        slow(_KEYS[2], "production", Waiting(3, DAY)),
    ),
    (place("fax-gateway", "qa"),),
)
HOSTILE_OVER_TIME = replace(
    over_time(
        tuple(
            compared(busy(place(name, name), "other"), slow(place(name, name), "other"))
            for name in HOSTILE_NAMES
        ),
        tuple(place(name, name) for name in HOSTILE_NAMES),
    ),
    organization="@medica|`flow`<b>",
)
TEAMS_OVER_TIME = over_time(
    (compared(pooled(busy(_TEAM, "production")), pooled(slow(_TEAM, "production")), weeks=40),),
    by="team",
)

ALL = {
    "over time": OVER_TIME,
    "hostile over time": HOSTILE_OVER_TIME,
    "teams over time": TEAMS_OVER_TIME,
    "usual": USUAL,
    "empty": EMPTY,
    "quiet": QUIET,
    "hostile": HOSTILE,
    "environment": BY_ENVIRONMENT,
    "team": BY_TEAM,
    "organization": BY_ORGANIZATION,
    "services": SERVICES,
    "mixed": MIXED,
    "pooled sources": POOLED_SOURCES,
    "releases": RELEASES,
}
