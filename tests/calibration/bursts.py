"""Draws failures that come together, and recoveries, of which some are still open.

No public data tell which deployments failed, so these are drawn from a model, and it is simple.
A deployment fails with a given chance; after a failed one the next is likelier to fail, so that
both are correlated. Recoveries are log-normal with heavy tails. Failures begin anywhere in the
window, and what has not ended by its end is open.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.calibration.histories import Floats

Flags = NDArray[np.bool_]

#: Correlation of a deployment's failing with that of the one before it.
#: Of builds more than half of those that fail follow another failed one in most projects: T. Rausch
#: and others, An empirical analysis of build failures, MSR 2017. That is 0.4 where a tenth to a
#: quarter fails; deployments have passed their builds, and are taken to fail half as closely.
CORRELATION = 0.1
HIGH_CORRELATIONS = (0.2, 0.4)
HOUR = 3_600.0
#: Median recovery, in seconds.
RECOVERY = 12 * HOUR
#: Standard deviation of the logarithm of recoveries: one in ten takes more than 13 times as long.
SPREAD = 2.0
#: Length of a window, in seconds.
WINDOW = 12 * 7 * 24 * HOUR


@dataclass(frozen=True)
class Episodes:
    """Recoveries: how long each took or has lasted, and whether it has ended."""

    seconds: Floats
    ended: Flags


def draw_failures(
    random: np.random.Generator, share: float, correlation: float, shape: tuple[int, int]
) -> Flags:
    """Which deployments failed: a row a window, its deployments in order."""
    failed = np.zeros(shape, dtype="bool")
    chances = random.random(shape)
    failed[:, 0] = chances[:, 0] < share
    for at in range(1, shape[1]):
        after = share * (1 - correlation) + correlation * failed[:, at - 1]
        failed[:, at] = chances[:, at] < after
    return failed


def draw_recoveries(
    random: np.random.Generator,
    shape: tuple[int, ...],
    correlation: float,
    median: float = RECOVERY,
) -> Episodes:
    """Recoveries in the order of their failures; logarithms of neighbours are so correlated."""
    spread = random.normal(size=shape)
    for at in range(1, shape[-1]):
        fresh = np.sqrt(1 - correlation**2) * spread[..., at]
        spread[..., at] = correlation * spread[..., at - 1] + fresh
    seconds = median * np.exp(SPREAD * spread)
    age = WINDOW * random.random(shape)
    return Episodes(np.minimum(seconds, age), seconds <= age)
