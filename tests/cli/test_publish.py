"""`dora publish`: what it refuses, and that it works nothing out."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import dora
from tests.support.published_files import MONDAY, WEEK, report, row, written


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pigeon"], "allowed: summary, issue, slack"),
        (["issue"], "allowed: OWNER/NAME"),
        (["issue", "--repository", "acme"], "allowed: OWNER/NAME"),
        (["issue", "--repository", "acme/a/b"], "allowed: OWNER/NAME"),
        (["issue", "--repository", "acme/.."], "allowed: OWNER/NAME"),
        (["issue", "--repository", "acme/a?b=c"], "allowed: OWNER/NAME"),
        (["issue", "--repository", "acme/api", "--title", " \n"], "--title: is empty"),
        (
            ["issue", "--repository", "a/b", "--dry-run", "--previous", "later.json"],
            "not the earlier",
        ),
        (["slack", "--dry-run", "--previous", "other.json"], "another organization"),
    ],
)
def test_wrong_use(arguments: list[str], told: str, tmp_path: Path) -> None:
    """Status 2, one line, and what is allowed."""
    written(tmp_path, report(row(), until=MONDAY + WEEK), "later.json")
    written(tmp_path, report(row(), organization="other", until=MONDAY - WEEK), "other.json")
    path = written(tmp_path, report(row()))
    done = dora("publish", arguments[0], path, *arguments[1:], folder=tmp_path)

    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_a_file_that_is_no_report(tmp_path: Path) -> None:
    """Status 1, and how to make one."""
    done = dora("publish", "summary", tmp_path / "none.json", folder=tmp_path)

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines()))
    assert "dora report --output report.json" in done.stderr


def test_evidence_of_another_time(tmp_path: Path) -> None:
    """Evidence of another window would name the wrong deployments."""
    window = {"since": "2025-01-01T00:00:00Z", "until": "2025-04-01T00:00:00Z"}
    told = {
        "schema": "dora.evidence/1",
        "window": window,
        "deployments": [],
        "changes": [],
        "episodes": [],
    }
    (tmp_path / "evidence.json").write_text(json.dumps(told))
    path = written(tmp_path, report(row()))
    asked: list[str | Path] = ["--evidence", tmp_path / "evidence.json", "--dry-run"]
    done = dora("publish", "slack", path, *asked, folder=tmp_path)

    assert 2 == done.returncode
    assert "of another time" in done.stderr


def test_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    """A finished report needs no pandas and no scipy: nothing is worked out again."""
    path = written(tmp_path, report(row()))
    code = (
        "import sys\nfrom dora.cli import app\n"
        f"app(['publish', 'slack', {str(path)!r}, '--dry-run'], standalone_mode=False)\n"
        "print([one for one in ('pandas', 'scipy', 'github') if one in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603  # this very package
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert "[]" == done.stdout.splitlines()[-1]
