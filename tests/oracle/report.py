"""The report an organization's truth must give: slow, and as near to the rules as code can be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dora.demo.organization.model import Issue, Organization, Repository
from tests.oracle.commits import Graph
from tests.oracle.compared import Side, comparisons
from tests.oracle.exposure import Exposure, exposure_of
from tests.oracle.failures import Reasons, reasons_of
from tests.oracle.incidents import Incidents, attribute, is_central
from tests.oracle.naming import fits_any
from tests.oracle.outcomes import Judged, judge_all, outcome, spelling
from tests.oracle.question import Question, Reading
from tests.oracle.row_metrics import Measured, delivery, metrics_of, waiting
from tests.oracle.settings import TIERS, Settings
from tests.oracle.shipping import History, Span, histories_of
from tests.oracle.tally import Tally, pool, tally_of
from tests.oracle.trend import instant, trend_of

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


# Rows (G0 to G3) ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """A row before it is a document."""

    key: dict[str, str]
    tier: str
    tally: Tally
    exposure: Exposure


def document_of(row: Row, question: Question) -> dict[str, Any]:
    """One row of the JSON report."""
    span, exposure = question.span, row.exposure
    measured = Measured(row.tally, span, exposure, question)
    return {
        "key": row.key,
        "tier": row.tier,
        "source": "+".join(sorted(row.tally.sources)),
        "since": instant(exposure.begin) if exposure.begin > span.since else None,
        **metrics_of(measured),
        "delivery": delivery(row.tally),
        "waiting": waiting(row.tally),
        "previous": None,
        "comparison": None,
        "trend": trend_of(measured, question.trend) if question.trend else [],
    }


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


def pools(reading: Reading, key: str) -> bool:
    """Whether a repository has a row of the environment, so that its spelling counts (D1)."""
    return any(one.key == key and has_row(one) for one in reading.histories)


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
            pooled = [one for one in readings if pools(one, history.key)]
            return [{"environment": shown(history.key, pooled, question.settings)}]
        case "organization":
            return [{"organization": question.organization.login, "tier": history.tier}]
        case _:
            teams = teams_of(reading.repository, question)
            return [{"team": team, "tier": history.tier} for team in teams]


def sort_key(row: Row) -> tuple[Any, ...]:
    """Place of a row: name, tier, environment, service, by code point."""
    key = row.key
    name = key.get("repository") or key.get("team") or key.get("organization") or ""
    tier = TIERS.index(row.tier)
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
) -> list[Row]:
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
    rows = []
    for pairs, (tier, several) in groups.items():
        whole = pool(several)
        exposure = exposure_of(min(whole.created), question.span)
        rows.append(Row(dict(pairs), tier, whole, exposure))
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


def began_in_window(readings: Iterable[Reading], tallies: dict[int, Tally], span: Span) -> int:
    """How many rows by repository, of whatever tier, were not there when the window began (C1)."""
    firsts = [
        min(tallies[id(history)].created)
        for reading in readings
        for history in reading.histories
        if has_row(history)
    ]
    return sum(exposure_of(first, span).begin > span.since for first in firsts)


def coverage(
    question: Question,
    readings: Sequence[Reading],
    tallies: dict[int, Tally],
    incidents: Incidents | None,
) -> dict[str, Any]:
    """Build the coverage of the JSON report, without `requests`."""
    whole = pool(tallies.values())
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
            "began_in_window": began_in_window(readings, tallies, question.span),
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


def tallies_of(
    question: Question, readings: Iterable[Reading], reasons: dict[int, Reasons]
) -> dict[int, Tally]:
    """What each environment has, by its history's identity."""
    return {
        id(history): tally_of(history, reasons[id(history)], question)
        for reading in readings
        for history in reading.histories
    }


def answer(
    question: Question,
    readings: Sequence[Reading],
    reasons: dict[int, Reasons],
    incidents: Incidents | None,
) -> dict[str, Any]:
    """Answer the question."""
    organization, span = question.organization, question.span
    tallies = tallies_of(question, readings, reasons)
    covered = coverage(question, readings, tallies, incidents)
    rows = rows_of(readings, tallies, question)
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
        "trend": question.trend,
        "before": None,
        "rows": [document_of(row, question) for row in rows],
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
    benchmark: str = "2025",
    trend: str | None = None,
    compare: bool = False,
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
        trend=trend,
        settings=settings,
    )
    found = answer_of(question)
    return with_comparison(question, found) if compare else found


def answer_of(question: Question) -> dict[str, Any]:
    """Answer a question without comparing."""
    readings = find_readings(question)
    return answer(question, readings, *find_reasons(question, readings))


def sides_of(question: Question) -> dict[tuple[tuple[str, str], ...], Side]:
    """What a comparison needs of each row, by its key, case ignored (K1)."""
    readings = find_readings(question)
    reasons, _ = find_reasons(question, readings)
    tallies = tallies_of(question, readings, reasons)
    span = question.span
    return {
        plain(row.key): Side(
            row.tally,
            span,
            row.exposure,
            metrics_of(Measured(row.tally, span, row.exposure, question)),
        )
        for row in rows_of(readings, tallies, question)
    }


def plain(key: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """A row's key, case ignored."""
    return tuple(sorted((name, text.casefold()) for name, text in key.items()))


def with_comparison(question: Question, found: dict[str, Any]) -> dict[str, Any]:
    """The report with the window before beside each row (K1); keys of rows gone are casefolded."""
    span = question.span
    tiers = tiers_of(find_readings(question), question)
    before = replace(question, span=Span(span.since - (span.until - span.since), span.since))
    was, now = sides_of(replace(before, tiers=tiers)), sides_of(question)
    pairs = [(was[key], now[key]) if key in was else None for key in now]
    rows = [
        {
            **row,
            "previous": None if pair is None else pair[0].metrics,
            "comparison": comparison,
        }
        for row, pair, comparison in zip(found["rows"], pairs, comparisons(pairs), strict=True)
    ]
    gone = [dict(key) for key in was if key not in now]
    ends = {"since": instant(before.span.since), "until": instant(before.span.until)}
    return {**found, "before": {**ends, "gone": gone}, "rows": rows}
