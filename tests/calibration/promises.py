"""What docs/metrics.md promises of intervals and words (K5), and whether it is kept."""

from dataclasses import dataclass
from statistics import median

from tests.calibration.bursts import CORRELATION
from tests.calibration.lead_time import LeadTimeFigures
from tests.calibration.measured import Measured

#: An interval of a median lead time that covers this share holds well enough in a history.
WELL = 0.85
#: Of tables of so many rows something is promised.
ROWS = 20


@dataclass(frozen=True)
class Promise:
    """A figure that was measured, with its limit."""

    metric: str
    what: str
    limit: float
    measured: float
    is_upper: bool  #: whether the limit is an upper one

    @property
    def is_kept(self) -> bool:
        """Whether the figure is within its limit."""
        return self.measured <= self.limit if self.is_upper else self.measured >= self.limit


def judge_promises(found: Measured) -> tuple[Promise, ...]:
    """Every promise, in the order of the document."""
    calls = [one.calls for one in found.frequencies]
    covers = [one.covers for one in found.frequencies]
    failing = [one for one in found.shares if one.correlation == CORRELATION]
    recoveries = [one for one in found.recoveries if one.correlation == CORRELATION]
    tables = [one for one in found.tables if one.correlation == CORRELATION]
    frequency, recovery = "deployment frequency", "recovery time"
    shares = "fail rate and rework rate"
    seen, holds = "changes seen where there are none", "interval holds the true value"
    return (
        _at_most(frequency, f"{seen}, median history", 0.06, median(calls)),
        _at_most(frequency, f"{seen}, worst history", 0.08, max(calls)),
        _at_least(frequency, f"{holds}, median history", 0.92, median(covers)),
        _at_least(frequency, f"{holds}, worst history", 0.80, min(covers)),
        *_of_lead_times(found.lead_times, 24, 3),
        *_of_lead_times(found.lead_times, 48, 10),
        _at_most("change lead time", f"{seen}, median history", 0.07,
                 median(share for one in found.lead_times for share in one.calls.values())),
        _at_most(shares, f"{seen}, worst case", 0.08, max(one.calls for one in failing)),
        _at_least(shares, f"{holds}, worst case", 0.85, min(one.covers for one in failing)),
        _at_most(recovery, f"{seen}, worst case", 0.10, max(one.calls for one in recoveries)),
        _at_least(recovery, f"{holds}, worst case", 0.88, min(one.covers for one in recoveries)),
        _at_most("whole tables", f"some word in {ROWS} rows where nothing changed", 0.06,
                 next(one.says_a_word for one in tables if one.rows == ROWS)),
    )  # fmt: skip


def _of_lead_times(
    found: tuple[LeadTimeFigures, ...], size: int, one_in: int
) -> tuple[Promise, Promise]:
    """In the median history, and in all but one in so many; one may always fall short.

    A release that alone holds a third of all changes cannot be foreseen by any interval.
    """
    covers = [one.covers[size] for one in found]
    within = f"windows of {size} deployments"
    may_miss = max(len(covers) // one_in, 1)
    holding = sum(one >= WELL for one in covers) / len(covers)
    return (
        _at_least("change lead time", f"interval holds the true value, median history, {within}",
                  0.92, median(covers)),
        _at_least("change lead time", f"histories where it holds in {100 * WELL:.0f} %, {within}",
                  1 - may_miss / len(covers), holding),
    )  # fmt: skip


def _at_most(metric: str, what: str, limit: float, measured: float) -> Promise:
    return Promise(metric, what, limit, measured, is_upper=True)


def _at_least(metric: str, what: str, limit: float, measured: float) -> Promise:
    return Promise(metric, what, limit, measured, is_upper=False)
