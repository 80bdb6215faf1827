"""What a report would cost: an estimate, as `dora report --plan` gives it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CostEstimate:
    """About what a report would cost; only the repositories and the limit are certain."""

    organization: str
    listed: int  #: repositories
    read: int  #: of them, those that a report would read
    unknown: int  #: of these, those whose size GitHub did not give
    requests: dict[str, int]  #: by what they ask for
    points: int
    seconds: float
    concurrency: int  #: requests in flight at once
    longest: tuple[tuple[str, int], ...]  #: repositories that take most requests, and how many
    spent: int  #: requests that the estimate itself took
    limit: int | None  #: points an hour
    remaining: int | None  #: of them, those that are left
