"""`dora publish issue`: keep one issue up to date, with a comment each week."""

import os
import re
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import (
    DryRun,
    EvidenceFile,
    Link,
    PreviousFile,
    ReportFile,
    find_diff,
    print_note,
    read,
)
from dora.errors import BadUsage, NoAccess

if TYPE_CHECKING:
    from dora.publish.issue import Issues
    from dora.report.model import Report

#: How GitHub names a repository.
REPOSITORY = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+")


def issue(
    report: ReportFile,
    evidence: EvidenceFile = None,
    previous: PreviousFile = None,
    repository: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Of the issue. Default: GITHUB_REPOSITORY."),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of the issue. Default: DORA metrics of the organization.")
    ] = None,
    link: Link = "",
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Keep one issue up to date, with a comment a week that says what changed.

    It is compared with --previous, or else with what the last comment keeps.
    """
    from dora.publish.issue import PublishedIssue
    from dora.publish.last_post import pack
    from dora.render.weekly_comment import render_comment, week_of
    from dora.report.diff import failed_of

    given = read(report, evidence, previous)
    called = _title(title, given.report)
    issues = _issues(repository or os.environ.get("GITHUB_REPOSITORY", ""), called, dry_run)
    found = issues.find() if issues else PublishedIssue(None)
    week = week_of(given.report)
    moved, why = find_diff(given, found.before(week))
    body = _body(given.report, link)
    comment = render_comment(given.report, moved, why=why)
    if dry_run:
        there = f"the issue {found.issue.html_url}" if found.issue else "a new issue"
        has_week = any(one.week == week for one in found.posts)
        how = f"its comment of {week}, written anew" if has_week else f"a comment of {week}"
        print_result(f"{there} of the title: {called}\n\n{body}\n\n{how}:\n\n{comment}")
    elif issues:
        failed = failed_of(given.evidence) if given.evidence else None
        print_note(f"posted: {issues.publish(body, comment, week, pack(given.report, failed))}")


def _title(title: str | None, report: "Report") -> str:
    """Title of the issue, on one line and without invisible characters."""
    from dora.render.formatting import plain

    title = title or f"DORA metrics of {report.organization}"
    title = plain(" ".join(title.split()))
    if not title:
        raise BadUsage("--title: is empty; allowed: a few words")
    return title


def _body(report: "Report", link: str) -> str:
    from dora.render.formatting import is_web_address
    from dora.render.markdown import render_report

    lines = ["This issue is kept up to date; each week's comment says what changed."]
    if is_web_address(link):
        lines.append(f"[The run that made it]({link})")
    return "\n".join([render_report(report), *lines, ""])


def _issues(repository: str, title: str, dry_run: bool) -> "Issues | None":
    """Access to the repository's issues; None for a dry run without a token."""
    from dora.collect.github.access import find_access
    from dora.publish.issue import Issues

    owner, _, name = repository.partition("/")
    if not REPOSITORY.fullmatch(repository) or name in {".", ".."}:
        raise BadUsage(
            f"--repository: {repository!r} is not allowed; allowed: OWNER/NAME, "
            "or GITHUB_REPOSITORY in the environment"
        )
    try:
        access = find_access(os.environ, owner)
    except NoAccess:
        if dry_run:
            return None
        raise
    return Issues(access.requester(), repository, title)
