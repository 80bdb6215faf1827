"""Shows the progress of reading on standard error: a bar on a terminal, else a line per wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from dora.render.formatting import plain


class Lines:
    """Prints waits and warnings, one line each."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._told: datetime | None = None

    def found(self, repositories: int) -> None:
        """Say nothing."""

    def read(self, repository: str) -> None:
        """Say nothing."""

    def requested(self, requests: int, remaining: int | None) -> None:
        """Say nothing."""

    def waits(self, until: datetime, why: str) -> None:
        """Print until when no request is sent, once for each wait."""
        if self._stream is not None and until != self._told:
            self._told = until
            print(f"waiting until {until:%H:%M:%S} UTC: {why}", file=self._stream, flush=True)

    def warns(self, what: str) -> None:
        """Print what went wrong."""
        if self._stream is not None:
            print(f"dora: {plain(what)}", file=self._stream, flush=True)


class Bar:
    """A bar of the repositories read, with the requests sent and the points left."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=None, status="")
        self._waiting = ""

    def found(self, repositories: int) -> None:
        """Set the number of repositories to read."""
        self._progress.update(self._task, total=repositories)

    def read(self, repository: str) -> None:  # noqa: ARG002  # a bar shows no names
        """Count a repository that has been read."""
        self._progress.advance(self._task)

    def requested(self, requests: int, remaining: int | None) -> None:
        """Show the number of requests sent and the points left of this hour."""
        left = "" if remaining is None else f", {remaining:,} points left"
        self._progress.update(self._task, status=f"{requests:,} requests{left}")

    def waits(self, until: datetime, why: str) -> None:
        """Show until when no request is sent."""
        status = f"waiting until {until:%H:%M:%S} UTC: {why}"
        self._progress.update(self._task, status=status)

    def warns(self, what: str) -> None:
        """Print what went wrong above the bar."""
        self._progress.console.print(Text(f"dora: {plain(what)}"))


@contextmanager
def show_progress(stream: TextIO, *, quiet: bool) -> Iterator[Lines | Bar]:
    """Give a receiver of progress, which removes its output when the reading is over."""
    console = Console(file=stream, stderr=True)
    if quiet or not console.is_terminal or console.is_dumb_terminal:
        yield Lines(None if quiet else stream)
        return
    columns = (
        TextColumn("reading repositories"),
        BarColumn(bar_width=30),
        TextColumn("{task.completed:.0f} of {task.total}"),
        TextColumn("{task.fields[status]}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress)
