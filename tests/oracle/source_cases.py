"""Tools for small cases of `[[sources]]`: what the oracle tells of them, instants in hours."""

from collections.abc import Sequence
from typing import Any

from dora.demo.organization.model import Release, Repository, Tag
from tests.oracle.ordinary_life import HOUR, ask, hour, sha
from tests.oracle.source_settings import Entry

TIERS = ("production", "staging", "testing", "development", "other")


def told(*repositories: Repository, sources: Sequence[Entry], **asked: Any) -> dict[Any, Any]:
    """Outcome, and hours of creation and success, of each deployment in the evidence."""
    items = ask(*repositories, sources=sources, **asked)[1]["deployments"]
    return {
        one["id"]: (one["outcome"], hours(one["created_at"]), hours(one["succeeded_at"]))
        for one in items
    }


def shipped(*repositories: Repository, sources: Sequence[Entry], **asked: Any) -> dict[str, Any]:
    """Deployment and lead time in hours of each change shipped, by its letter."""
    items = ask(*repositories, sources=sources, **asked)[1]["changes"]
    return {one["sha"][0]: (one["deployment"], one["lead_time"] / HOUR) for one in items}


def failed(*repositories: Repository, sources: Sequence[Entry], **asked: Any) -> dict[Any, Any]:
    """Signal, hours from and to, and what says so, of each failed deployment."""
    items = ask(*repositories, sources=sources, **asked)[1]["deployments"]
    return {
        one["id"]: [
            (why["signal"], hours(why["began_at"]), hours(why["ended_at"]), why["by"])
            for why in one["reasons"]
        ]
        for one in items
        if one["reasons"]
    }


def rows(*repositories: Repository, sources: Sequence[Entry], **asked: Any) -> dict[str, Any]:
    """Source and number of deployments of each row, by the names in its key."""
    report = ask(*repositories, sources=sources, **{"tiers": TIERS, **asked})[0]
    return {
        " ".join(one["key"].values()): (one["source"], one["deployment_frequency"]["deployments"])
        for one in report["rows"]
    }


def hours(at: Any) -> float | None:
    """Hours from the beginning."""
    return None if at is None else (at - hour(0)).total_seconds() / HOUR


def release(number: int, tag: str, at: float | None, **other: Any) -> Release:
    """Make a release published at that hour."""
    return Release(number, tag, hour(-1000), None if at is None else hour(at), **other)


def tags(**letters: str) -> tuple[Tag, ...]:
    """Make lightweight tags, `v1_2` for `v1.2`."""
    return tuple(Tag(name.replace("_", "."), sha(letter)) for name, letter in letters.items())
