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

    def queue(name: str, head: str) -> Rows:
        ages = {"z": 50, "a": 20, "b": 19, "c": 9, "d": 8, "e": 7}
        commits = line(name, **{sha: days * DAY for sha, days in ages.items()})
        return production(commits, ("b", 18 * DAY), head=head, name=name)

    # What waits for less time than others took says nothing yet.
    young = line("young", z=50 * DAY, a=20 * DAY, b=1)
    found = deliveries(
        tables(
            *(queue(head, head) for head in "bcde"),
            production(young, ("a", 18 * DAY), head="b", name="young"),
        )
    )
    assert {
        "b production": Delivery(2, 0, 24 * HOUR),
        "c production": Delivery(3, 1, 48 * HOUR),
        "d production": Delivery(4, 2, 48 * HOUR),
        "e production": Delivery(5, 3, None),
        "young production": Delivery(2, 1, 48 * HOUR),
    } == found


def test_the_merge_is_the_requests() -> None:
    """LT12: a change is merged with its request, whenever it was committed, and one that came by
    none when it was committed; where the lead time starts is of no matter."""
    shas = line(z=50 * DAY, a=45 * DAY, b=44 * DAY, c=12 * DAY, d=45 * DAY)
    parts = [
        production(shas, ("c", 10 * DAY), head="d"),
        request(1, "a", opened=46 * DAY, merged=13 * DAY),  # 3 days, committed before the window
        request(2, "b", opened=46 * DAY, merged=31 * DAY),  # merged before the window
        request(4, "d", opened=46 * DAY, merged=5 * DAY),  # waits
    ]
    for start in ("first_commit", "merged"):
        assert Delivery(3, 1, 72 * HOUR) == of(*parts, lead_time={"start": start})
    # As of 11 days ago d had no request that was merged, and was committed before the window.
    assert Delivery(3, 3, None) == of(*parts, until="11d", since="41d")


def test_only_what_was_merged_in_the_window() -> None:
    """LT12: merged at `since` or later; what was merged before, and was shipped in the window or
    still waits, has no part in it."""
    at_since, before = 30 * DAY, 30 * DAY + 1 / 3_600_000_000  # by a microsecond

    def merged(name: str, shipped: float, waits: float) -> Rows:
        commits = line(name, z=50 * DAY, a=shipped, b=waits)
        return production(commits, ("a", 20 * DAY), head="b", name=name)

    found = deliveries(
        tables(
            merged("both", at_since, at_since),
            merged("only-b", before, at_since),
            merged("only-a", at_since, before),
            merged("none", 31 * DAY, 31 * DAY),
        )
    )
    assert {
        "both production": Delivery(2, 1, 240 * HOUR),
        "only-b production": Delivery(1, 1, None),
        "only-a production": Delivery(1, 0, 240 * HOUR),
        "none production": Delivery(0, 0, None),
    } == found


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
