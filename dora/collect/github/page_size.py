"""Learns from GitHub's responses how many rows to ask for in one request."""

#: The most that GitHub gives a page.
FULL_PAGE = 100
#: The first page of a repository: most repositories need no second one.
FIRST_PAGE = 25
#: What is asked for where hardly anything is expected.
FEW = 3
#: The longest page that shares its request with other repositories'.
SMALL_PAGE = 50
#: Rows of a request that several repositories share: asked for, seldom all there.
FULL_SHARE = 200
#: What is left of an old response's weight after each new one of the same query.
FADES = 0.95
#: A failure counts twice as much as a success: it costs the ten seconds of GitHub's timeout.
FAILURE = 2.0
#: Weight of a response after twenty others: whatever weighs less is ignored.
LATELY = 0.35


class PageSizes:
    """How the requests of one query went, by how many rows they asked for.

    The size chosen is the one that can be expected to bring most rows a request; a size that was
    not tried counts as successful. So a page that was too much is halved and stays small, a query
    that fails at every size is asked for in full, and old failures fade until a larger page is
    tried again. Where larger pages failed lately, only the next larger size is tried: otherwise
    most requests for a heavy repository would fail.
    """

    def __init__(self) -> None:
        self._passed: dict[int, float] = {}
        self._failed: dict[int, float] = {}

    def best(self, most: int) -> int:
        """The size to ask for next, at most *most*; of equally good ones the smaller."""
        sizes = [most]
        while sizes[-1] > 1:
            sizes.append(sizes[-1] // 2)
        return max(filter(self._is_near, reversed(sizes)), key=self._brings)

    def passed(self, rows: int) -> None:
        """A request for so many rows was answered."""
        self._record(self._passed, rows)

    def failed(self, rows: int) -> None:
        """A request for so many rows was too much."""
        self._record(self._failed, rows)

    def _is_near(self, size: int) -> bool:
        """Whether a size is at most one step above what passed lately, or no larger one failed."""
        passed = max(
            (kind for kind, weight in self._passed.items() if weight >= LATELY), default=None
        )
        if passed is None or _kind(size) <= passed + 1:
            return True
        return sum(weight for kind, weight in self._failed.items() if kind > passed) < LATELY

    def _brings(self, size: int) -> float:
        """Rows that a request of that size may be expected to bring."""
        passed, failed = (each.get(_kind(size), 0.0) for each in (self._passed, self._failed))
        return size * (passed + 1) / (passed + FAILURE * failed + 1)

    def _record(self, weights: dict[int, float], rows: int) -> None:
        for each in (self._passed, self._failed):
            for kind in each:
                each[kind] *= FADES
        weights[_kind(rows)] = weights.get(_kind(rows), 0.0) + 1


def _kind(size: int) -> int:
    """Sizes up to the next power of two are of one kind."""
    return size.bit_length()
