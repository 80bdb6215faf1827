"""The releases of the story of `grow`, and the tags that they have or would have."""

from typing import Any

from dora.demo.organization.model import Release
from tests.support.grown_history import History

#: tag: the commit that it is on, when it was published, and what else is told of the release
RELEASED: tuple[tuple[str, str, float | None, dict[str, Any]], ...] = (
    ("v0.9.0", "first", -74, {}),
    ("v1.0.0", "login", -38, {}),
    ("v1.1.0", "menu", -11, {}),
    ("v1.2.0", "prices", 5, {}),
    ("v1.3.0", "sale", 6.5, {}),
    ("v1.3.1", "burst", 8, {}),
    ("v1.4.0", "cache", 10.5, {}),
    ("v1.0.1", "maintenance", 11, {}),  # a back-port
    ("v1.5.0", "undo", 13, {}),
    ("v2.0.0-rc.1", "search", 15.5, {"is_prerelease": True}),
    ("v2.0.0", "search", 16, {"drafted": 9}),  # waited as a draft
    ("v2.0.1", "cellar", 18.2, {}),
    ("v2.1.0", "filter", 21.2, {}),
    ("v1.1.1", "menu", 23, {}),  # an old commit, tagged and published late
    ("v2.2.0", "orders", 25.5, {}),
    ("v3.0.0", "stock", None, {"drafted": 29}),
    ("v2.3.0", "stock", 31, {"drafted": 28}),  # published after the window
    ("v2.9.0", "later", 32, {}),
)


def releases_of(history: History, number: int) -> tuple[Release, ...]:
    """The releases of the story; ids in the order in which they were filed."""
    filed = sorted(
        (more.get("drafted", published or 0.0), tag, published, more)
        for tag, _, published, more in RELEASED
    )
    return tuple(
        Release(
            number * 1000 + place,
            tag,
            history.day(created),
            None if published is None else history.day(published),
            f"Shop {tag}",
            is_draft=published is None,
            is_prerelease=more.get("is_prerelease", False),
        )
        for place, (created, tag, published, more) in enumerate(filed)
    )


def commit_of(history: History, mark: str) -> str:
    """The commit of that name, on main or beside it."""
    return history.marks.get(mark) or history.side[mark]
