"""Explains in sentences which data a report was made from and what it did not see (C1).

Each sentence is for a reader who is new to the tool. *quote* makes a name or a reason from GitHub
safe in the format of the output.
"""

from collections.abc import Collection, Iterator

from dora.model.environments import TIERS
from dora.render import cells, formatting
from dora.report.coverage_model import Coverage, IncidentCoverage, NoRows
from dora.report.model import PLACES, QUICK_CHECK, Report
from dora.report.no_rows import Quote, coded, what_gives_rows, why_no_rows

MOST_NAMES = 5  #: repositories that a sentence lists

#: DORA's Quick Check, edition 2025, all industries; its shares are inverted like the scores (B4).
QUICK_CHECK_MEANS = {
    "frequency": 4.8,
    "lead time": 5.5,
    "fail rate": 8.1,
    "recovery": 7.4,
    "rework": 7.8,
}

SKIPPED = {"no deployments": "without deployments", "excluded": "filtered out"}  #: in plain words


def provenance(report: Report, quote: Quote) -> str:
    """Give the organization, the window and the benchmark of the report."""
    window = report.window
    since, until = (
        formatting.instant(moment, window.timezone) for moment in (window.since, window.until)
    )
    return (
        f"{quote(report.organization)}, {since} to {until} {window.timezone}"
        f" ({formatting.days(window.days)}), {formatting.benchmark(report.benchmark, report.by)}."
        f"{tiers_shown(report, quote)}"
    )


def tiers_shown(report: Report, quote: Quote) -> str:
    """Say which tiers have rows, unless all have because all were asked for (G1); may be ""."""
    if report.lacks_production:
        return " Nothing was deployed to the tier production: rows of every tier are shown."
    if report.scope is None or set(report.scope.tiers) == set(TIERS):
        return ""
    tiers = " and ".join(map(quote, report.scope.tiers))
    return f" Rows of {tiers} only: --tier all shows every tier."


def effort(coverage: Coverage) -> str:
    """Give the number of repositories that were read, and what reading them cost."""
    read = f"Read {formatting.counted(coverage.repositories.read, 'repository', 'repositories')}"
    requests = coverage.requests
    if not requests.count:
        return f"{read}."
    points = f" ({formatting.counted(requests.points, 'point')})" if requests.points else ""
    cost = f"{formatting.counted(requests.count, 'request')}{points}"
    return f"{read} with {cost} in {formatting.elapsed(requests.seconds)}."


def legend(report: Report, room: Collection[str]) -> Iterator[str]:
    """Explain the marks of a table of *report* that shows the extras in *room*, one by one."""
    shown = [fact for row in report.rows for fact in cells.facts_of_row(row, report.window)]
    if any(fact.value == formatting.MISSING for fact in shown):
        yield f"{formatting.MISSING}: no data."
    if {"intervals", "interval lines"} & {*room} and any(fact.interval for fact in shown):
        yield "In brackets: the 95 % interval."
    yield from of_places(report)
    if any(fact.levels for fact in shown):
        yield _of_levels(report, in_words="levels" in room)
    if report.benchmark == QUICK_CHECK and report.by == "repository":
        means = ", ".join(f"{name} {mean}" for name, mean in QUICK_CHECK_MEANS.items())
        yield f"Scores are 0 to 10; the industry's means: {means}."
    yield from _of_times(shown, room)
    if "p90" in room and any("p90" in fact.more for fact in shown):
        yield "p90: nine in ten are faster."
    if "never live" in room and any("never live" in fact.more for fact in shown):
        yield "Never live: failed before it reached the environment."
    if any("delivery" in fact.more for fact in shown):
        yield "From merge: median time to production, with the changes that still wait."
    if any("since" in fact.more for fact in shown):
        yield "Since: the row began in the window, and its frequency is of the time from then on."
    if any(row.waiting and row.waiting.changes for row in report.rows):
        yield "Waiting: changes not yet in production, and the age of the oldest."


def of_places(report: Report) -> Iterator[str]:
    """Explain what a place is (B5), in one sentence; nothing where no row has one."""
    facts = (fact for row in report.rows for fact in cells.facts_of(row.metrics))
    if any(fact.place for fact in facts):
        yield (
            f"“Top 24–56 %”: of the respondents of DORA's {PLACES} survey 24 % do better and 44 % "
            "worse; the wider, the less sure."
        )


def _of_levels(report: Report, *, in_words: bool) -> str:
    """Explain the levels of the year that was asked for, in words or as letters (B2, B3)."""
    year = formatting.plain(report.benchmark)
    if in_words:
        return f"Performers: DORA's levels of {year}, of both ends of the 95 % interval."
    letters = "E elite, H high, M medium, L low performers"
    return f"Level: DORA's of {year}, of both ends of the 95 % interval; {letters}."


