"""How much is drawn, and the generators that draw it: the same numbers give the same figures."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

SEED = 14


@dataclass(frozen=True)
class Draws:
    """How many samples each part draws; more give steadier figures and take longer."""

    windows: int = 6_000  #: pairs of windows of weeks, a history of merges
    releases: int = 400  #: samples of whole releases, a history and size
    release_pairs: int = 150  #: pairs of such samples that are compared, likewise
    shares: int = 4_000  #: pairs of windows of deployments of which some fail
    recoveries: int = 4_000  #: windows of recoveries
    recovery_pairs: int = 600  #: pairs of them that are compared
    rows: int = 14_000  #: rows of tables in which nothing changed
    changed: int = 200  #: rows with a real change, for each change


FULL = Draws()
#: Of more histories than these each has fewer samples, so that it takes no longer, but a fifth of
#: them at least.
HISTORIES = 15


def samples_each(samples: int, histories: int) -> int:
    """How many of *samples* a history has where there are so many histories."""
    return max(min(samples, samples * HISTORIES // histories), samples // 5, 1)


def generator(part: str, name: str = "") -> np.random.Generator:
    """The generator of a *part*; figures of one history do not depend on which others there are."""
    return np.random.default_rng([SEED, crc32(part.encode()), crc32(name.encode())])
