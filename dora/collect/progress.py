"""The interface by which the collector reports its progress."""

from datetime import datetime
from typing import Protocol


class Stopped(Exception):  # not an error: the run was asked to stop
    """The run was stopped while a thread outside the event loop waited."""


class Progress(Protocol):
    """Receives the progress of reading; every method may be called from any thread."""

    def found(self, repositories: int) -> None:
        """Called with the number of repositories to read that are known so far."""

    def read(self, repository: str) -> None:
        """Called when a repository has been read."""

    def requested(self, requests: int, remaining: int | None) -> None:
        """Called with the number of requests sent and the points left of this hour."""

    def waits(self, until: datetime, why: str) -> None:
        """Called when no request is sent before *until*, with the reason."""

    def warns(self, what: str) -> None:
        """Called when something went wrong that does not affect the numbers."""
