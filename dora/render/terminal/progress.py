"""Shows how the reading goes on standard error: a bar on a terminal, elsewhere a line a wait."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from dora.render.formatting import plain


class Lines:
    """Reports only what makes the run wait, a line each."""

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
        """Say until when nothing is asked, once for each wait."""
        if self._stream is not None and until != self._told:
            self._told = until
            print(f"waiting until {until:%H:%M:%S} UTC: {why}", file=self._stream, flush=True)

    def warns(self, what: str) -> None:
        """Say what went wrong."""
        if self._stream is not None:
            print(f"dora: {plain(what)}", file=self._stream, flush=True)


class Bar:
    """A bar of repositories read, with requests made and points left beside it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("reading", total=None, status="")
        self._waiting = ""

    def found(self, repositories: int) -> None:
        """There are so many repositories to read."""
        self._progress.update(self._task, total=repositories)

    def read(self, repository: str) -> None:  # noqa: ARG002  # a bar has no room for its name
        """One repository is done with."""
        self._progress.advance(self._task)

    def requested(self, requests: int, remaining: int | None) -> None:
        """So many requests were made; so many points of the hour are left."""
        left = "" if remaining is None else f", {remaining:,} points left"
        self._progress.update(self._task, status=f"{requests:,} requests{left}")

    def waits(self, until: datetime, why: str) -> None:
        """Nothing is asked before *until*."""
        status = f"waiting until {until:%H:%M:%S} UTC: {why}"
        self._progress.update(self._task, status=status)

    def warns(self, what: str) -> None:
        """Say what went wrong, above the bar."""
        self._progress.console.print(Text(f"dora: {plain(what)}"))


@contextmanager
def show_progress(stream: TextIO, *, quiet: bool) -> Iterator[Lines | Bar]:
    """Somebody to tell how it goes, gone without a trace when the reading is over."""
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
