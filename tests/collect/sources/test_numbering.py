"""Numbers of deployments that have none of GitHub's: D7, D8."""

import random
from dataclasses import replace
from datetime import UTC, datetime

from dora.collect.repository.deployment_record import DeploymentRecord
from dora.collect.sources.numbering import give_numbers, natural_key, number_all, reading_number

AT = datetime(2026, 3, 1, tzinfo=UTC)
RECORD = DeploymentRecord(0, "a" * 40, AT, "production", "", None, AT, ())


def made(name: str, position: int, number: int = 0) -> DeploymentRecord:
    """A record of that name, of the entry at that position."""
    return replace(RECORD, id=number, name=name, source=name.partition(":")[0], entry=position)


def test_runs_of_digits_are_compared_as_numbers() -> None:
    """D8: and all other text by code points; what is equal so far by the whole text."""
    names = [
        "",
        "V2",
        "v",
        "v01",
        "v1",
        "v1-rc2",
        "v1-rc10",
        "v1.9",
        "v1.10",
        "v1.10.1",
        "v²",
        "w0",
    ]
    names += [f"w{'0' * 5_000}1", f"w{'9' * 5_000}"]
    mixed = random.Random(1).sample(names, len(names))  # noqa: S311  # no secret
    assert names == sorted(mixed, key=natural_key)


def test_numbers_while_reading_are_each_entrys_own_and_in_order() -> None:
    """D7, D8: no two entries share a number, and none has one that GitHub could give."""
    most = 2**64 - 1
    first = [reading_number(1, 7, 1), reading_number(1, 7, 2), reading_number(1, 8, 1)]
    widest = [reading_number(2, 0), reading_number(2, most, most, most, most)]
    assert [*widest, *first] == sorted({*widest, *first})
    assert max(*first, *widest) < 0


def test_all_of_an_entry_are_numbered_by_name_and_listed_newest_first() -> None:
    """D8: names may come in any order."""
    names = ["tags:v10", "tags:v9", "tags:v8"]
    listed = number_all([made(name, 3) for name in names], 3)
    assert [("tags:v10", 2), ("tags:v9", 1), ("tags:v8", 0)] == [
        (one.name, one.id - reading_number(3, 0)) for one in listed
    ]


def test_numbers_of_the_tables_are_dense_and_in_the_order_of_ids() -> None:
    """D8: below 0, over all entries; GitHub's own stay; merges have the order of the line."""
    read = [
        replace(RECORD, id=12),
        made("tags:v10", 1, reading_number(1, 1)),
        made("tags:v9", 1, reading_number(1, 0)),
        made("merges:aa", 2, reading_number(2, 5)),
        made("merges:bb", 2, reading_number(2, 4)),
        made("releases:v2", 3, reading_number(3, 0)),
        made("tags:v9", 4, reading_number(4, 0)),
    ]
    assert [12, -1, -2, -5, -6, -4, -3] == [one.id for one in give_numbers(read)]