def _of_times(shown: Collection[cells.Fact], room: Collection[str]) -> Iterator[str]:
    """Explain lead and recovery times (R2 to R4)."""
    yield "Lead and recovery times are medians; failed deployments in a row are one failure."
    if any(fact.still_open for fact in shown):
        beside = " and ".join(name for name in ("mean", "longest") if name in room)
        without = f", and not in {beside}" if beside else ""
        yield f"Open failures count in the median as lasting on{without}."
    if "carried in" in room and any("carried in" in fact.more for fact in shown):
        yield "From before: failed before this time, and had not recovered when it began."


def remarks(report: Report, quote: Quote) -> list[str]:
    """Give a sentence for each thing that the report left out or is unsure of."""
    coverage = report.coverage
    return [
        *_of_repositories(report, quote),
        *_of_deployments(coverage),
        *_of_changes(coverage),
        *_of_incidents(coverage.incidents, quote),
    ]


def _skipped(coverage: Coverage) -> str:
    """List the skipped repositories by reason: `2 archived, 4 without deployments`."""
    counts = {reason: n for reason, n in coverage.repositories.skipped.items() if n}
    return ", ".join(f"{formatting.count(n)} {SKIPPED.get(why, why)}" for why, n in counts.items())


def _of_repositories(report: Report, quote: Quote) -> list[str]:
    coverage = report.coverage
    skipped = sum(coverage.repositories.skipped.values())
    noun = formatting.counted(skipped, "repository", "repositories")
    return [
        *([f"{noun} skipped: {_skipped(coverage)}{_advice(report, quote)}"] if skipped else []),
        *(
            f"{quote(it.repository)} could not be read: {quote(it.reason)}"
            for it in coverage.repositories.unreadable
        ),
        *(f"the {gap.what} could not be read: {quote(gap.reason)}" for gap in coverage.gaps),
        *(
            f"{quote(it.repository)} was read only in part: {quote(it.reason)}"
            for it in coverage.repositories.incomplete
        ),
    ]


def _advice(report: Report, quote: Quote) -> str:
    """Say who knows what could count as deployments where none was found (D8).

    A report without rows says more than that in their place.
    """
    if not report.lacks_sources or not report.rows:
        return ""
    return f"; {coded('dora doctor', quote)} says what could count as deployments there"


def _of_deployments(coverage: Coverage) -> list[str]:
    deployment = ("deployment", "deployments")
    sentences = {
        "in_progress": (*deployment, "still in progress, not counted yet"),
        "abandoned": (*deployment, "abandoned: neither succeeded nor failed, not counted"),
        "not_started": (
            *deployment,
            "that never started (refused, expired or ended before the apply), not counted",
        ),
        "unchanged": (*deployment, "that succeeded with nothing to change, not counted"),
        "ephemeral": (*deployment, "to short-lived environments, such as previews, left out"),
        "left_out": (*deployment, "left out by the configuration"),
        "began_in_window": (
            "row",
            "rows",
            "of any tier began in the window: a frequency is of the time since then",
        ),
        "unknown_commit": (*deployment, "of a commit that GitHub no longer has: no lead times"),
        "baseline": (
            "first deployment of an environment:",
            "first deployments of environments:",
            "no lead times, for what came before is not known",
        ),
        "lookback_limit": (
            "environment",
            "environments",
            "with more history than is read: old changes may count as new",
        ),
    }
    return [
        f"{formatting.counted(number, one, many)} {rest}"
        for name, (one, many, rest) in sentences.items()
        if (number := coverage.deployments.get(name, 0))
    ]


def _of_changes(coverage: Coverage) -> list[str]:
    sentences = (
        (
            coverage.changes.get("clock_skew"),
            "change",
            "with a wrong clock: lead time below zero, taken as zero",
        ),
        (coverage.changes.get("excluded"), "change", "by excluded authors, not counted"),
    )
    return [
        f"{formatting.counted(number, one)} {rest}" for number, one, rest in sentences if number
    ]


def _of_incidents(coverage: IncidentCoverage, quote: Quote) -> list[str]:
    notes = []
    if coverage.unattributed:
        which = formatting.counted(coverage.unattributed, "incident")
        named = coverage.not_understood or 0
        why = f" ({formatting.count(named)} by a name that was not found)" if named else ""
        notes.append(f"{which} not traced to any deployment{why}")
    if coverage.dismissed:
        which = formatting.counted(coverage.dismissed, "incident")
        notes.append(f"{which} closed as not planned or as a duplicate, not counted")
    if coverage.not_found:
        names = ", ".join(quote(name) for name in coverage.not_found[:MOST_NAMES])
        more = len(coverage.not_found) - MOST_NAMES
        rest = f" and {formatting.count(more)} more" if more > 0 else ""
        notes.append(f"no repository is called {names}{rest}: named by an incident or the settings")
    return notes


def why_empty(report: Report, quote: Quote) -> tuple[str, str]:
    """Say why *report* has no rows, and what would give it some, in a sentence each."""
    given = report, quote, report.no_rows or NoRows()
    return f"No rows: {why_no_rows(*given)}.", what_gives_rows(*given)
