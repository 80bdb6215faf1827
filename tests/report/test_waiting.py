"""From merge to live, with what still waits (LT12)."""

from typing import Any

from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.model import Delivery
from tests.support.tables import (
    DAY,
    Rows,
    commit,
    config,
    deployment,
    join,
    line,
    repository,
    request,
    tables,
)

HOUR = 3600.0


def deliveries(read: Tables, **options: Any) -> dict[str, Delivery | None]:
    """The delivery of each row in the report of the thirty days before NOW, by its name."""
    rows = build_report(read, config(**options)).rows
    return {" ".join(row.key.values()): row.delivery for row in rows}


def production(
    commits: Rows, *deployments: tuple[str, float], head: str | None, name: str = "api"
) -> Rows:
    """A repository whose production had `z` long ago, and then these commits at these hours."""
    history = [("z", 40 * DAY), *deployments]
    made = [
        deployment(number, sha, at, repository=name) for number, (sha, at) in enumerate(history, 1)
    ]
    return join([repository(name, head=head), commits, *made])


def of(*parts: Rows, **options: Any) -> Delivery | None:
    """The delivery of the only row."""
    ((_, found),) = deliveries(tables(*parts), **options).items()
    return found


def test_what_waits_is_counted() -> None:
    """LT12: two arrived, after two days and one; two wait, for nine days and eight: the median is
    two days, and is missing where a third one waits."""
    shipped = line(z=50 * DAY, a=20 * DAY, b=19 * DAY, c=9 * DAY, d=8 * DAY)
    two = [("b", 18 * DAY)]
    assert Delivery(4, 2, 48 * HOUR) == of(production(shipped, *two, head="d"))
    assert Delivery(3, 1, 48 * HOUR) == of(production(shipped, *two, head="c"))
    assert Delivery(2, 0, 24 * HOUR) == of(production(shipped, *two, head="b"))
    more = join([shipped, commit("e", "d", at=7 * DAY)])
    assert Delivery(5, 3, None) == of(production(more, *two, head="e"))
    # One that waits for less than what arrived took is of no more weight than that.
    young = line(z=50 * DAY, a=20 * DAY, b=1)
    assert Delivery(2, 1, 48 * HOUR) == of(production(young, ("a", 18 * DAY), head="b"))


def test_the_merge_is_the_requests() -> None:
    """LT12: a change is merged with its request, whenever it was committed, and one that came by
    none when it was committed; where the lead time starts is of no matter."""
    shas = line(z=50 * DAY, a=45 * DAY, b=44 * DAY, c=12 * DAY, d=45 * DAY)
    parts = [
        production(shas, ("c", 10 * DAY), head="d"),
        request(1, "a", opened=46 * DAY, merged=13 * DAY),  # of 3 days, committed before the window
        request(2, "b", opened=46 * DAY, merged=31 * DAY),  # merged before the window
        request(4, "d", opened=46 * DAY, merged=5 * DAY),  # waits
    ]
    for start in ("first_commit", "authored", "committed", "merged"):
        found = of(*parts, lead_time={"start": start})
        assert Delivery(3, 1, 72 * HOUR) == found
    # As of 11 days ago d had no request that was merged, and was committed before the window.
    assert Delivery(3, 3, None) == of(*parts, until="11d", since="41d")


def test_only_what_was_merged_in_the_window() -> None:
    """LT12: merged at `since` or later; what was merged before, and was shipped in the window or
    still waits, has no part in it."""
    at_since = 30 * DAY
    microsecond = 1 / 3_600_000_000

    def delivery(*merged: float) -> Delivery | None:
        shipped, waits = merged
        commits = line(z=50 * DAY, a=shipped, b=waits)
        return of(production(commits, ("a", 20 * DAY), head="b"))

    assert Delivery(2, 1, 240 * HOUR) == delivery(at_since, at_since)
    assert Delivery(1, 1, None) == delivery(at_since + microsecond, at_since)
    assert Delivery(1, 0, 240 * HOUR) == delivery(at_since, at_since + microsecond)
    assert Delivery(0, 0, None) == delivery(31 * DAY, 31 * DAY)


def test_a_change_that_was_live_before_its_merge() -> None:
    """LT12: below zero is zero; what a branch's deployment shipped before the window is not of it,
    though its request was merged in the window."""
    shas = line(z=50 * DAY, a=45 * DAY, b=25 * DAY)
    read = [
        production(shas, ("a", 35 * DAY), ("b", 20 * DAY), head="b"),
        request(1, "a", opened=46 * DAY, merged=10 * DAY),
        request(2, "b", opened=26 * DAY, merged=15 * DAY),
    ]
    assert Delivery(1, 0, 0.0) == of(*read)


def test_excluded_authors_deliver_nothing() -> None:
    """LT9, LT12: neither what they shipped nor what waits of them counts."""
    shas = join(
        [
            line(z=50 * DAY),
            commit("a", "z", at=20 * DAY, author="bot"),
            commit("b", "a", at=19 * DAY, author="ann"),
            commit("c", "b", at=9 * DAY, author="bot"),
        ]
    )
    read = production(shas, ("b", 18 * DAY), head="c")
    assert Delivery(1, 0, 24 * HOUR) == of(read, changes={"exclude_authors": ("bot",)})
    assert Delivery(3, 1, 48 * HOUR) == of(read)


def test_rows_that_know_nothing_of_what_waits() -> None:
    """LT8, LT12: `delivery` is there where `waiting` is: not for other tiers, nor where nothing in
    sight was received; pooled rows have the changes of those that know."""
    known = production(line(z=50 * DAY, a=20 * DAY), ("a", 18 * DAY), head="a")
    more = production(
        line("web", z=50 * DAY, a=20 * DAY, b=2 * DAY), ("a", 16 * DAY), head="b", name="web"
    )
    staging = join(
        [
            deployment(11, "z", 40 * DAY, environment="staging"),
            deployment(12, "a", 19 * DAY, environment="staging"),
        ]
    )
    # Nothing is known of its default branch.
    apart = production(line("old", z=50 * DAY, a=20 * DAY), ("a", 10 * DAY), head=None, name="old")
    read = tables(known, more, staging, apart)
    found: dict[str, Delivery | None] = {
        "api production": Delivery(1, 0, 48 * HOUR),
        "api staging": None,
        "web production": Delivery(2, 1, 96 * HOUR),
        "old production": None,
    }
    assert found == deliveries(read)
    pooled = {"production": Delivery(3, 1, 96 * HOUR), "staging": None}
    assert pooled == deliveries(read, by="environment")
    for row in build_report(read, config()).rows:
        assert (row.waiting is None) == (row.delivery is None)
