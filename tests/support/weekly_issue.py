"""Reports of three weeks, the issue that they are posted to, and what is in it."""

import re
import subprocess
from pathlib import Path
from typing import Any

from dora.demo.github.server import TOKEN, Server
from dora.demo.organization.model import Issue
from dora.report.model import UNCLEAR, Report
from tests.support.command import dora
from tests.support.published_files import MONDAY, WEEK, report, row, said, written

ISSUES, COMMENTS = "/repos/acme/api/issues", "/repos/acme/api/issues/*/comments"
WEEKS = [
    report(
        said(row(failed=failed, median=hours * 3_600.0), change_lead_time=word),
        until=MONDAY + at * WEEK,
    )
    for at, (failed, hours, word) in enumerate(
        [(3, 20, UNCLEAR), (8, 21, UNCLEAR), (8, 40, "worse")]
    )
]
THREE = ["2026-W48", "2026-W49", "2026-W50"]
#: Each write of three weeks: the method and path of its request, which of these, and the week.
WRITES = {
    "issue": ("POST", ISSUES, 1, 0),
    "comment": ("POST", COMMENTS, 2, 1),
    "edit": ("PATCH", f"{ISSUES}/*", 2, 2),
}


def issues(server: Server) -> tuple[Issue, ...]:
    """The issues of the repository that is posted to."""
    view = server.visible.view("acme", "api")
    assert view is not None
    return view.repository.issues


def access(server: Server) -> dict[str, Any]:
    """The environment that leads to the repository."""
    return {
        "GITHUB_API_URL": server.url,
        "GITHUB_TOKEN": TOKEN,
        "GITHUB_REPOSITORY": "acme/api",
    }


def publish(
    server: Server, folder: Path, made: Report, *options: str | Path
) -> subprocess.CompletedProcess[str]:
    """Post a report."""
    path = written(folder, made)
    return dora("publish", "issue", path, *options, folder=folder, **access(server))


def weeks(server: Server) -> list[list[str]]:
    """The weeks that are posted, issue by issue."""
    return [
        [re.findall(r"### (\d{4}-W\d\d)", one.body)[0] for one in issue.comments]
        for issue in issues(server)
    ]
