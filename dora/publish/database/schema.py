"""The tables as SQLAlchemy knows them: names, types, keys, and the meaning of each column.

`migrations` creates them in a database; a test checks that both agree.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, MetaData, Table, Text
from sqlalchemy.types import TypeEngine

from dora.publish.database.column_types import Day, Instant
from dora.report.figure import Figure
from dora.report.figures import FIRST
from dora.report.later_figures import LATER

#: Columns of figures that a later version of the schema added, so that they come last.
ADDED = ("recovery_time_carried_in", "recovery_time_longest_seconds")


def _added_last(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    return tuple(sorted(figures, key=lambda one: one.column in ADDED))


def _of_parts(figures: tuple[Figure, ...]) -> tuple[Figure, ...]:
    return tuple(one for one in figures if not one.is_of_rows)


#: The figures of a row of `metrics` and of `trends`, in the order of their columns.
ROW_FIGURES = _added_last((*_of_parts(FIRST), *(one for one in FIRST if one.is_of_rows)))
PART_FIGURES = _added_last(_of_parts(FIRST))
#: Those that came after the column `source`.
PART_FIGURES_LATER = _of_parts(LATER)

METADATA = MetaData()
#: Marks columns that are not staged: an update leaves their values as they are.
KEPT = "kept"
KINDS = {"bigint": BigInteger, "double precision": Double, "text": Text}


def _key(name: str, kind: type[TypeEngine[Any]], meaning: str) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False, comment=meaning)


def _must(name: str, kind: type[TypeEngine[Any]], meaning: str) -> Column[Any]:
    return Column(name, kind, nullable=False, comment=meaning)


def _may(name: str, kind: type[TypeEngine[Any]], meaning: str) -> Column[Any]:
    return Column(name, kind, comment=meaning)


def _organization() -> Column[Any]:
    return _key("organization", Text, "login of the organization")


def _repository() -> Column[Any]:
    return _key("repository", Text, "name of the repository, without its owner")


def _known() -> list[Column[Any]]:
    """Columns that say which run wrote a row last: if two runs report it, the later counts."""
    return [
        _must("as_of", Instant, "end of the window of the run that told it last"),
        _must("generated_at", Instant, "when that run was"),
    ]


def _source(meaning: str) -> Column[Any]:
    """The column `source`, which comes late: a later version of the schema added it."""
    return _must("source", Text, f"what {meaning}: `deployments`, `releases` … (D8)")


def _measured(figures: tuple[Figure, ...]) -> list[Column[Any]]:
    return [_may(one.column, KINDS[one.kind], one.meaning) for one in figures]


def _row_key() -> list[Column[Any]]:
    """What names a row (G1); empty where rows of that kind have no such part."""
    return [
        _key("repository", Text, "of rows by repository, else empty"),
        _key("environment", Text, "of rows by repository or environment, else empty"),
        _key("service", Text, "where services are told apart (G3), else empty"),
        _key("team", Text, "of rows by team, else empty"),
        _key("tier", Text, "tier of the row (D4)"),
    ]


RUNS = Table(
    "runs",
    METADATA,
    _organization(),
    _key("kind", Text, "what was published: `evidence`, or what rows are by, such as `repository`"),
    _key("since", Instant, "begin of its window"),
    _key("until", Instant, "end of its window"),
    _key("scope", Text, "`sha256:…` of what it was asked to look at"),
    _must("days", Double, "length of the window in days of 24 hours"),
    _must("timezone", Text, "time zone of its calendar days"),
    _must("generated_at", Instant, "when it was made"),
    _must("version", Text, "version of the program"),
    _must("configuration", Text, "`sha256:…` of the settings that decide the numbers"),
    _must("benchmark", Text, "what numbers were compared with (B1): `2025`, a year of levels …"),
    _must("repositories", Text, "globs of the repositories asked for, as JSON"),
    _must("environments", Text, "globs of the environments asked for, as JSON"),
    _must("tiers", Text, "tiers that have rows, as JSON"),
    _must("unread", Text, "repositories passed over: archived, unreadable, incomplete; as JSON"),
    _must("gaps", Text, "what of the organization could not be read, as JSON"),
    _must("ephemeral", Boolean, "whether ephemeral environments were looked at (D5)"),
    _must("ephemeral_environments", Text, "globs of these, as JSON"),
    _must("is_whole", Boolean, "whether every repository and environment was asked for"),
    _may("trend", Text, "what a bucket is: `day`, `week`, `month`"),
    comment="One row a published report or evidence, by its window and scope.",
)
COVERAGE = Table(
    "coverage",
    METADATA,
    _organization(),
    _key("kind", Text, "as in `runs`"),
    _key("since", Instant, "as in `runs`"),
    _key("until", Instant, "as in `runs`"),
    _key("scope", Text, "as in `runs`"),
    _key("about", Text, "`repositories`, `skipped`, `unreadable`, `gaps`, `deployments` …"),
    _key("name", Text, "what is counted, or which repository"),
    _may("amount", Double, "how many; seconds where the name is `seconds`"),
    _may("reason", Text, "why"),
    comment="One row a number or name of what a report did not see (C1).",
)
MEASURES = Table(
    "metrics",
    METADATA,
    _organization(),
    _key("kind", Text, "what rows are by: `repository`, `environment`, `team`, `organization`"),
    _key("since", Instant, "begin of the window"),
    _key("until", Instant, "end of the window"),
    *_row_key(),
    *_measured(ROW_FIGURES[: -len(ADDED)]),
    _must("generated_at", Instant, "when the run was that told it last"),
    *_measured(ROW_FIGURES[-len(ADDED) :]),
    _source("its deployments are, several kinds joined by `+`"),
    *_measured(LATER),
    _may("exposure_since", Instant, "when its exposure begins, where later than `since` (DF2)"),
    comment="One row a row of a report: its metrics over the whole window.",
)
TRENDS = Table(
    "trends",
    METADATA,
    _organization(),
    _key("kind", Text, "as in `metrics`"),
    _key("bucket", Text, "`day`, `week` (from Monday) or `month`"),
    _key("starts_on", Day, "first calendar day of the bucket, in the report's time zone"),
    *_row_key(),
    _must("start_at", Instant, "begin of what was measured of it"),
    _must("end_at", Instant, "end of what was measured of it"),
    _must("days", Double, "length of what was measured in days of 24 hours"),
    _must("partial", Boolean, "whether the window cut it short (T1)"),
    *_known(),
    *_measured(PART_FIGURES),
    _source("its deployments are, several kinds joined by `+`"),
    *_measured(PART_FIGURES_LATER),
    comment="One row a row of a report and day, week or month of it (T1).",
)
TEAMS = Table(
    "teams",
    METADATA,
    _organization(),
    _key("team", Text, "team's name; `(no team)` for a repository of none"),
    _repository(),
    comment="One row a team and repository of it (G2), of the last report by team.",
)
DEPLOYMENTS = Table(
    "deployments",
    METADATA,
    _organization(),
    _repository(),
    _key("deployment", BigInteger, "GitHub's id, or a number below 0 that stands for `id`"),
    _must("environment", Text, "canonical name of its environment (D1)"),
    _must("service", Text, "its service (G3), else empty"),
    _must("sha", Text, "deployed commit"),
    _must("url", Text, "its web address"),
    _must("created_at", Instant, "when it was created"),
    _may("succeeded_at", Instant, "first success (D2)"),
    _may("failed_status_at", Instant, "first failure or error (D2)"),
    _may("finished_at", Instant, "the earlier of the two (D3)"),
    _must("outcome", Text, "`success`, `failure`, `not_started`, `in_progress`, `abandoned` (D3)"),
    _must("is_baseline", Boolean, "whether nothing came before it (LT2)"),
    _must("is_rework", Boolean, "whether it is rework (RW1)"),
    _must("is_failed", Boolean, "whether a signal says that it failed; why is in `reasons`"),
    *_known(),
    Column(
        "incidents_as_of",
        Instant,
        info={KEPT: True},
        comment="as `as_of`, of the run that told it last and could read the incidents",
    ),
    Column(
        "incidents_generated_at",
        Instant,
        info={KEPT: True},
        comment="when that run was",
    ),
    _must("is_unchanged", Boolean, "whether it changed nothing, and is in no count (D3)"),
    _source("it was taken from"),
    _must("id", Text, "its id: GitHub's number, or a text such as `releases:v1.2` (D8)"),
    comment="One row a deployment of the evidence.",
)
REASONS = Table(
    "reasons",
    METADATA,
    _organization(),
    _repository(),
    _key("deployment", BigInteger, "the deployment that failed"),
    _key("signal", Text, "`status`, `rollback`, `revert`, `hotfix`, `label`, `tag`, `incident`"),
    _key("said_by", Text, "what says so: a status, a deployment's id, a sha, `repo#n`, a tag"),
    _key("began_at", Instant, "when the failure began by it"),
    _may("ended_at", Instant, "when that ended; missing while it lasts"),
    comment="One row a sign that a deployment failed (F1 to F7).",
)
CHANGES = Table(
    "changes",
    METADATA,
    _organization(),
    _repository(),
    _key("environment", Text, "where it was shipped to"),
    _key("service", Text, "its service (G3), else empty"),
    _key("sha", Text, "the commit"),
    _must("deployment", BigInteger, "the deployment that shipped it"),
    _must("url", Text, "its web address"),
    _must("started_at", Instant, "when the work began (LT4)"),
    _must("shipped_at", Instant, "when it was live"),
    _may("lead_time_seconds", Double, "from the one to the other (LT5)"),
    _may("pull_request", BigInteger, "number of its pull request"),
    *_known(),
    comment="One row a change and environment that it was shipped to (LT3).",
)
EPISODES = Table(
    "episodes",
    METADATA,
    _organization(),
    _repository(),
    _key("deployment", BigInteger, "the first of its failed deployments, which names it"),
    _must("environment", Text, "environment that it is of"),
    _must("service", Text, "its service (G3), else empty"),
    _must("began_at", Instant, "when it began (R1)"),
    _may("ended_at", Instant, "when it ended; missing while it lasts"),
    *_known(),
    _must("never_live", Boolean, "whether nothing of it was ever live (F8); else it is an outage"),
    comment="One row an episode: a failure until its recovery, several in a row as one (R2).",
)
EPISODE_DEPLOYMENTS = Table(
    "episode_deployments",
    METADATA,
    _organization(),
    _repository(),
    _key("episode", BigInteger, "`deployment` of its row in `episodes`"),
    _key("deployment", BigInteger, "a failed deployment of it"),
    comment="One row an episode and failed deployment of it.",
)
#: The items of evidence. Each belongs to a window, and a run covers it or does not.
FACTS = (DEPLOYMENTS, CHANGES, EPISODES)
