"""What is reported while the collector reads, and to whom."""

from datetime import datetime
from typing import Protocol


class Stopped(Exception):  # no error: the run was told to stop
    """The run was stopped while a thread beside the event loop waited."""


class Progress(Protocol):
    """Who is told how the reading goes; every method may be called from any thread."""

    def found(self, repositories: int) -> None:
        """There are so many repositories to read, as far as is known."""

    def read(self, repository: str) -> None:
        """One repository is done with."""

    def asked(self, requests: int, remaining: int | None) -> None:
        """So many requests were made; so many points of the hour are left."""

    def waits(self, until: datetime, why: str) -> None:
        """Nothing is asked before *until*."""

    def warns(self, what: str) -> None:
        """Something went wrong that does not touch the numbers."""
