"""How often shares and recoveries seem to change, and how often their intervals hold."""

from dataclasses import dataclass

import numpy as np

from dora.metrics.intervals import survival_median_intervals, wilson_interval
from dora.metrics.significance import CLEAR, share_p_values, shift_of_episodes
from dora.metrics.survival import survival_curves
from tests.calibration.bursts import (
    CORRELATION,
    HIGH_CORRELATIONS,
    RECOVERY,
    draw_failures,
    draw_recoveries,
)
from tests.calibration.draws import Draws, generator

FAILING = 0.10
REWORK = 0.05
DEPLOYMENTS = (20, 50, 100, 200)
EPISODES = (5, 10, 15, 30)
CORRELATIONS = (0.0, CORRELATION, *HIGH_CORRELATIONS)


@dataclass(frozen=True)
class ShareFigures:
    """Of windows of so many deployments: how often each errs."""

    metric: str
    share: float
    correlation: float
    deployments: int
    calls: float  #: share of pairs of windows that are called different
    covers: float  #: share of intervals that hold the share


@dataclass(frozen=True)
class RecoveryFigures:
    """Of windows of so many episodes: how often each errs."""

    episodes: int
    correlation: float
    open: float  #: share of the episodes that have not ended
    unbounded: float  #: share of intervals without an upper end
    calls: float
    covers: float


def measure_shares(draws: Draws) -> tuple[ShareFigures, ...]:
    """One row a metric, correlation and number of deployments."""
    return tuple(
        _measure_share(metric, share, correlation, deployments, draws)
        for metric, share in (("change fail rate", FAILING), ("deployment rework rate", REWORK))
        for correlation in CORRELATIONS
        for deployments in DEPLOYMENTS
    )


def _measure_share(
    metric: str, share: float, correlation: float, deployments: int, draws: Draws
) -> ShareFigures:
    random = generator(metric, f"{correlation} {deployments}")
    shape = (draws.shares, deployments)
    before, now = (draw_failures(random, share, correlation, shape).sum(axis=1) for _ in range(2))
    wholes = np.full(draws.shares, deployments)
    low, high = wilson_interval(now, wholes)
    return ShareFigures(
        metric=metric,
        share=share,
        correlation=correlation,
        deployments=deployments,
        calls=float((share_p_values(before, wholes, now, wholes) <= CLEAR).mean()),
        covers=float(((low <= share) & (share <= high)).mean()),
    )


def measure_recoveries(draws: Draws) -> tuple[RecoveryFigures, ...]:
    """One row a correlation and number of episodes."""
    return tuple(
        _measure_recovery(correlation, episodes, draws)
        for correlation in CORRELATIONS
        for episodes in EPISODES
    )


def _measure_recovery(correlation: float, episodes: int, draws: Draws) -> RecoveryFigures:
    random = generator("recovery", f"{correlation} {episodes}")
    windows = 2 * draws.recoveries
    drawn = draw_recoveries(random, (windows, episodes), correlation)
    positions = np.repeat(np.arange(windows), episodes)
    curves = survival_curves(drawn.seconds.ravel(), drawn.ended.ravel(), positions, windows)
    low, high = survival_median_intervals(curves)
    # Where the curve reaches neither end nothing is said, and so nothing wrong.
    is_said = ~(np.isnan(low) & np.isnan(high))
    is_held = (np.nan_to_num(low) <= RECOVERY) & (np.isnan(high) | (high >= RECOVERY))
    seconds = drawn.seconds.reshape(-1, 2, episodes)[: draws.recovery_pairs].tolist()
    ended = drawn.ended.reshape(-1, 2, episodes)[: draws.recovery_pairs].tolist()
    shifts = [
        shift_of_episodes(old, old_ended, new, new_ended)
        for (old, new), (old_ended, new_ended) in zip(seconds, ended, strict=True)
    ]
    return RecoveryFigures(
        episodes=episodes,
        correlation=correlation,
        open=float(1 - drawn.ended.mean()),
        unbounded=float(np.isnan(high[is_said]).sum() / max(is_said.sum(), 1)),
        calls=sum(one is not None and one.p_value <= CLEAR for one in shifts) / len(shifts),
        covers=float(is_held[is_said].sum() / max(is_said.sum(), 1)),
    )
