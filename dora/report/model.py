"""The records of a report, shaped as the JSON contract `dora.report/1`.

Durations are seconds, rates fractions of 1, instants aware UTC datetimes. Unknown values
are None, never 0. Field names and their order are those of the JSON document; a `score` is from 0
to 10 and only there for the Quick Check (B4).
"""

from dataclasses import dataclass, field, fields
from datetime import datetime

from dora.report.coverage_model import Coverage, NoRows, Scope
from dora.report.deployment_ids import DeploymentId
from dora.report.ranges import Interval, LevelRange, OpenInterval, Place

SCHEMA = "dora.report/1"
#: The signals that a deployment failed, in the order of the rules, F1 to F7.
SIGNALS = ("status", "rollback", "revert", "hotfix", "label", "tag", "incident")
#: The source of GitHub's own Deployments (D8), which is that of older files that name none.
DEPLOYMENTS = "deployments"
#: The name of the team of repositories without a team (G2).
NO_TEAM = "(no team)"
#: Verdicts on a metric compared with the window or the report before.
BETTER, WORSE, UNCLEAR = "better", "worse", "no clear change"
#: The benchmark that gives scores, and no levels (B4).
QUICK_CHECK = "quick-check"
#: The survey whose respondents numbers are placed among (B5).
PLACES = "2025"


@dataclass(frozen=True)
class DeploymentFrequency:
    """Successes in the window (DF1–DF3)."""

    deployments: int
    per_day: float
    per_week: float
    active_days: int
    exposure_days: float | None = field(default=None, kw_only=True)
    """Length of the time that the rates are of (DF2); None in older files."""
    per_day_interval: Interval | None = None
    level: str | None = None
    level_range: LevelRange | None = field(default=None, kw_only=True)
    score: float | None = field(default=None, kw_only=True)
    place: Place | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class Stages:
    """Medians of the stages of changes that were merged by a pull request (LT7)."""

    coding: float | None = None
    review: float | None = None
    delivery: float | None = None


@dataclass(frozen=True)
class ChangeLeadTime:
    """Lead times of the changes shipped in the window (LT6)."""

    changes: int
    median: float | None = None
    mean: float | None = None
    p75: float | None = None
    p90: float | None = None
    median_interval: Interval | None = None
    level: str | None = None
    level_range: LevelRange | None = field(default=None, kw_only=True)
    score: float | None = field(default=None, kw_only=True)
    place: Place | None = field(default=None, kw_only=True)
    stages: Stages = field(default_factory=Stages)


@dataclass(frozen=True)
class ChangeFailRate:
    """The failed ones of the deployments that finished in the window (F8, F9)."""

    failed: int
    deployments: int
    rate: float | None = None
    interval: Interval | None = None
    level: str | None = None
    level_range: LevelRange | None = field(default=None, kw_only=True)
    score: float | None = field(default=None, kw_only=True)
    place: Place | None = field(
        default=None, kw_only=True
    )  #: always None: no survey has published a whole distribution
    reasons: dict[str, int] = field(default_factory=dict)
    never_live: int = 0


@dataclass(frozen=True)
class RecoveryTime:
    """Failed deployment recovery time (R3, R4)."""

    episodes: int
    recovered: int
    open: int
    carried_in: int = 0  #: those that began before the window and were open when it began
    median: float | None = None
    median_interval: OpenInterval | None = field(default=None, kw_only=True)
    mean: float | None = None  #: of the recovered
    longest: float | None = None  #: of the recovered
    level: str | None = None
    level_range: LevelRange | None = field(default=None, kw_only=True)
    score: float | None = field(default=None, kw_only=True)
    place: Place | None = field(default=None, kw_only=True)


@dataclass(frozen=True)
class ReworkRate:
    """Rework among the successes in the window (RW1)."""

    rework: int
    deployments: int
    rate: float | None = None
    interval: Interval | None = None
    score: float | None = field(default=None, kw_only=True)
    place: Place | None = field(
        default=None, kw_only=True
    )  #: always None, as for the change fail rate


@dataclass(frozen=True)
class Delivery:
    """From merge to live, of changes merged in the window, shipped or waiting (LT12)."""

    changes: int  #: with those that wait
    waiting: int
    median: float | None = None


@dataclass(frozen=True)
class Waiting:
    """Changes on the default branch that production has not received (LT8)."""

    changes: int
    oldest: float | None = None


