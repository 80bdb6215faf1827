"""Each row beside the window before (K1), and what is said of the difference (K2 to K5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.oracle import effects, estimates, tests_of_change
from tests.oracle.effects import Episodes
from tests.oracle.exposure import Exposure
from tests.oracle.intervals import Ends
from tests.oracle.shipping import Span
from tests.oracle.tally import Tally
from tests.oracle.tests_of_change import Tested, sign_of

CLEAR = 0.05
#: names of the headline, and whether more of it is better
HEADLINES = {
    "deployment_frequency": ("per_day", True),
    "change_lead_time": ("median", False),
    "change_fail_rate": ("rate", False),
    "recovery_time": ("median", False),
    "rework_rate": ("rate", False),
}
SHARES = ("change_fail_rate", "rework_rate")


@dataclass(frozen=True)
class Side:
    """A row of one of both windows, with its metrics."""

    tally: Tally
    span: Span
    exposure: Exposure
    metrics: dict[str, Any]

    def weeks(self) -> list[int]:
        """Deployments of its whole weeks (K2)."""
        return self.exposure.weekly(filter(self.span.holds, self.tally.successes))

    def share(self, metric: str) -> tuple[int, int]:
        """Hits and deployments (K3)."""
        name = "failed" if metric == "change_fail_rate" else "rework"
        return self.metrics[metric][name], self.metrics[metric]["deployments"]

    def lead_times(self) -> Episodes:
        """Of each deployment the median of what it shipped (K4)."""
        shipped: dict[Any, list[float]] = {}
        for one in self.tally.changes:
            shipped.setdefault(one.shipper, []).append(one.lead_time)
        medians = [estimates.median(several) or 0.0 for several in shipped.values()]
        return medians, [True] * len(medians)

    def recoveries(self) -> Episodes:
        """Of each episode how long it lasted, or has lasted so far (K4)."""
        begun = [one for one in self.tally.episodes if self.span.holds(one.began_at)]
        lasted = [one.ended_at or self.span.until for one in begun]
        times = [
            (end - one.began_at).total_seconds() for one, end in zip(begun, lasted, strict=True)
        ]
        return times, [one.ended_at is not None for one in begun]


@dataclass(frozen=True)
class Compared:
    """One metric of one row in both windows."""

    metric: str
    before: Side
    now: Side

    def test(self) -> Tested | None:
        """Whether it changed (K2 to K4)."""
        before, now = self.before, self.now
        if self.metric == "deployment_frequency":
            return tests_of_change.rates(before.weeks(), now.weeks())
        if self.metric in SHARES:
            return tests_of_change.shares(*before.share(self.metric), *now.share(self.metric))
        return tests_of_change.times(*self.observed())

    def observed(self) -> tuple[Episodes, Episodes]:
        """The observations of a time."""
        if self.metric == "change_lead_time":
            return self.before.lead_times(), self.now.lead_times()
        return self.before.recoveries(), self.now.recoveries()

    def interval(self) -> Ends | None:
        """Of the effect (K2)."""
        before, now = self.before, self.now
        if self.metric == "deployment_frequency":
            return effects.rate_ratio_interval(before.weeks(), now.weeks())
        if self.metric in SHARES:
            return effects.difference_interval(before.share(self.metric), now.share(self.metric))
        return effects.time_ratio_interval(*self.observed())

    def headlines(self) -> tuple[float | None, float | None]:
        """The number shown of both windows."""
        name = HEADLINES[self.metric][0]
        return self.before.metrics[self.metric][name], self.now.metrics[self.metric][name]

    def moved(self) -> int | None:
        """Which way the number that is shown moved; None where one of both is unknown."""
        before, now = self.headlines()
        return None if before is None or now is None else sign_of(now - before)

    def is_clear(self, tested: Tested, adjusted: float | None) -> bool:
        """Whether there is a word (K2, K5)."""
        if adjusted is None or adjusted > CLEAR or tested.sign == 0:
            return False
        if self.moved() not in (None, tested.sign):
            return False
        interval, nothing = self.interval(), 0.0 if self.metric in SHARES else 1.0
        if interval is None:
            return True
        low, high = interval
        is_above = low is not None and low > nothing
        return is_above or (high is not None and high < nothing)

    def verdict(self, tested: Tested | None, adjusted: float | None) -> str | None:
        """The word; None where there is nothing to compare."""
        if tested is None:
            return None
        if not self.is_clear(tested, adjusted):
            return "no clear change"
        return "better" if (tested.sign > 0) is HEADLINES[self.metric][1] else "worse"

    def document(self, tested: Tested | None, adjusted: float | None) -> dict[str, Any]:
        """As the JSON report has it, without `moved_by`."""
        before, now = self.headlines()
        interval = self.interval()
        ends = None if interval is None else [*interval]
        known = (before, now) if before is not None and now is not None else None
        is_share = self.metric in SHARES
        return {
            "verdict": self.verdict(tested, adjusted),
            "p_value": None if tested is None else tested.p_value,
            "adjusted_p_value": adjusted,
            "ratio": known[1] / known[0] if known and known[0] and not is_share else None,
            "ratio_interval": None if is_share else ends,
            "difference": known[1] - known[0] if known and is_share else None,
            "difference_interval": ends if is_share else None,
        }


def comparisons(pairs: Sequence[tuple[Side, Side] | None]) -> list[dict[str, Any] | None]:
    """What is said of each row, given as before and now: all of a table's tests are one family."""
    changes = [
        [Compared(metric, *pair) for metric in HEADLINES] if pair is not None else []
        for pair in pairs
    ]
    tested = {id(one): one.test() for row in changes for one in row}
    family = {
        key: test.p_value
        for key, test in tested.items()
        if test is not None and test.floor <= CLEAR
    }
    adjusted = dict(zip(family, tests_of_change.adjust([*family.values()]), strict=True))
    return [
        {one.metric: one.document(tested[id(one)], adjusted.get(id(one))) for one in row} or None
        for row in changes
    ]
