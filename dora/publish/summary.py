"""Writes GitHub's job summary: the file that a step of a workflow shows on the run's page."""

import stat
from pathlib import Path

from dora.errors import CannotWrite
from dora.publish.atomic_file import write_file

LIMIT = 1_048_576  #: bytes of a step's summary: https://docs.github.com/en/actions
ADVICE = "Set GITHUB_STEP_SUMMARY to a file, as a workflow's runner does."
BEGIN, END = "<!-- dora:summary -->", "<!-- dora:summary ends -->"


def bytes_left(path: Path) -> int:
    """Bytes that a summary may take in the file beside what other commands wrote to it."""
    return LIMIT - len(_others(path).encode()) - len(f"\n{BEGIN}\n{END}\n".encode())


def publish_summary(text: str, path: Path) -> None:
    """Write *text* to the summary at *path*, instead of what an earlier run wrote there.

    A device or a pipe, such as /dev/null, has nothing to replace: the summary is written to it.
    """
    others = _others(path)
    whole = f"{others}{BEGIN}\n{text}{END}\n"
    if len(whole.encode()) > LIMIT:
        raise CannotWrite(
            f"the job summary would be longer than the {LIMIT:,} bytes that GitHub takes",
            "Write less to GITHUB_STEP_SUMMARY in the same step.",
        )
    try:
        if _is_stream(path):
            path.write_bytes(whole.encode())
            return
        # The runner must be able to read it, also where a container wrote it as another user.
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
        write_file(path, whole.encode(), mode)
    except CannotWrite as wrong:
        raise CannotWrite(f"the job summary {wrong.what}", ADVICE) from None
    except OSError as wrong:
        why = f"{path} cannot be written: {wrong.strerror}"
        raise CannotWrite(f"the job summary {why}", ADVICE) from None


def _is_stream(path: Path) -> bool:
    """Whether *path* is a device or a pipe, which can be written to and not replaced."""
    return path.is_char_device() or path.is_fifo()


def _others(path: Path) -> str:
    """What other commands wrote to the file, with a line end behind it."""
    try:
        is_there = path.exists() and not _is_stream(path)
        text = path.read_text(encoding="utf-8", errors="replace") if is_there else ""
    except OSError as wrong:
        why = f"{path} cannot be read: {wrong.strerror}"
        raise CannotWrite(f"the job summary {why}", ADVICE) from None
    before, begin, rest = text.partition(f"{BEGIN}\n")
    text = before + rest.partition(f"{END}\n")[2] if begin else text
    return text if not text or text.endswith("\n") else f"{text}\n"
