"""What a report would cost: an estimate, as `dora report --plan` gives it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CostEstimate:
    """What a report would cost, about: nothing of it is certain but what was listed and asked."""

    organization: str
    listed: int  #: repositories
    read: int  #: of them, those a report would read
    unknown: int  #: of these, those that did not let themselves be asked
    requests: dict[str, int]  #: by what they ask for
    points: int
    seconds: float
    concurrency: int  #: requests in flight at once
    longest: tuple[tuple[str, int], ...]  #: repositories that take most requests, and how many
    asked: int  #: requests that it took to find out
    limit: int | None  #: points an hour
    remaining: int | None  #: of them, those that are left
