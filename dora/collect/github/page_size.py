"""Learns from GitHub's responses how many rows to ask for in one request."""

#: GitHub's maximum page size.
FULL_PAGE = 100
#: The first page of a repository: most repositories need no second one.
FIRST_PAGE = 25
#: The page size for queries that seldom find anything.
FEW = 3
#: The largest page that may share a request with other repositories.
SMALL_PAGE = 50
#: Rows that a request for several repositories may ask for; it seldom gets them all.
FULL_SHARE = 200
#: The factor by which the weight of older responses falls with each new one.
FADES = 0.95
#: A failure counts twice as much as a success: it costs the ten seconds of GitHub's timeout.
FAILURE = 2.0
#: The weight of a response after twenty others; anything below is ignored.
LATELY = 0.35


class PageSizes:
    """Records which page sizes of one query succeeded and which were too large.

    The chosen size is the one with the most expected rows per request; a size that was not tried
    counts as successful. So a page that was too large is halved and stays small, a query that
    fails at every size is sent in full, and old failures fade until a larger page is tried again.
    If larger pages failed recently, only the next larger size is tried: otherwise most requests
    for a heavy repository would fail.
    """

    def __init__(self) -> None:
        self._passed: dict[int, float] = {}
        self._failed: dict[int, float] = {}

    def best(self, most: int) -> int:
        """The size to try next, at most *most*; the smaller of equally good ones."""
        sizes = [most]
        while sizes[-1] > 1:
            sizes.append(sizes[-1] // 2)
        return max(filter(self._is_near, reversed(sizes)), key=self._brings)

    def passed(self, rows: int) -> None:
        """Record that a request for *rows* rows succeeded."""
        self._record(self._passed, rows)

    def failed(self, rows: int) -> None:
        """Record that a request for *rows* rows was too large."""
        self._record(self._failed, rows)

    def _is_near(self, size: int) -> bool:
        """Whether *size* is at most a step above recent successes, or no larger one failed."""
        passed = max(
            (kind for kind, weight in self._passed.items() if weight >= LATELY), default=None
        )
        if passed is None or _kind(size) <= passed + 1:
            return True
        return sum(weight for kind, weight in self._failed.items() if kind > passed) < LATELY

    def _brings(self, size: int) -> float:
        """The expected number of rows of a request of that size."""
        passed, failed = (each.get(_kind(size), 0.0) for each in (self._passed, self._failed))
        return size * (passed + 1) / (passed + FAILURE * failed + 1)

    def _record(self, weights: dict[int, float], rows: int) -> None:
        for each in (self._passed, self._failed):
            for kind in each:
                each[kind] *= FADES
        weights[_kind(rows)] = weights.get(_kind(rows), 0.0) + 1


def _kind(size: int) -> int:
    """Group sizes by the next power of two."""
    return size.bit_length()
