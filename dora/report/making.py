"""The records of what a row's 95 % intervals are made of, for who wants to check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

Key = tuple[str, str, str]  #: repository, environment, service


@dataclass(frozen=True)
class FrequencyMaking:
    """What the interval of a deployment frequency is made of, rates a week (DF3)."""

    counts: tuple[int, ...]  #: of the whole weeks of the exposure, the oldest first
    weeks: float  #: the exposure
    deviation: float  #: of the counts
    t: float  #: Student's quantile for so many counts
    rate: float
    low: float
    high: float


@dataclass(frozen=True)
class MedianMaking:
    """What the interval of a median lead time is made of (LT6)."""

    deployments: int
    changes: int
    error: float  #: standard error of the share of changes that are not slower than the median
    freedom: float  #: degrees of freedom
    t: float  #: Student's quantile for so many
    shares: tuple[float, float]  #: which of the lead times are the ends


@dataclass(frozen=True)
class Making:
    """What the intervals of a row are made of; None where there is too little for one."""

    frequency: FrequencyMaking | None
    lead_time: MedianMaking | None


NO_MAKINGS: Mapping[Key, Making] = MappingProxyType({})
