"""The report an organization's truth must give: slow, and as near to the rules as code can be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from dora.demo.organization.model import Issue, Organization, Repository
from tests.oracle import estimates, levels
from tests.oracle.commits import Graph
from tests.oracle.failures import Episode, Reasons, episodes_of, reasons_of, rework_of
from tests.oracle.incidents import Incidents, attribute, is_central
from tests.oracle.made import source_of
from tests.oracle.naming import fits_any
from tests.oracle.outcomes import BEGUN, Judged, judge_all, outcome, spelling
from tests.oracle.settings import TIERS, Settings
from tests.oracle.shipping import History, Span, histories_of
from tests.oracle.sources import Taken, taken_of

QUICK_CHECK = "quick-check"


@dataclass(frozen=True)
class Question:
    """What is asked: the arguments of `expected_report`."""

    given: Organization
    span: Span
    timezone: str
    by: str
    tiers: Sequence[str] | None
    repositories: Sequence[str]
    environments: Sequence[str]
    ephemeral: bool
    benchmark: str
    settings: Settings

    @cached_property
    def taken(self) -> dict[str, Taken]:
        """What the deployments of each repository are, by its name (D8)."""
        span = self.span
        return taken_of(self.given, self.settings, span.since, span.until, self.environments)

    @cached_property
    def organization(self) -> Organization:
        """The organization, with the deployments that its sources give."""
        made = tuple(self.taken[one.name].repository for one in self.given.repositories)
        return replace(self.given, repositories=made)

    @property
    def pooled(self) -> bool:
        """Whether rows pool several environments: those get no level (B3)."""
        return self.by != "repository"


@dataclass
class Reading:
    """What is read of one repository."""

    repository: Repository
    graph: Graph
    judged: list[Judged]  #: of the chosen environments, left-out and ephemeral ones too
    tabled: list[Judged]  #: those of the tables
    histories: list[History]


@dataclass(frozen=True)
class Change:
    """One change shipped in the window (LT6), seconds."""

    lead_time: float
    skewed: bool
    stages: tuple[float, float, float] | None


@dataclass
class Tally:
    """What a row is made of; rows pool these, never averages (G1)."""

    successes: list[datetime] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    excluded: int = 0
    finished: int = 0
    failed: list[frozenset[str]] = field(default_factory=list)  #: signals of each
    never_live: int = 0
    episodes: list[Episode] = field(default_factory=list)
    carried_in: int = 0
    rework: int = 0
    waiting: list[tuple[int, float | None]] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)
    baselines: int = 0
    unknown: int = 0


def pool(tallies: Iterable[Tally]) -> Tally:
    """All of several tallies in one."""
    whole = Tally()
    for one in tallies:
        whole.successes += one.successes
        whole.changes += one.changes
        whole.excluded += one.excluded
        whole.finished += one.finished
        whole.failed += one.failed
        whole.never_live += one.never_live
        whole.episodes += one.episodes
        whole.carried_in += one.carried_in
        whole.rework += one.rework
        whole.waiting += one.waiting
        whole.sources |= one.sources
        whole.baselines += one.baselines
        whole.unknown += one.unknown
    return whole


# Reading --------------------------------------------------------------------------------------


def reason_to_skip(repository: Repository, question: Question) -> str | None:
    """Why a repository is not read (C1), in the order of reasons.

    It is unreadable where it is forbidden, or two sources give deployments of one environment.
    """
    until = question.span.until
    if question.repositories and not fits_any(question.repositories, repository.name):
        return "excluded"
    if repository.archived_at is not None and repository.archived_at < until:
        return "archived"
    if repository.is_empty:
        return "empty"
    if repository.forbidden or question.taken[repository.name].meeting is not None:
        return "unreadable"
    central = is_central(repository, question.organization.login, question.settings)
    if "incident" in question.settings.signals and central:
        return None
    globs = question.environments
    has_deployments = any(
        one.created_at < until and (not globs or fits_any(globs, spelling(one, question.settings)))
        for one in repository.deployments
    )
    return None if has_deployments else "no deployments"


def why_unreadable(repository: Repository, question: Question) -> str:
    """Why a repository is unreadable."""
    meeting = question.taken[repository.name].meeting
    return "forbidden" if repository.forbidden or meeting is None else meeting


def tells_incidents(repository: Repository, question: Question) -> bool:
    """Whether its issues are read: of what is not skipped, and of every central repository (F7)."""
    settings = question.settings
    reason = reason_to_skip(repository, question)
    central = is_central(repository, question.organization.login, settings)
    return reason is None or (central and not repository.forbidden)


def is_tabled(judged: Judged, question: Question) -> bool:
    """Whether a deployment's environment enters the tables (D1, D5)."""
    return not judged.left_out and (question.ephemeral or not judged.ephemeral)


