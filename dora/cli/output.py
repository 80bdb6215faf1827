"""The last steps of a command: print and write its result, and report what could not be read."""

import errno
import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dora.errors import BadUsage, CannotWrite, DoraError
from dora.publish.atomic_file import writable_path, write_file

if TYPE_CHECKING:
    from dora.report.coverage_model import Coverage

#: Exit status of a run that could not read everything.
PARTIAL = 3
#: Numbers of the errors that a write to an open file can end with.
WRITE_ERRORS = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
#: Columns where the output is not a terminal: a log or a file scrolls sideways.
PIPE_COLUMNS = 120


def columns() -> int:
    """Width of the terminal in columns; `PIPE_COLUMNS` where there is none."""
    return shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns


def has_colour() -> bool:
    """Whether standard output is a terminal, and nothing turns its colours off."""
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not is_plain


def is_one_terminal() -> bool:
    """Whether standard output and standard error are read on the same terminal."""
    streams = sys.stdout, sys.stderr
    return all(one is not None and one.isatty() for one in streams) and os.path.sameopenfile(
        *(one.fileno() for one in streams)
    )


def all_or_errors(*checks: Callable[[], Any]) -> list[Any]:
    """Results of all *checks*; BadUsage lists the problems of all of them at once."""
    results, problems = [], []
    for check in checks:
        try:
            results.append(check())
        except BadUsage as wrong:
            problems.append(str(wrong))
    if problems:
        raise BadUsage("\n".join(problems))
    return results


def check_format(name: str | None, formats: Collection[str]) -> None:
    """Raise BadUsage where the format *name* is unknown."""
    if name is not None and name not in formats:
        raise BadUsage(f"--format: {name!r} is not allowed; allowed: {', '.join(formats)}")


def find_targets(
    files: list[Path], format_: str | None, formats: Mapping[str, tuple[str, ...]]
) -> dict[Path, str]:
    """Format of each file to write; all are checked before anything is read from GitHub.

    *formats* maps each format to its extensions; a file with another one is written in *format_*.
    """
    known = {extension: name for name, own in formats.items() for extension in own}
    targets = {path: known.get(path.suffix.lower(), format_ or "") for path in files}
    problems = [
        f"--output: the ending of {str(path)!r} says no format; allowed: {', '.join(known)}, "
        "or any with --format"
        for path, name in targets.items()
        if not name
    ]
    if problems:
        raise BadUsage("\n".join(problems))
    for path in targets:
        check_writable(path)
    return targets


def check_writable(path: Path) -> None:
    """Raise CannotWrite where a file of that name cannot be written."""
    folder = writable_path(path).parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        why = f"the folder {folder} cannot be written to"
        raise CannotWrite(f"{path} cannot be written: {why}", "Name another file.")


class Render(Protocol):
    """What a command gives to have its result written in any format."""

    def __call__(self, name: str, *, colour: bool) -> str:
        """Text of the result in the format *name*, with the terminal's colours or without."""


def print_and_write(render: Render, format_: str | None, targets: Mapping[Path, str]) -> None:
    """Print a result, as a table unless *format_* is given, and write it to files."""
    print_result(render(format_ or "table", colour=has_colour()))
    for path, name in targets.items():
        write(path, render(name, colour=False))


def write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    write_file(path, text.encode())


def print_result(text: str) -> None:
    """Print a result to standard output."""
    with checked_output():
        print(text.removesuffix("\n"))


@contextmanager
def checked_output() -> Iterator[None]:
    """Flush standard output after the block, and raise CannotWrite if that is not possible.

    A closed pipe, as behind `head -1`, is not an error, but a full disk is.
    """
    if sys.stdout is None:  # the shell closed it, as `>&-` does
        raise _cannot_print("it is closed")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as wrong:
        if wrong.errno not in WRITE_ERRORS or wrong.filename is not None:
            raise
        # Python would flush once more on its way out, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(wrong, BrokenPipeError):
            raise _cannot_print(wrong.strerror) from None


def _cannot_print(why: str | None) -> CannotWrite:
    return CannotWrite(f"standard output cannot be written: {why}", "Send it to another place.")


def print_error(wrong: DoraError) -> None:
    """Print to standard error what could not be done, and what to do about it.

    Names and messages of other programs may be in it: no control character reaches the terminal.
    """
    from dora.render.formatting import plain

    first, *more = (plain(line) for line in str(wrong).splitlines())
    print("\n".join([f"dora: {first}", *(f"      {line}" for line in more)]), file=sys.stderr)


def print_note(text: str) -> None:
    """Print to standard error what a reader of the result should know, and it cannot say."""
    print(f"dora: {text}", file=sys.stderr)


def print_missing(coverage: "Coverage") -> int:
    """Print to standard error what could not be read; returns the exit status that says so."""
    from dora.render.formatting import plain

    missing: list[Any] = [*coverage.repositories.unreadable, *coverage.repositories.incomplete]
    lines = [f"dora: {plain(one.repository)}: {plain(one.reason)}" for one in missing]
    lines += [f"dora: the {gap.what}: {plain(gap.reason)}" for gap in coverage.gaps]
    if not lines:
        return 0
    lines.append("      What could not be read is not in the numbers; the others hold.")
    print("\n".join(lines), file=sys.stderr)
    return PARTIAL
