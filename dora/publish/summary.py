"""Writes GitHub's job summary: the file that a step of a workflow shows on the run's page."""

import stat
from pathlib import Path

from dora.errors import CannotWrite
from dora.publish.atomic_file import write_file

LIMIT = 1_048_576  #: bytes of a step's summary: https://docs.github.com/en/actions
BEGIN, END = "<!-- dora:summary -->", "<!-- dora:summary ends -->"


def bytes_left(path: Path) -> int:
    """Bytes that a summary may take in the file beside what other commands wrote to it."""
    return LIMIT - len(_others(path).encode()) - len(f"\n{BEGIN}\n{END}\n".encode())


def publish_summary(text: str, path: Path) -> None:
    """Write *text* to the summary at *path*, instead of what an earlier run wrote there."""
    others = _others(path)
    whole = f"{others}{BEGIN}\n{text}{END}\n"
    if len(whole.encode()) > LIMIT:
        raise CannotWrite(
            f"the job summary would be longer than the {LIMIT:,} bytes that GitHub takes",
            "Write less to GITHUB_STEP_SUMMARY in the same step.",
        )
    try:
        # The runner must be able to read it, also where a container wrote it as another user.
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
        write_file(path, whole.encode(), mode)
    except CannotWrite as wrong:
        raise CannotWrite(
            f"the job summary {wrong.what}",
            "Set GITHUB_STEP_SUMMARY to a file, as a workflow's runner does.",
        ) from None


def _others(path: Path) -> str:
    """What other commands wrote to the file, with a line end behind it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    except OSError as wrong:
        raise CannotWrite(
            f"the job summary {path} cannot be read: {wrong.strerror}",
            "Set GITHUB_STEP_SUMMARY to a file, as a workflow's runner does.",
        ) from None
    before, begin, rest = text.partition(f"{BEGIN}\n")
    text = before + rest.partition(f"{END}\n")[2] if begin else text
    return text if not text or text.endswith("\n") else f"{text}\n"