def read(repository: Repository, question: Question) -> Reading:
    """Read one repository as W3 says."""
    settings, span = question.settings, question.span
    graph = Graph(repository, settings, span.until)
    judged = judge_all(repository, settings, span.until, question.environments)
    tabled = [one for one in judged if is_tabled(one, question)]
    histories = histories_of(graph, span, settings, tabled)
    return Reading(repository, graph, judged, tabled, histories)


# One environment ------------------------------------------------------------------------------


def seconds(span: timedelta) -> float:
    """Length in seconds, none below zero (LT5, LT7)."""
    return max(0.0, span.total_seconds())


def change_of(graph: Graph, sha: str, live_at: datetime) -> Change:
    """One change shipped at *live_at* (LT5, LT7)."""
    start = graph.start_of(sha)
    request = graph.request_of(sha)
    stages = None
    if request is not None and request.merged_at is not None:
        stages = (
            seconds(request.created_at - start),
            seconds(request.merged_at - request.created_at),
            seconds(live_at - request.merged_at),
        )
    return Change(seconds(live_at - start), live_at < start, stages)


def tally_changes(tally: Tally, history: History) -> None:
    """Add the changes shipped in the window (LT6) and the waiting ones (LT8)."""
    graph = history.graph
    live_at = {one.id: one.succeeded_at for one in history.successes}
    for shipper, shas in history.shipped_in_window().items():
        at = live_at[shipper]
        for sha in shas if at is not None else ():
            if graph.is_change(sha) and graph.is_excluded(sha):
                tally.excluded += 1
            elif graph.is_change(sha) and at is not None:
                tally.changes.append(change_of(graph, sha, at))
    waiting = history.waiting()
    if waiting is not None:
        ages = [seconds(history.span.until - graph.start_of(sha)) for sha in waiting]
        tally.waiting.append((len(ages), max(ages, default=None)))


def tally_of(history: History, reasons: Reasons, question: Question) -> Tally:
    """Count one environment of one repository."""
    span = history.span
    tally = Tally(sources={source_of(one.parts[0]) for one in history.read})
    inside = [one for one in history.successes if span.holds(one.succeeded_at)]
    changing = [one for one in history.changing if span.holds(one.succeeded_at)]
    tally.successes = [one.succeeded_at for one in changing if one.succeeded_at is not None]
    tally.unknown = sum(not history.graph.knows(one.sha) for one in inside)
    tally.baselines = int(history.baseline is not None)
    tally_changes(tally, history)
    for one in history.read:
        if span.holds(one.finished_at) and not one.is_unchanged:
            tally.finished += 1
            signals = frozenset(reason.signal for reason in reasons.get(one.id, ()))
            tally.failed += [signals] if signals else []
            tally.never_live += signals == {"status"} and was_never_live(one)
    episodes = episodes_of(history, reasons)
    tally.episodes = [one for one in episodes if span.holds(one.began_at)]
    tally.carried_in = sum(was_open(one, span.since) for one in episodes)
    rework = rework_of(history, question.settings, question.organization.login, reasons)
    tally.rework = sum(one.id in rework for one in changing)
    return tally


def was_never_live(judged: Judged) -> bool:
    """Whether it never reached the environment: no success, no word that it had begun (F8)."""
    return judged.succeeded_at is None and not any(event.says(BEGUN) for event in judged.events)


def was_open(episode: Episode, at: datetime) -> bool:
    """Whether an episode began before *at* and was open then (R3)."""
    return episode.began_at < at and (episode.ended_at is None or episode.ended_at >= at)


# The metrics of a row -------------------------------------------------------------------------


def judgement(
    question: Question, level: Callable[[str], str | None], score: Callable[[], float | None]
) -> dict[str, Any]:
    """`level`, and `score` beside it for the Quick Check; null on pooled rows (B3, B4)."""
    if question.benchmark == QUICK_CHECK:
        return {"level": None, "score": None if question.pooled else score()}
    return {"level": None if question.pooled else level(question.benchmark)}


