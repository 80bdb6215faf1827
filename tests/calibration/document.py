"""Writes docs/calibration.md: what is promised, what was measured, and how it was drawn."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from string import Template

from dora.render.markdown import code, table_line
from tests.calibration import bursts, failures, lead_time, tables
from tests.calibration.draws import Draws
from tests.calibration.histories import (
    FEWEST_ACTIVE_WEEKS,
    FEWEST_RELEASES,
    Histories,
)
from tests.calibration.measured import Measured
from tests.calibration.promises import ROWS, WELL, Promise, judge_promises

PAGE = Path(__file__).with_name("page.md")


def write_document(histories: Histories, measured: Measured, draws: Draws) -> str:
    """The whole page, in Markdown; the same figures give the same bytes."""
    promises = judge_promises(measured)
    kept = sum(one.is_kept for one in promises)
    return Template(PAGE.read_text("utf-8")).substitute(
        merges=len(histories.merges),
        releases=len(histories.releases),
        so="All promises are kept." if kept == len(promises) else "Not all promises are kept.",
        promises=_table(
            ["metric", "what", "promised", "measured", "kept"], map(_promise, promises), texts=2
        ),
        frequencies=_frequencies(measured),
        lead_times=_lead_times(measured),
        shares=_shares(measured),
        recoveries=_recoveries(measured),
        tables=_tables(measured),
        power=_power(measured),
        left_out=_left_out(histories),
        well=_whole(WELL),
        says=_percent(_says(measured, bursts.CORRELATION)),
        strong=_percent(_says(measured, bursts.HIGH_CORRELATIONS[0])),
        strongest=_percent(_says(measured, bursts.HIGH_CORRELATIONS[-1])),
        rows=ROWS,
        usual_after=_after(bursts.CORRELATION),
        strong_after=_after(bursts.HIGH_CORRELATIONS[0]),
        strongest_after=_after(bursts.HIGH_CORRELATIONS[-1]),
        failing=_whole(failures.FAILING),
        rework=_whole(failures.REWORK),
        recovery=f"{bursts.RECOVERY / bursts.HOUR:.0f}",
        spread=f"{bursts.SPREAD:g}",
        active=FEWEST_ACTIVE_WEEKS,
        fewest=FEWEST_RELEASES,
        windows=f"{draws.windows:,}",
        samples=f"{draws.releases:,}",
        drawn_rows=f"{draws.rows:,}",
        changed=f"{draws.changed:,}",
    )


def describe(promise: Promise) -> str:
    """One promise in one line of text."""
    is_kept = "kept" if promise.is_kept else "BROKEN"
    limit = f"{_bound(promise)} {_percent(promise.limit)}"
    return f"{is_kept}: {promise.metric}: {promise.what}: {_percent(promise.measured)} ({limit})"


def _bound(promise: Promise) -> str:
    return "at most" if promise.is_upper else "at least"


def _promise(one: Promise) -> list[str]:
    limit = f"{_bound(one)} {_percent(one.limit)}"
    return [one.metric, one.what, limit, _percent(one.measured), "yes" if one.is_kept else "**no**"]


def _table(head: Sequence[str], lines: Iterator[Sequence[str]], texts: int = 1) -> str:
    """A Markdown table, its first columns to the left and the others to the right."""
    rule = [*["---"] * texts, *["--:"] * (len(head) - texts)]
    return "\n".join(table_line([*line]) for line in (head, rule, *lines))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _whole(share: float) -> str:
    return f"{100 * share:.0f} %"


def _after(correlation: float) -> str:
    """How often the deployment after a failed one fails."""
    return _whole(failures.FAILING + correlation * (1 - failures.FAILING))


def _says(measured: Measured, correlation: float) -> float:
    found = [one for one in measured.tables if one.correlation == correlation]
    return next(one.says_a_word for one in found if one.rows == ROWS)


def _frequencies(measured: Measured) -> str:
    found = measured.frequencies
    calls, covers = [one.calls for one in found], [one.covers for one in found]
    lines = [
        [code(one.name), str(one.quarters), f"{one.a_week:.1f}", _percent(one.calls),
         _percent(one.covers)]
        for one in found
    ]  # fmt: skip
    lines += [
        ["median", "", "", _percent(median(calls)), _percent(median(covers))],
        ["worst", "", "", _percent(max(calls)), _percent(min(covers))],
    ]
    return _table(
        ["history", "quarters", "merges a week", "change seen", "interval holds"], iter(lines)
    )


def _lead_times(measured: Measured) -> str:
    found = measured.lead_times
    lines = [
        [code(one.name), f"{one.releases:,}", f"{one.changes:,}", _whole(one.largest),
         *(_percent(one.covers[size]) for size in lead_time.SIZES),
         *(_percent(one.calls[size]) for size in lead_time.SIZES)]
        for one in found
    ]  # fmt: skip
    for name, cover, call in (("median", median, median), ("worst", min, max)):
        lines.append([
            name, "", "", "",
            *(_percent(cover(one.covers[size] for one in found)) for size in lead_time.SIZES),
            *(_percent(call(one.calls[size] for one in found)) for size in lead_time.SIZES),
        ])  # fmt: skip
    head = [
        "history", "releases", "changes", "in the largest",
        *(f"interval holds, {size}" for size in lead_time.SIZES),
        *(f"change seen, {size}" for size in lead_time.SIZES),
    ]  # fmt: skip
    return _table(head, iter(lines))


def _shares(measured: Measured) -> str:
    by_size: dict[tuple[str, int], list[failures.ShareFigures]] = {}
    for one in measured.shares:
        by_size.setdefault((one.metric, one.deployments), []).append(one)
    lines = (
        [metric, f"{size}", *(f"{_percent(one.calls)}, {_percent(one.covers)}" for one in own)]
        for (metric, size), own in by_size.items()
    )
    return _table(["metric", "deployments", *_correlations()], lines)


def _correlations() -> list[str]:
    return [f"correlation {one:g}" if one else "independent" for one in failures.CORRELATIONS]


def _recoveries(measured: Measured) -> str:
    found = measured.recoveries
    lines = (
        [
            str(episodes),
            *(f"{_percent(one.calls)}, {_percent(one.covers)}" for one in own),
            _whole(own[0].unbounded),
        ]
        for episodes in failures.EPISODES
        for own in [[one for one in found if one.episodes == episodes]]
    )
    return _table(["episodes", *_correlations(), "without an upper end"], lines)


def _tables(measured: Measured) -> str:
    correlations = (bursts.CORRELATION, *bursts.HIGH_CORRELATIONS)
    lines = (
        [
            str(size),
            *(
                f"{_percent(one.says_a_word)} of {one.tables:,}"
                for correlation in correlations
                for one in measured.tables
                if one.rows == size and one.correlation == correlation
            ),
        ]
        for size in tables.SIZES
    )
    return _table(["rows", *(f"correlation {one:g}" for one in correlations)], lines)


def _power(measured: Measured) -> str:
    lines = ([one.what, *map(_whole, one.seen.values())] for one in measured.power)
    head = [f"of {size} row{'s' * (size > 1)}" for size in tables.POWER_SIZES]
    return _table(["change", *head], lines)


def _left_out(histories: Histories) -> str:
    if not histories.left_out:
        return "No history was left out."
    named = "\n".join(f"- {code(name)}: {reason}" for name, reason in histories.left_out)
    return f"Left out, for there is too little to resample:\n\n{named}"
