"""Numbers deployments that have no number of GitHub's (D8).

While a repository is read, a number must be unique among its sources and order the deployments of
one of them; numbers in the tables are small and without gaps.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter
from typing import Any

from dora.collect.repository.deployment_record import DeploymentRecord

DIGITS = re.compile(r"([0-9]+)")
#: More than any number that GitHub gives to anything.
MANY = 1 << 64
#: How many numbers the deployments of one entry may have.
BAND = MANY**4


def natural_key(name: str) -> tuple[Any, ...]:
    """What names are sorted by: runs of digits count as numbers, `v1.9` comes before `v1.10`."""
    parts = DIGITS.split(name)
    # Digits and other text take turns, so that like is compared with like.
    compared = tuple(_number_key(part) if place % 2 else part for place, part in enumerate(parts))
    return (compared, name)


def _number_key(digits: str) -> tuple[int, str]:
    """What numbers are sorted by, however long: Python reads no more than 4,300 digits at once."""
    significant = digits.lstrip("0")
    return (len(significant), significant)


def reading_number(position: int, *parts: int) -> int:
    """The number, while it is read, of a deployment of the entry at *position*.

    *parts* (at most four, each from 0 and below 2**64) order the deployments of the entry.
    """
    place = 0
    for part in parts:
        place = place * MANY + part
    return place - position * BAND


def number_all(read: Iterable[DeploymentRecord], position: int) -> list[DeploymentRecord]:
    """All deployments of the entry at *position*, newest first, numbered in the order of names."""
    by_name = sorted(read, key=lambda one: natural_key(one.name or ""))
    numbered = [
        replace(one, id=reading_number(position, place)) for place, one in enumerate(by_name)
    ]
    return sorted(numbered, key=attrgetter("created_at", "id"), reverse=True)


def give_numbers(read: Iterable[DeploymentRecord]) -> list[DeploymentRecord]:
    """The deployments with the numbers that tables have: below 0 in the order of their names."""
    found = [*read]
    named = sorted((one for one in found if one.name is not None), key=_place)
    numbers = {one.id: number for number, one in enumerate(named, -len(named))}
    return [replace(one, id=numbers.get(one.id, one.id)) for one in found]


def _place(one: DeploymentRecord) -> tuple[Any, ...]:
    """What deployments are numbered by; those of merges by their place on the branch's line."""
    return (one.source, () if one.source == "merges" else natural_key(one.name or ""), one.id)
