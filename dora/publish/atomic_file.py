"""Writes files that are whole at any time, and replaces nothing but plain files."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from dora.errors import CannotWrite


def writable_path(path: Path) -> Path:
    """The path that a file of that name is written to: what a link leads to, else *path* itself.

    CannotWrite where that is something else than a plain file: a folder, a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG  # nothing is there that could be lost
    except OSError as wrong:
        raise _cannot(path, wrong.strerror) from None
    if stat.S_ISDIR(mode):
        raise _cannot(path, "it is a folder")
    if not stat.S_ISREG(mode):
        raise _cannot(path, "it is no plain file")
    return path.resolve()


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a whole file or none, with the permissions *mode*, else with those of new files.

    The data is written under a short name of its own, which nothing that reads the folder looks
    for, and renamed when it is complete.
    """
    target = writable_path(path)
    part = target.with_name(f".dora-{os.urandom(8).hex()}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
            if mode is not None:
                part.chmod(mode)
            part.replace(target)
        finally:
            with suppress(OSError):  # it was renamed, or never written
                part.unlink()
    except OSError as wrong:
        raise _cannot(path, wrong.strerror) from None


def _cannot(path: Path, why: str | None) -> CannotWrite:
    return CannotWrite(f"{path} cannot be written: {why}", "Name another file.")
