"""The job summary: within its size, beside what others wrote, once however often it is run."""

import os
import stat
from pathlib import Path

from dora.publish.summary import LIMIT
from tests.support.command import dora
from tests.support.published_files import report, row, written


def test_written_beside_what_is_there(tmp_path: Path) -> None:
    """What another command of the step wrote stays; a second run adds nothing."""
    summary = tmp_path / "summary.md"
    summary.write_text("# Tests\nall passed")
    path = written(tmp_path, report(row()))
    for _ in range(2):
        done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
        assert (0, "") == (done.returncode, done.stdout), done.stderr
    text = summary.read_text()

    assert text.startswith("# Tests\nall passed\n<!-- dora:summary -->\n## DORA metrics of `acme`")
    assert 1 == text.count("## DORA metrics")


def test_a_report_of_thousands_of_rows_fits(tmp_path: Path) -> None:
    """A step's summary takes a mebibyte, with what others wrote: rows are left out and counted.

    Others wrote most of it here, so that a thousand rows are too many.
    """
    summary = tmp_path / "summary.md"
    summary.write_text("x" * 900_000)
    many = report(*[row(f"service-{number}" + "x" * 80) for number in range(1_000)])
    path = written(tmp_path, many)
    done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(summary))

    assert 0 == done.returncode, done.stderr
    size = summary.stat().st_size
    assert LIMIT * 0.99 < size <= LIMIT
    assert "rows did not fit" in summary.read_text()


def test_a_summary_is_whole_at_any_time(tmp_path: Path) -> None:
    """The file is replaced as a whole, with the rights that it had, and nothing is left beside."""
    folder = tmp_path / "summaries"
    folder.mkdir()
    summary = folder / "summary.md"
    summary.write_text("# Tests\n")
    summary.chmod(0o640)
    path = written(tmp_path, report(row()))
    with summary.open() as reader:
        done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(summary))
        assert 0 == done.returncode, done.stderr
        assert "# Tests\n" == reader.read()

    assert 0o640 == stat.S_IMODE(summary.stat().st_mode)
    assert [summary] == list(folder.iterdir())
    assert "## DORA metrics" in summary.read_text()


def test_a_device_or_a_pipe_is_written_to(tmp_path: Path) -> None:
    """What cannot be replaced is written to: /dev/null takes the summary, a pipe hands it on."""
    path, pipe = written(tmp_path, report(row())), tmp_path / "pipe"
    nowhere = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY="/dev/null")
    full = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY="/dev/full")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(pipe))
    text = os.read(reader, LIMIT).decode()
    os.close(reader)

    assert (0, "dora: the job summary was written\n") == (nowhere.returncode, nowhere.stderr)
    assert Path("/dev/null").is_char_device()
    assert 1 == full.returncode
    assert "the job summary /dev/full cannot be written: No space left on device" in full.stderr
    assert 0 == done.returncode, done.stderr
    assert text.startswith("<!-- dora:summary -->\n## DORA metrics of `acme`")
    assert pipe.is_fifo()


def test_no_room(tmp_path: Path) -> None:
    """Where others filled the summary, it is left as it is, and reported."""
    summary = tmp_path / "summary.md"
    summary.write_text("x" * (LIMIT - 10))
    path = written(tmp_path, report(row()))
    done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(summary))

    assert 1 == done.returncode
    assert "Write less" in done.stderr
    assert LIMIT - 10 == summary.stat().st_size


def test_outside_of_a_workflow(tmp_path: Path) -> None:
    """Without a summary to write there is advice; a dry run prints it."""
    path = written(tmp_path, report(row()))
    refused = dora("publish", "summary", path, folder=tmp_path)
    shown = dora("publish", "summary", path, "--dry-run", folder=tmp_path)

    assert (1, "") == (refused.returncode, refused.stdout)
    assert "GITHUB_STEP_SUMMARY is not set" in refused.stderr
    assert shown.stdout.startswith("## DORA metrics of `acme`")


def test_a_summary_that_cannot_be_written(tmp_path: Path) -> None:
    """A path that is a folder is reported."""
    path = written(tmp_path, report(row()))
    done = dora("publish", "summary", path, folder=tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path))

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines()))
