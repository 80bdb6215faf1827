"""Texts and files in, standard output and disk out: where results go, and what went missing."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from dora.errors import BadUsage, CannotWrite, DoraError
from dora.publish.atomic_file import find_place, write_file
from dora.report.model import Coverage

#: The report was made, but not of everything.
PARTIAL = 3
#: Columns of what is no terminal: a log or a file scrolls sideways.
PIPE_COLUMNS = 120


def columns() -> int:
    """Columns of the terminal, or of a wide page where there is none."""
    return shutil.get_terminal_size((PIPE_COLUMNS, 24)).columns


def has_colour() -> bool:
    """Whether standard output is a terminal that wants colour."""
    is_plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not is_plain


def all_or_errors(*checks: Callable[[], Any]) -> list[Any]:
    """What each of *checks* gives; BadUsage tells the problems of all of them at once."""
    given, problems = [], []
    for check in checks:
        try:
            given.append(check())
        except BadUsage as wrong:
            problems.append(str(wrong))
    if problems:
        raise BadUsage("\n".join(problems))
    return given


def check_format(name: str | None, formats: Collection[str]) -> None:
    """Refuse a format that there is not."""
    if name is not None and name not in formats:
        raise BadUsage(f"--format: {name!r} is not allowed; allowed: {', '.join(formats)}")


def find_targets(
    files: list[Path], format_: str | None, formats: Mapping[str, tuple[str, ...]]
) -> dict[Path, str]:
    """Format of each file to write, all looked at before anything is asked of GitHub.

    *formats* maps each format to its endings; a file with another ending takes *format_*.
    """
    endings = {ending: name for name, own in formats.items() for ending in own}
    targets = {path: endings.get(path.suffix.lower(), format_ or "") for path in files}
    problems = [
        f"--output: the ending of {str(path)!r} says no format; allowed: {', '.join(endings)}, "
        "or any with --format"
        for path, name in targets.items()
        if not name
    ]
    if problems:
        raise BadUsage("\n".join(problems))
    for path in targets:
        folder = find_place(path).parent
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            why = f"the folder {folder} cannot be written to"
            raise CannotWrite(f"{path} cannot be written: {why}", "Name another file.")
    return targets


def write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    write_file(path, text.encode())


def show(text: str) -> None:
    """Print a result; a reader that has seen enough is no error."""
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Python would flush once more on its way out, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(wrong: DoraError) -> None:
    """Say on standard error what could not be done, and what to do about it.

    Names and messages of others are in it: nothing of them reaches the terminal raw.
    """
    from dora.render.formatting import plain

    first, *more = (plain(line) for line in str(wrong).splitlines())
    print("\n".join([f"dora: {first}", *(f"      {line}" for line in more)]), file=sys.stderr)


def tell_missing(coverage: Coverage) -> int:
    """Name on standard error what could not be read; the exit status that says so."""
    from dora.render.formatting import plain

    missing: list[Any] = [*coverage.unreadable, *coverage.incomplete]
    lines = [f"dora: {plain(one.repository)}: {plain(one.reason)}" for one in missing]
    lines += [f"dora: the {what}: {plain(reason)}" for what, reason in coverage.gaps.items()]
    if not lines:
        return 0
    lines.append("      What could not be read is not in the numbers; the others hold.")
    print("\n".join(lines), file=sys.stderr)
    return PARTIAL