def deployment_frequency(tally: Tally, question: Question) -> dict[str, Any]:
    """DF1 to DF3."""
    window = question.span.until - question.span.since
    days = Fraction(window // timedelta(microseconds=1), 86_400_000_000)
    count = len(tally.successes)
    zone = ZoneInfo(question.timezone)
    low, high = estimates.garwood(count)
    return {
        "deployments": count,
        "per_day": float(count / days),
        "per_week": float(7 * count / days),
        "active_days": len({at.astimezone(zone).date() for at in tally.successes}),
        "per_day_interval": [low / float(days), high / float(days)],
        **judgement(
            question,
            lambda year: levels.level_of_frequency(year, count, window),
            lambda: levels.score_of_frequency(count, window),
        ),
    }


def change_lead_time(tally: Tally, question: Question) -> dict[str, Any]:
    """LT6 and LT7."""
    times = [change.lead_time for change in tally.changes]
    stages = [change.stages for change in tally.changes if change.stages is not None]
    count, middle = len(times), estimates.median(times)
    return {
        "changes": count,
        "median": middle,
        "mean": estimates.mean(times),
        "p75": estimates.quantile(times, Fraction(3, 4)),
        "p90": estimates.quantile(times, Fraction(9, 10)),
        "median_interval": estimates.median_interval(times),
        **judgement(
            question,
            lambda year: levels.level_of_time(levels.LEAD_TIME, year, middle, count),
            lambda: levels.score_of_time(middle, count),
        ),
        "stages": {
            name: estimates.median([stage[place] for stage in stages])
            for place, name in enumerate(("coding", "review", "delivery"))
        },
    }


def change_fail_rate(tally: Tally, question: Question) -> dict[str, Any]:
    """F8 and F9."""
    failed, count = len(tally.failed), tally.finished
    signals = sorted({signal for one in tally.failed for signal in one})
    return {
        "failed": failed,
        "deployments": count,
        "rate": failed / count if count else None,
        "interval": estimates.wilson(failed, count),
        **judgement(
            question,
            lambda year: levels.level_of_fail_rate(year, failed, count),
            lambda: levels.score_of_share(failed, count),
        ),
        "reasons": {signal: sum(signal in one for one in tally.failed) for signal in signals},
        "never_live": tally.never_live,
    }


def recovery_time(tally: Tally, question: Question) -> dict[str, Any]:
    """R3 and R4."""
    recovered = [one.ended_at - one.began_at for one in tally.episodes if one.ended_at is not None]
    still = [question.span.until - one.began_at for one in tally.episodes if one.ended_at is None]
    mean = estimates.mean([time.total_seconds() for time in recovered])
    middle = estimates.kaplan_meier_median(recovered, still)
    number = mean if middle is None else middle
    count = len(tally.episodes)
    longest = max((time.total_seconds() for time in recovered), default=None)
    return {
        "episodes": count,
        "recovered": len(recovered),
        "open": len(still),
        "carried_in": tally.carried_in,
        "mean": mean,
        "median": middle,
        "longest": longest,
        **judgement(
            question,
            lambda year: levels.level_of_time(levels.RECOVERY, year, number, count),
            lambda: levels.score_of_time(number, count),
        ),
    }


def rework_rate(tally: Tally, question: Question) -> dict[str, Any]:
    """RW1; it has no level, but a score."""
    count = len(tally.successes)
    scored = judgement(question, lambda _: None, lambda: levels.score_of_share(tally.rework, count))
    del scored["level"]
    return {
        "rework": tally.rework,
        "deployments": count,
        "rate": tally.rework / count if count else None,
        "interval": estimates.wilson(tally.rework, count),
        **scored,
    }


def waiting(tally: Tally) -> dict[str, Any] | None:
    """LT8: what is known added, the oldest taken."""
    if not tally.waiting:
        return None
    ages = [age for _, age in tally.waiting if age is not None]
    changes = sum(count for count, _ in tally.waiting)
    return {"changes": changes, "oldest": max(ages, default=None)}


def row_of(key: dict[str, str], tier: str, tally: Tally, question: Question) -> dict[str, Any]:
    """One row of the JSON report."""
    return {
        "key": key,
        "tier": tier,
        "source": "+".join(sorted(tally.sources)),
        "deployment_frequency": deployment_frequency(tally, question),
        "change_lead_time": change_lead_time(tally, question),
        "change_fail_rate": change_fail_rate(tally, question),
        "recovery_time": recovery_time(tally, question),
        "rework_rate": rework_rate(tally, question),
        "waiting": waiting(tally),
        "previous": None,
        "comparison": None,
        "trend": [],
    }


# Rows (G0 to G3) ------------------------------------------------------------------------------


def has_row(history: History) -> bool:
    """Whether anything in W3 (a) ever finished (G0)."""
    return any(one.finished_at is not None for one in history.recent)


def shown(key: str, readings: Iterable[Reading], settings: Settings) -> str:
    """Spelling of an environment: that of its most recently created deployment (D1)."""
    parts = [
        (part.created_at, part.id, spelling(part, settings))
        for reading in readings
        for one in reading.tabled
        if one.key == key
        for part in one.parts
    ]
    return max(parts)[2]


def teams_of(repository: Repository, question: Question) -> list[str]:
    """Teams a repository belongs to (G2)."""
    if question.settings.teams:
        names = [
            name for name, globs in question.settings.teams if fits_any(globs, repository.name)
        ]
    else:
        names = [
            team.name
            for team in question.organization.teams
            if team.repositories.get(repository.name) in ("maintain", "admin")
        ]
    return sorted(set(names)) or ["(no team)"]


def keys_of(
    reading: Reading, history: History, readings: Sequence[Reading], question: Question
) -> list[dict[str, str]]:
    """Keys of the rows that a history is pooled into."""
    match question.by:
        case "repository":
            environment = shown(history.key, [reading], question.settings)
            key = {"repository": reading.repository.name, "environment": environment}
            return [{**key, "service": history.service} if history.service else key]
        case "environment":
            return [{"environment": shown(history.key, readings, question.settings)}]
        case "organization":
            return [{"organization": question.organization.login, "tier": history.tier}]
        case _:
            teams = teams_of(reading.repository, question)
            return [{"team": team, "tier": history.tier} for team in teams]


def sort_key(row: dict[str, Any]) -> tuple[Any, ...]:
    """Place of a row: name, tier, environment, service, by code point."""
    key = row["key"]
    name = key.get("repository") or key.get("team") or key.get("organization") or ""
    tier = TIERS.index(row["tier"])
    return name, tier, key.get("environment", ""), key.get("service", "")


def tiers_of(readings: Sequence[Reading], question: Question) -> Sequence[str]:
    """Tiers shown: those asked for, else production, else every one where it has no row (G1)."""
    if question.tiers:
        return question.tiers
    return ("production",) if "production" in tiers_with_rows(readings) else TIERS


def tiers_with_rows(readings: Sequence[Reading]) -> set[str]:
    """Tiers of which any environment has a row."""
    return {
        history.tier for reading in readings for history in reading.histories if has_row(history)
    }


def rows_of(
    readings: Sequence[Reading], tallies: dict[int, Tally], question: Question
) -> list[dict[str, Any]]:
    """Every row asked for."""
    chosen = tiers_of(readings, question)
    groups: dict[tuple[tuple[str, str], ...], tuple[str, list[Tally]]] = {}
    for reading in readings:
        for history in reading.histories:
            if not has_row(history) or not (history.tier in chosen or history.ephemeral):
                continue
            for key in keys_of(reading, history, readings, question):
                group = groups.setdefault(tuple(key.items()), (history.tier, []))
                group[1].append(tallies[id(history)])
    rows = [
        row_of(dict(key), tier, pool(several), question) for key, (tier, several) in groups.items()
    ]
    return sorted(rows, key=sort_key)


# Coverage (C1, C2) ----------------------------------------------------------------------------


def never_finished(readings: Iterable[Reading], question: Question) -> list[str]:
    """Outcomes of the tables' deployments created in the window that never finished or started."""
    span = question.span
    return [
        outcome(one, question.settings, span.until)
        for reading in readings
        for one in reading.tabled
        if one.finished_at is None and span.holds(one.created_at)
    ]


def is_seen(judged: Judged, question: Question) -> bool:
    """Whether the ledger holds a deployment (C2): W3 (a) read it and it is of the window."""
    span = question.span
    if judged.created_at < span.since - question.settings.lookback:
        return False
    return span.holds(judged.finished_at or judged.created_at)


def coverage(
    question: Question,
    readings: Sequence[Reading],
    tallies: Iterable[Tally],
    incidents: Incidents | None,
) -> dict[str, Any]:
    """Build the coverage of the JSON report, without `requests`."""
    whole = pool(tallies)
    unfinished = never_finished(readings, question)
    others = [
        one
        for reading in readings
        for one in reading.judged
        if not is_tabled(one, question) and is_seen(one, question)
    ]
    unchanged = sum(
        one.is_unchanged and is_seen(one, question)
        for reading in readings
        for one in reading.tabled
    )
    listed = question.organization.repositories
    reasons = [reason_to_skip(repository, question) or "" for repository in listed]
    return {
        "repositories": {
            "read": len(readings),
            "skipped": {
                reason: reasons.count(reason)
                for reason in ("archived", "empty", "no deployments", "excluded")
            },
            "unreadable": [
                {"repository": one.name, "reason": why_unreadable(one, question)}
                for one, reason in sorted(
                    zip(listed, reasons, strict=True), key=lambda pair: pair[0].name
                )
                if reason == "unreadable"
            ],
        },
        "deployments": {
            "in_progress": unfinished.count("in_progress"),
            "abandoned": unfinished.count("abandoned"),
            "not_started": unfinished.count("not_started"),
            "unchanged": unchanged,
            "ephemeral": sum(not one.left_out for one in others),
            "left_out": sum(one.left_out for one in others),
            "unknown_commit": whole.unknown,
            "baseline": whole.baselines,
            "lookback_limit": sum(
                history.limit_hit for reading in readings for history in reading.histories
            ),
        },
        "changes": {
            "clock_skew": sum(change.skewed for change in whole.changes),
            "excluded": whole.excluded,
        },
        "incidents": {
            "unattributed": in_window(
                None if incidents is None else incidents.unattributed, question
            ),
            "dismissed": in_window(None if incidents is None else incidents.dismissed, question),
            "not_understood": in_window(
                None if incidents is None else incidents.not_understood, question
            ),
        },
    }


def in_window(issues: Sequence[Issue] | None, question: Question) -> int | None:
    """How many of *issues* were opened in the window; None where none are looked at."""
    return None if issues is None else sum(question.span.holds(one.created_at) for one in issues)


# The report -----------------------------------------------------------------------------------


def instant(at: datetime) -> str:
    """ISO 8601 UTC with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def find_readings(question: Question) -> list[Reading]:
    """Read every repository that is not skipped."""
    return [
        read(repository, question)
        for repository in question.organization.repositories
        if reason_to_skip(repository, question) is None
    ]


def find_reasons(
    question: Question, readings: Sequence[Reading]
) -> tuple[dict[int, Reasons], Incidents | None]:
    """Every reason by the history's identity; what is said of incidents, where they are read."""
    organization, settings, span = question.organization, question.settings, question.span
    histories = [history for reading in readings for history in reading.histories]
    incidents = None
    if "incident" in settings.signals:
        listed = organization.repositories
        telling = [one for one in listed if tells_incidents(one, question)]
        excluded = {one.name for one in listed if reason_to_skip(one, question) == "excluded"}
        incidents = attribute(organization, telling, excluded, histories, span, settings)
    found: dict[int, Reasons] = {}
    for place, history in enumerate(histories):
        reasons = reasons_of(history, settings, organization.login)
        finished = {one.id for one in history.read if one.finished_at is not None}
        of_history = incidents.reasons.get(place, {}) if incidents else {}
        for failed, several in of_history.items():
            if failed in finished:  # what never finished enters no metric (D3)
                reasons.setdefault(failed, []).extend(several)
        found[id(history)] = reasons
    return found, incidents


def answer(
    question: Question,
    readings: Sequence[Reading],
    reasons: dict[int, Reasons],
    incidents: Incidents | None,
) -> dict[str, Any]:
    """Answer the question."""
    organization, span = question.organization, question.span
    tallies = {
        id(history): tally_of(history, reasons[id(history)], question)
        for reading in readings
        for history in reading.histories
    }
    covered = coverage(question, readings, tallies.values(), incidents)
    lacks_sources = (
        covered["repositories"]["skipped"]["no deployments"] > 0
        and not question.settings.sources
        and not question.environments
    )
    return {
        "schema": "dora.report/1",
        "organization": organization.login,
        "window": {
            "since": instant(span.since),
            "until": instant(span.until),
            "days": (span.until - span.since) / timedelta(days=1),
            "timezone": question.timezone,
        },
        "by": question.by,
        "benchmark": question.benchmark,
        "trend": None,
        "before": None,
        "rows": rows_of(readings, tallies, question),
        "coverage": covered,
        "lacks_production": not question.tiers
        and bool(tiers := tiers_with_rows(readings))
        and "production" not in tiers,
        **({"lacks_sources": True} if lacks_sources else {}),
    }


def expected_report(
    organization: Organization,
    *,
    since: datetime,
    until: datetime,
    timezone: str = "UTC",
    by: str = "repository",
    tiers: Sequence[str] | None = None,
    repositories: Sequence[str] = (),
    environments: Sequence[str] = (),
    ephemeral: bool = False,
    benchmark: str = "2023",
    settings: Settings = Settings(),  # noqa: B008 - frozen
) -> dict[str, Any]:
    """Give the JSON report, without `generated` and `coverage.requests`, from the truth alone."""
    question = Question(
        given=organization,
        span=Span(since, until),
        timezone=timezone,
        by=by,
        tiers=tiers,
        repositories=repositories,
        environments=environments,
        ephemeral=ephemeral,
        benchmark=benchmark,
        settings=settings,
    )
    readings = find_readings(question)
    return answer(question, readings, *find_reasons(question, readings))
