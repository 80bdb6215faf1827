"""Counts what a first look saw of one kind, in words: “12 releases in 90 days”."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

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

    def count(self, noun: str, instants: Iterable[datetime], has_more: bool, how: str = "") -> str:
        """How many things of these instants are in the window, in words.

        *has_more* says that older ones were not seen: where all that were seen are in the window,
        there may be more. *how* stands behind the noun: ` to production`.
        """
        known = [*instants]
        number = sum(map(self.is_lately, known))
        if not number:
            last = f", the last on {max(known):%Y-%m-%d}" if known else ""
            return f"no {noun}{how} in {self.days}{last}"
        least = " or more" if has_more and number == len(known) else ""
        return f"{number}{least} {noun}{'s' if number != 1 or least else ''}{how} in {self.days}"

    @property
    def days(self) -> str:
        """The window's length in words."""
        return f"{self.config.window.length / timedelta(days=1):.3g} days"

    def published(self, look: RepositoryLook) -> list[datetime]:
        """When its releases were published."""
        return [one.published_at for one in look.releases.rows]
