"""Describes the whole report at the top of the page: its window, its scope and its coverage."""

from collections.abc import Sequence
from typing import Any

from dora.model.environments import TIERS
from dora.render import formatting, notes
from dora.render.html.sections import visible
from dora.report.model import Report
from dora.report.page.model import Page
from dora.report.report_json import instant as written

MOST_NAMED = 30  #: names of rows that are new or gone


def head_of(page: Page) -> dict[str, Any]:
    """Give the template's variables that describe the whole report."""
    report, repositories = page.report, page.repositories
    window = report.window

    def instant(moment: Any) -> str:
        return formatting.instant(moment, window.timezone)

    before = report.before
    why_empty, advice = notes.why_empty(report, formatting.plain)
    new = [row.key for row in report.rows if row.previous is None] if before else []
    return {
        "organization": visible(report.organization),
        "filters": _filters(repositories),
        "lacks_production": report.lacks_production,
        "limits": _limits(page),
        "has_rows": bool(repositories.rows),
        "why_empty": why_empty,
        "advice": advice.split("`"),
        "no_tier": _no_tier(page),
        "failures_began": sum(row.metrics.recovery_time.episodes for row in repositories.rows),
        "window_options": f"--since {written(window.since)} --until {written(window.until)}",
        "since": instant(window.since),
        "until": instant(window.until),
        "timezone": formatting.plain(window.timezone),
        "days": formatting.days(window.days),
        "before": {"since": instant(before.since), "until": instant(before.until)}
        if before
        else None,
        "new": _named(new),
        "gone": _named(before.gone if before else ()),
        "provenance": notes.provenance(report, formatting.plain),
        "effort": notes.effort(report.coverage),
        "remarks": notes.remarks(report, formatting.plain),
        "version": report.generated.version,
        "generated": instant(report.generated.at),
        "configuration": report.generated.configuration,
    }


def _named(keys: Sequence[dict[str, str]]) -> str:
    """Name rows, as many as fit in a sentence."""
    names = [" · ".join(map(visible, key.values())) for key in keys[:MOST_NAMED]]
    more = len(keys) - len(names)
    return ", ".join([*names, *([f"{formatting.count(more)} more"] if more else [])])


def uncompared(values: dict[str, Any]) -> str:
    """Name the tables that do not show the window before, unlike the report's own."""
    named = [name for name in ("teams", "environments") if values[name]]
    noun = "tables" if len(named) > 1 else "table"
    verb = "are" if len(named) > 1 else "is"
    return f"The {noun} of {' and '.join(named)} {verb}" if named else ""


def _filters(report: Report) -> list[str]:
    """Give what narrows *report*; empty for a report of everything."""
    tiers = _tiers(report)
    return [
        *_filters_by_name(report),
        *([f"{'tiers' if len(tiers) > 1 else 'tier'} {', '.join(tiers)}"] if tiers else []),
    ]


def _tiers(report: Report) -> tuple[str, ...]:
    """Give the tiers that have rows, none if all have."""
    scope = report.scope
    if scope is None or set(scope.tiers) == set(TIERS):
        return ()
    return tuple(map(visible, scope.tiers))


def _filters_by_name(report: Report) -> list[str]:
    """Give the globs that narrow *report*."""
    scope = report.scope
    if scope is None:
        return []
    every = (("repositories", scope.repositories), ("environments", scope.environments))
    return [
        f"{what} {', '.join(map(visible, names))}"
        for what, names in every
        if names not in {(), ("*",)}
    ]


def _limits(page: Page) -> str:
    """Name the only rows that "nothing is down" refers to; "" if they are all rows there are."""
    coverage = page.report.coverage
    gaps = {gap.what for gap in coverage.gaps} - {"teams"}
    restrictions = [
        *(["was asked for"] if _filters_by_name(page.repositories) else []),
        *(
            ["could be read"]
            if coverage.repositories.unreadable or coverage.repositories.incomplete or gaps
            else []
        ),
    ]
    tiers = _tiers(page.repositories)
    return (f" in {' and '.join(tiers)}" if tiers else "") + (
        f" of what {' and '.join(restrictions)}" if restrictions else ""
    )


def _no_tier(page: Page) -> str:
    """Explain why the organization has no rows."""
    if not page.repositories.rows:
        return notes.why_empty(page.report, formatting.plain)[0]
    scope = page.organization.scope
    tiers = " or ".join(scope.tiers) if scope else "production"
    return f"No environment of the tier {tiers} has deployments here."
