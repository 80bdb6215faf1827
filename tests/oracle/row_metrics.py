"""The five metrics of a row, or of a part of its trend, and what stands beside them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle import estimates, intervals, levels
from tests.oracle.exposure import Exposure
from tests.oracle.question import Question
from tests.oracle.shipping import Span
from tests.oracle.tally import Tally, was_open

PLACES = "2025"
QUICK_CHECK = "quick-check"


@dataclass(frozen=True)
class Measured:
    """What is measured, and when: the window, or a part of it."""

    tally: Tally
    span: Span
    exposure: Exposure
    question: Question
    is_part: bool = False

    def judgement(
        self, metric: str, number: float | None, ends: levels.Ends | list[float] | None
    ) -> dict[str, Any]:
        """What a number is compared with (B3 to B5); parts are compared with nothing."""
        if self.is_part:
            return {}
        both = None if ends is None else (ends[0], ends[1])
        asked, is_pooled = self.question.benchmark, self.question.pooled
        found: dict[str, Any] = {
            "place": levels.place_of(metric, both) if asked == PLACES else None
        }
        if metric != "rework_rate":
            pair = (None, None) if is_pooled else levels.levels_of(metric, asked, both)
            found["level"], found["level_range"] = pair
        if asked == QUICK_CHECK:
            found["score"] = None if is_pooled else levels.score_of(metric, number, both)
        return found


def deployment_frequency(row: Measured) -> dict[str, Any]:
    """DF1 to DF3."""
    at = [one for one in row.tally.successes if row.span.holds(one)]
    days, count = row.exposure.days, len(at)
    zone = ZoneInfo(row.question.timezone)
    weekly = intervals.weekly_rate_interval(row.exposure.weekly(at), days / 7, count)
    ends = None if weekly is None else [weekly[0] / 7, weekly[1] / 7]
    return {
        "deployments": count,
        "per_day": float(count / days),
        "per_week": float(7 * count / days),
        "active_days": len({one.astimezone(zone).date() for one in at}),
        "exposure_days": float(days),
        "per_day_interval": ends,
        **row.judgement("deployment_frequency", float(count / days), ends),
    }


def change_lead_time(row: Measured) -> dict[str, Any]:
    """LT6 and LT7."""
    changes = [one for one in row.tally.changes if row.span.holds(one.shipped_at)]
    times = [change.lead_time for change in changes]
    stages = [change.stages for change in changes if change.stages is not None]
    middle = estimates.median(times)
    ends = intervals.clustered_median_interval(times, [change.shipper for change in changes])
    return {
        "changes": len(times),
        "median": middle,
        "mean": estimates.mean(times),
        "p75": estimates.quantile(times, Fraction(3, 4)),
        "p90": estimates.quantile(times, Fraction(9, 10)),
        "median_interval": ends,
        **row.judgement("change_lead_time", middle, ends),
        "stages": {
            name: estimates.median([stage[place] for stage in stages])
            for place, name in enumerate(("coding", "review", "delivery"))
        },
    }


def change_fail_rate(row: Measured) -> dict[str, Any]:
    """F8 and F9."""
    finished = [one for one in row.tally.finished if row.span.holds(one.at)]
    failed = [one for one in finished if one.signals]
    signals = sorted({signal for one in failed for signal in one.signals})
    rate = len(failed) / len(finished) if finished else None
    ends = estimates.wilson(len(failed), len(finished))
    return {
        "failed": len(failed),
        "deployments": len(finished),
        "rate": rate,
        "interval": ends,
        **row.judgement("change_fail_rate", rate, ends),
        "reasons": {signal: sum(signal in one.signals for one in failed) for signal in signals},
        "never_live": sum(one.never_live for one in finished),
    }


def recovery_time(row: Measured) -> dict[str, Any]:
    """R3 and R4: what is open lasts up to the window's end, in a part of it, too (T2)."""
    begun = [one for one in row.tally.episodes if row.span.holds(one.began_at)]
    until = row.question.span.until
    recovered = [one.ended_at - one.began_at for one in begun if one.ended_at is not None]
    still = [until - one.began_at for one in begun if one.ended_at is None]
    middle = estimates.kaplan_meier_median(recovered, still)
    ends = intervals.survival_median_interval(
        [time.total_seconds() for time in [*recovered, *still]],
        [True] * len(recovered) + [False] * len(still),
    )
    return {
        "episodes": len(begun),
        "recovered": len(recovered),
        "open": len(still),
        "carried_in": sum(was_open(one, row.span.since) for one in row.tally.episodes),
        "median": middle,
        "median_interval": None if ends is None else [*ends],
        "mean": estimates.mean([time.total_seconds() for time in recovered]),
        "longest": max((time.total_seconds() for time in recovered), default=None),
        **row.judgement("recovery_time", middle, ends),
    }


def rework_rate(row: Measured) -> dict[str, Any]:
    """RW1; it has no level, but a score."""
    count = sum(map(row.span.holds, row.tally.successes))
    rework = sum(map(row.span.holds, row.tally.rework))
    rate, ends = rework / count if count else None, estimates.wilson(rework, count)
    return {
        "rework": rework,
        "deployments": count,
        "rate": rate,
        "interval": ends,
        **row.judgement("rework_rate", rate, ends),
    }


def metrics_of(row: Measured) -> dict[str, Any]:
    """All five, by name."""
    return {
        "deployment_frequency": deployment_frequency(row),
        "change_lead_time": change_lead_time(row),
        "change_fail_rate": change_fail_rate(row),
        "recovery_time": recovery_time(row),
        "rework_rate": rework_rate(row),
    }


def waiting(tally: Tally) -> dict[str, Any] | None:
    """LT8: what is known added, the oldest taken."""
    if not tally.waiting:
        return None
    ages = [age for _, age in tally.waiting if age is not None]
    changes = sum(count for count, _ in tally.waiting)
    return {"changes": changes, "oldest": max(ages, default=None)}


def delivery(tally: Tally) -> dict[str, Any] | None:
    """LT12: from merge to live, with those that wait; None where waiting is."""
    if not tally.waiting:
        return None
    live = [one.time for one in tally.delivered if one.is_live]
    still = [one.time for one in tally.delivered if not one.is_live]
    return {
        "changes": len(live) + len(still),
        "waiting": len(still),
        "median": estimates.kaplan_meier_median(live, still),
    }
