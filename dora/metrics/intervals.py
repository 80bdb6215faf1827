"""95 % intervals and medians of counts and samples (DF3, F9, LT6, R4).

Vectorized over rows; scipy is imported when one is asked for, not before.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Half of what a 95 % interval leaves out.
TAIL = 0.025
#: Standard normal quantile of 1 − TAIL.
Z = 1.959963984540054


def poisson_interval(counts: ArrayLike) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson mean for each count (DF3); for none it begins at 0.

    Source: F. Garwood, Fiducial limits for the Poisson distribution, Biometrika 28 (1936).
    """
    from scipy.special import gammaincinv

    count = np.asarray(counts, dtype="float64")
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1), TAIL), 0.0)
    return low, np.asarray(gammaincinv(count + 1, 1 - TAIL), dtype="float64")


def wilson_interval(parts: ArrayLike, wholes: ArrayLike) -> tuple[Floats, Floats]:
    """Score interval of a share for each part of a whole (F9, RW1); NaN where the whole is 0.

    Source: E. B. Wilson, Probable inference, JASA 22 (1927).
    """
    part, whole = (np.asarray(values, dtype="float64") for values in (parts, wholes))
    whole = np.where(whole > 0, whole, np.nan)
    share = part / whole
    centre = share + Z**2 / (2 * whole)
    spread = Z * np.sqrt(share * (1 - share) / whole + Z**2 / (4 * whole**2))
    scale = 1 + Z**2 / whole
    low = np.where(part == 0, whole * 0, (centre - spread) / scale)
    return np.clip(low, 0, 1), np.where(
        part == whole, 1.0, np.clip((centre + spread) / scale, 0, 1)
    )


def median_ranks(sizes: ArrayLike) -> NDArray[np.int64]:
    """For each sample size n the rank j whose x(j), x(n+1−j) bound the median (LT6); 0 for none.

    The smallest integer with P(Bin(n, ½) ≤ j) ≥ 0.025.
    """
    from scipy.special import bdtr, bdtrik

    size = np.asarray(sizes, dtype="int64")
    safe = np.maximum(size, 1)
    rank = np.maximum(np.ceil(bdtrik(TAIL, safe, 0.5)), 0)
    rank = np.nan_to_num(rank)
    # The inverse is a root found numerically: step to the exact integer.
    rank = np.where((rank > 0) & (bdtr(np.maximum(rank - 1, 0), safe, 0.5) >= TAIL), rank - 1, rank)
    rank = np.where(bdtr(rank, safe, 0.5) < TAIL, rank + 1, rank)
    return np.where(size > 0, rank, 0).astype("int64")


def kaplan_meier_median(durations: Sequence[float], ended: Sequence[bool]) -> float | None:
    """Smallest time at which the share not recovered is at or below one half (R4).

    *ended* tells recoveries from what is still open at that age; recoveries come before open ones
    of equal age. None when the curve never falls that low. Shares are exact fractions, so that a
    curve that touches one half is seen to.
    Source: E. L. Kaplan and P. Meier, JASA 53 (1958).
    """
    at_risk = len(durations)
    surviving = Fraction(1)
    for duration, is_open in sorted(zip(durations, (not one for one in ended), strict=True)):
        if not is_open:
            surviving *= Fraction(at_risk - 1, at_risk)
            if 2 * surviving <= 1:
                return duration
        at_risk -= 1
    return None
