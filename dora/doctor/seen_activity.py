"""Counts what a first look saw of one kind, in words: “12 releases in 90 days”."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dora.config import Config
from dora.model.first_look import RepositoryLook


@dataclass(frozen=True)
class Activity:
    """Tells by the window and the look-back what a report would show, and what it would read."""

    config: Config

    def is_read(self, at: datetime) -> bool:
        """Whether a report would have a row by something of that instant (W3, G0)."""
        return self.config.lookback_start <= at < self.config.window.until

    def is_lately(self, at: datetime) -> bool:
        """Whether an instant is in the window."""
        return self.config.window.since <= at < self.config.window.until

    def count(self, noun: str, instants: Iterable[datetime], has_more: bool) -> str:
        """How many things of these instants are in the window, in words.

        *has_more* says that older ones were not seen: where all that were seen are in the window,
        there may be more.
        """
        known = [*instants]
        number = sum(map(self.is_lately, known))
        days = f"{self.config.window.length.total_seconds() / 86400:.3g} days"
        if not number:
            return (
                f"no {noun} in {days}, the last on {max(known):%Y-%m-%d}" if known else f"no {noun}"
            )
        least = " or more" if has_more and number == len(known) else ""
        return f"{number}{least} {noun}{'s' if number != 1 or least else ''} in {days}"

    def published(self, look: RepositoryLook) -> list[datetime]:
        """When its releases were published."""
        return [one.published_at for one in look.releases.rows]
