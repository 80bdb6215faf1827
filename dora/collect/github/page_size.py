"""How many rows GitHub bears in one request, learnt from its answers: page sizes that adapt."""

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
#: What is left of an old answer's weight after each new one of the same query.
FADES = 0.95
#: A failure speaks twice as loudly as an answer: it costs GitHub its ten seconds.
FAILURE = 2.0
#: Weight of one answer after twenty others: what weighs less is of no account any more.
LATELY = 0.35


class PageSizes:
    """What one query's requests brought, by how many rows they asked for.

    The size chosen is the one that brings most rows a request, as far as is known; nothing speaks
    against a size that was not tried. So a page that was too much is halved and stays small, what
    fails at every size alike is asked for in full, and old failures fade until a larger page is
    tried again: where larger ones failed lately, only the next larger one, or most of what is
    asked for of a heavy repository would fail.
    """

    def __init__(self) -> None:
        self._passed: dict[int, float] = {}
        self._failed: dict[int, float] = {}

    def best(self, most: int) -> int:
        """The size to ask for next, at most *most*; of equal ones the smaller."""
        sizes = [most]
        while sizes[-1] > 1:
            sizes.append(sizes[-1] // 2)
        return max(filter(self._is_near, reversed(sizes)), key=self._brings)

    def passed(self, rows: int) -> None:
        """A request for so many rows was answered."""
        self._tell(self._passed, rows)

    def failed(self, rows: int) -> None:
        """A request for so many rows was too much."""
        self._tell(self._failed, rows)

    def _is_near(self, size: int) -> bool:
        """Whether a size is at most one step above what passed lately, or no larger one failed."""
        passed = max((kind for kind, told in self._passed.items() if told >= LATELY), default=None)
        if passed is None or _kind(size) <= passed + 1:
            return True
        return sum(told for kind, told in self._failed.items() if kind > passed) < LATELY

    def _brings(self, size: int) -> float:
        """Rows that a request of that size may be expected to bring."""
        passed, failed = (told.get(_kind(size), 0.0) for told in (self._passed, self._failed))
        return size * (passed + 1) / (passed + FAILURE * failed + 1)

    def _tell(self, told: dict[int, float], rows: int) -> None:
        for each in (self._passed, self._failed):
            for kind in each:
                each[kind] *= FADES
        told[_kind(rows)] = told.get(_kind(rows), 0.0) + 1


def _kind(size: int) -> int:
    """Sizes up to the next power of two are of one kind."""
    return size.bit_length()
