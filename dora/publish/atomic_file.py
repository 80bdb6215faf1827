"""Bytes in, a file that is whole at any time out, and never in the place of anything else."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from dora.errors import CannotWrite


def find_place(path: Path) -> Path:
    """Where a file of that name is written: where a link leads to, and else *path* itself.

    CannotWrite where something is that is no plain file, such as a folder, a pipe or a device.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        mode = stat.S_IFREG  # nothing is lost
    except OSError as wrong:
        raise _cannot(path, wrong.strerror) from None
    if stat.S_ISDIR(mode):
        raise _cannot(path, "it is a folder")
    if not stat.S_ISREG(mode):
        raise _cannot(path, "it is no plain file")
    return path.resolve()


def write_file(path: Path, data: bytes, mode: int | None = None) -> None:
    """Write a whole file or none; with *mode* its rights, else those that new files have.

    What is being written has a short name of its own, which no reader of a folder looks for.
    """
    place = find_place(path)
    part = place.with_name(f".dora-{os.urandom(8).hex()}.part")
    try:
        try:
            with part.open("xb") as file:
                file.write(data)
            if mode is not None:
                part.chmod(mode)
            part.replace(place)
        finally:
            with suppress(OSError):  # it is in its place, or never was
                part.unlink()
    except OSError as wrong:
        raise _cannot(path, wrong.strerror) from None


def _cannot(path: Path, why: str | None) -> CannotWrite:
    return CannotWrite(f"{path} cannot be written: {why}", "Name another file.")
