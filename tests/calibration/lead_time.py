"""How often the interval of a median lead time holds, and how often lead times seem to change."""

from dataclasses import dataclass

import numpy as np

from dora.metrics.intervals import clustered_median_intervals
from dora.metrics.samples import sample
from dora.metrics.significance import CLEAR, shift_of
from tests.calibration.draws import Draws, generator, samples_each
from tests.calibration.histories import Counts, Floats, Histories, ReleaseHistory

#: So many releases a window.
SIZES = (24, 48)
#: So many samples are held in memory at once.
AT_ONCE = 100
#: So many changes are drawn for one history and size at most, where releases are very large.
MOST_CHANGES = 2_000_000


@dataclass(frozen=True)
class LeadTimeFigures:
    """Of windows drawn from one history, by their number of releases: how often each errs."""

    name: str
    releases: int
    changes: int
    largest: float  #: share of all changes that one release brought
    covers: dict[int, float]  #: share of intervals that hold the history's median
    calls: dict[int, float]  #: share of pairs of windows that are called different


def measure_lead_times(histories: Histories, draws: Draws) -> tuple[LeadTimeFigures, ...]:
    """One row a history of releases, in their order."""
    count = len(histories.releases)
    samples = samples_each(draws.releases, count)
    pairs = samples_each(draws.release_pairs, count)
    return tuple(_measure(history, samples, pairs) for history in histories.releases)


def _measure(history: ReleaseHistory, samples: int, pairs: int) -> LeadTimeFigures:
    random = generator("lead time", history.name)
    return LeadTimeFigures(
        name=history.name,
        releases=len(history.sizes),
        changes=len(history.lead_seconds),
        largest=float(history.sizes.max() / history.sizes.sum()),
        covers={size: _covers(random, history, size, samples) for size in SIZES},
        calls={size: _calls(random, history, size, pairs) for size in SIZES},
    )


def _covers(random: np.random.Generator, history: ReleaseHistory, size: int, samples: int) -> float:
    """Share of samples of so many releases whose interval holds the median of all changes."""
    truth = float(np.median(history.lead_seconds))
    held = 0
    draws = max(min(samples, int(MOST_CHANGES / (size * history.sizes.mean()))), 1)
    for at in range(0, draws, AT_ONCE):
        drawn = random.integers(0, len(history.sizes), (min(AT_ONCE, draws - at), size))
        low, high = _intervals(history, drawn)
        held += int(((low <= truth) & (truth <= high)).sum())
    return held / draws


def _intervals(history: ReleaseHistory, drawn: Counts) -> tuple[Floats, Floats]:
    """Both ends for each row of drawn releases; a release drawn twice is two deployments."""
    flat = drawn.ravel()
    sizes = history.sizes[flat]
    clusters = np.repeat(np.arange(len(flat)), sizes)
    within = np.arange(len(clusters)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    values = history.lead_seconds[np.repeat(history.starts[flat], sizes) + within]
    positions = clusters // drawn.shape[1]
    samples = sample(values, positions, len(drawn))
    return clustered_median_intervals(samples, values, positions, clusters)


def _calls(random: np.random.Generator, history: ReleaseHistory, size: int, draws: int) -> float:
    """Share of pairs of so many releases that are called different: one median a deployment."""
    drawn = history.medians[random.integers(0, len(history.sizes), (draws, 2, size))].tolist()
    shifts = [shift_of(before, now) for before, now in drawn]
    return sum(one is not None and one.p_value <= CLEAR for one in shifts) / draws