@dataclass(frozen=True)
class Metrics:
    """The five metrics of one row in one span of time."""

    deployment_frequency: DeploymentFrequency
    change_lead_time: ChangeLeadTime
    change_fail_rate: ChangeFailRate
    recovery_time: RecoveryTime
    rework_rate: ReworkRate


#: Names of the five metrics, in the order of every output.
METRICS = tuple(one.name for one in fields(Metrics))


@dataclass(frozen=True)
class Bucket:
    """One row's metrics from *start* up to *end*, without levels.

    It is *partial* if the window cuts a day, week or month of the calendar, and *young* if
    failures that it will still be charged with may not be known yet. *metrics* are None where the
    row had not begun (DF2).
    """

    start: datetime
    end: datetime
    partial: bool
    young: bool = field(default=False, kw_only=True)
    metrics: Metrics | None


@dataclass(frozen=True)
class Contributor:
    """A deployment or an outage that moved a metric; `docs/metrics.md` says how it is chosen.

    *window* is `now`, or `before` for one that affected only the earlier value. *seconds* are the
    median lead time of a deployment's *changes*, a failure's length so far, or the time since the
    previous deployment. A failure that never went live is a `deployment`, any other an `outage`.
    """

    kind: str  #: `deployment`, or `outage`, which has the id of its first failed deployment
    window: str
    repository: str
    environment: str
    id: DeploymentId
    url: str
    at: datetime  #: when it finished, or the failure began
    seconds: float | None = None
    changes: int | None = None
    open: bool = False  #: of a failure: whether it has not recovered


@dataclass(frozen=True)
class Compared:
    """One metric compared with the window before, and whether the difference is significant.

    *verdict* is `better`, `worse` or `no clear change`, None if there is nothing to compare.
    *ratio* is now ÷ before of a frequency or time, *difference* now − before of a rate; each
    with the 95 % interval of the effect (K2).
    """

    verdict: str | None = None
    p_value: float | None = None
    adjusted_p_value: float | None = None  #: controls the false discovery rate over the whole table
    ratio: float | None = None
    ratio_interval: OpenInterval | None = field(default=None, kw_only=True)
    difference: float | None = None
    difference_interval: Interval | None = field(default=None, kw_only=True)
    moved_by: tuple[Contributor, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """One row's metrics compared with those of the window before."""

    deployment_frequency: Compared
    change_lead_time: Compared
    change_fail_rate: Compared
    recovery_time: Compared
    rework_rate: Compared


@dataclass(frozen=True)
class Row:
    """One line of the report: a key (G1) and its five metrics."""

    key: dict[str, str]
    tier: str
    source: str = field(default=DEPLOYMENTS, kw_only=True)
    """What its deployments were taken from; of a pooled row each kind, joined by `+` (D8)."""
    since: datetime | None = field(default=None, kw_only=True)
    """When its exposure begins, where that is later than the window's (DF2)."""
    metrics: Metrics
    delivery: Delivery | None = field(default=None, kw_only=True)
    waiting: Waiting | None = None
    previous: Metrics | None = None  #: of the window before; None if it had no such row
    comparison: Comparison | None = None
    trend: tuple[Bucket, ...] = ()  #: oldest first


@dataclass(frozen=True)
class Before:
    """The window of equal length before, and the keys of rows that only that one has."""

    since: datetime
    until: datetime
    gone: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class ReportWindow:
    """The time that a report is about, `[since, until)`; its days are those of *timezone*."""

    since: datetime
    until: datetime
    days: float  #: its length in days of 24 hours
    timezone: str


@dataclass(frozen=True)
class Generated:
    """When a report was made, and by which version and configuration."""

    at: datetime
    version: str
    configuration: str  #: `sha256:…` of the settings that affect the numbers


@dataclass(frozen=True, kw_only=True)
class Report:
    """The whole report: rows in the order of the contract, and what they were made from."""

    organization: str
    window: ReportWindow
    by: str
    benchmark: str
    trend: str | None = None  #: length of each bucket of a row's trend: `day`, `week` or `month`
    before: Before | None = None  #: the window that this one is compared with
    generated: Generated
    rows: tuple[Row, ...]
    coverage: Coverage
    teams: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The repositories of each team (G2), if rows are by team."""
    scope: Scope | None = None
    lacks_production: bool = False
    """Whether rows of every tier are shown because there is none of the tier production (G1)."""
    lacks_sources: bool = False
    """Whether some repository has no deployments, and neither `[[sources]]` nor `--environment`
    say which deployments are meant (D8)."""
    no_rows: NoRows | None = None
    """Why there are no rows, None where there are some."""
