"""`dora publish`: a finished report, sent to where people read it."""

import json
import os
import re
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dora.cli import output as out
from dora.errors import BadUsage, CannotWrite, NoAccess

if TYPE_CHECKING:
    from collections.abc import Callable

    from dora.documents import Evidence
    from dora.movements import Known, Movements
    from dora.publish.issue import Issues
    from dora.publish.memory import Memory
    from dora.results import Report

#: How GitHub names a repository.
REPOSITORY = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+")
#: How far the ends of report and evidence may be apart.
MOST_APART = timedelta(days=1)
#: Where Slack's API is, unless SLACK_API_URL says otherwise (GovSlack has its own).
SLACK_API = "https://slack.com/api/"


def publish(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="Where to: summary, issue or slack.")
    ],
    report: Annotated[
        Path, typer.Argument(metavar="REPORT.json", help="What `dora report` wrote as JSON.")
    ],
    evidence: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="What `dora explain --format json` wrote: names deployments."
        ),
    ] = None,
    previous: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The report to compare with. Default for issue: its last post."
        ),
    ] = None,
    repository: Annotated[
        str | None,
        typer.Option(metavar="OWNER/NAME", help="Of the issue. Default: GITHUB_REPOSITORY."),
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Of the issue. Default: DORA metrics of the organization.")
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Slack's channel id, with SLACK_BOT_TOKEN.")
    ] = None,
    link: Annotated[
        str, typer.Option(metavar="URL", help="Where the whole report is to be found.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent, and send nothing.")
    ] = False,
    verbose: Annotated[  # noqa: ARG001  # read by main
        bool, typer.Option("--verbose", help="Tracebacks of errors.")
    ] = False,
) -> None:
    """Send a finished report to where people read it; it is not worked out again.

    summary: the page of a workflow's run. issue: one issue, kept up to date, with a comment a week
    that says what changed. slack: a message, by SLACK_WEBHOOK_URL or by SLACK_BOT_TOKEN and
    --channel. Each may be run twice.
    """
    targets: dict[str, Callable[[_Given], None]] = {
        "summary": _summary,
        "issue": _issue,
        "slack": _slack,
    }
    if target not in targets:
        raise BadUsage(f"TARGET: {target!r} is not allowed; allowed: {', '.join(targets)}")
    from dora.documents import read_evidence, read_report  # noqa: PLC0415  # heavy: pydantic

    given = _Given(
        path=report,
        report=read_report(report),
        evidence=read_evidence(evidence) if evidence else None,
        previous=read_report(previous) if previous else None,
        repository=repository or os.environ.get("GITHUB_REPOSITORY", ""),
        title=title,
        channel=channel or os.environ.get("SLACK_CHANNEL", ""),
        link=link,
        dry_run=dry_run,
    )
    _check_evidence(given)
    targets[target](given)


@dataclass(frozen=True)
class _Given:
    """What was asked for, read."""

    path: Path
    report: "Report"
    evidence: "Evidence | None"
    previous: "Report | None"
    repository: str
    title: str | None
    channel: str
    link: str
    dry_run: bool


def _check_evidence(given: _Given) -> None:
    """Refuse evidence of another time than the report's; a little apart is no harm."""
    evidence, report = given.evidence, given.report
    if evidence and abs(evidence.until - report.until) > MOST_APART:
        raise BadUsage(
            "--evidence: is of another time than the report; allowed: of the same window"
        )


# -- The job summary ----------------------------------------------------------------------------


def _summary(given: _Given) -> None:
    from dora.publish.summary import LIMIT, publish_summary, room_for  # noqa: PLC0415  # as needed
    from dora.render.markdown import render_report  # noqa: PLC0415  # likewise

    name = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if given.dry_run or not name:
        if not given.dry_run:
            raise CannotWrite(
                "there is no job summary: GITHUB_STEP_SUMMARY is not set",
                "Run it in a step of a workflow, or look at it with --dry-run.",
            )
        out.show(render_report(given.report, limit=LIMIT))
        return
    path = Path(name)
    publish_summary(render_report(given.report, limit=room_for(path)), path)
    _say("the job summary was written")


# -- The issue ----------------------------------------------------------------------------------


def _issue(given: _Given) -> None:
    from dora.movements import failed_of  # noqa: PLC0415  # as needed
    from dora.publish.issue import Found  # noqa: PLC0415  # heavy: PyGithub
    from dora.publish.memory import pack  # noqa: PLC0415  # as needed
    from dora.render.comment import render_comment, week_of  # noqa: PLC0415  # likewise

    title = _title(given)
    issues = _issues(given, title)
    found = issues.find() if issues else Found(None)
    week = week_of(given.report)
    movements, why = _movements(given, found.before(week))
    body = _body(given)
    comment = render_comment(given.report, movements, why=why)
    failed = failed_of(given.evidence) if given.evidence else None
    if given.dry_run:
        there = f"the issue {found.issue.html_url}" if found.issue else "a new issue"
        has_week = any(one.week == week for one in found.posts)
        how = f"its comment of {week}, written anew" if has_week else f"a comment of {week}"
        out.show(f"{there} of the title: {title}\n\n{body}\n\n{how}:\n\n{comment}")
    elif issues:
        _say(f"posted: {issues.publish(body, comment, week, pack(given.report, failed))}")


def _title(given: _Given) -> str:
    """The title, on one line and with nothing in it that cannot be seen."""
    from dora.render.words import plain  # noqa: PLC0415  # as needed

    title = given.title or f"DORA metrics of {given.report.organization}"
    title = plain(" ".join(title.split()))
    if not title:
        raise BadUsage("--title: is empty; allowed: a few words")
    return title


def _body(given: _Given) -> str:
    from dora.render.markdown import ADDRESS, render_report  # noqa: PLC0415  # as needed

    lines = ["This issue is kept up to date; each week's comment says what changed."]
    if ADDRESS.fullmatch(given.link):
        lines.append(f"[The run that made it]({given.link})")
    return "\n".join([render_report(given.report), *lines, ""])


def _issues(given: _Given, title: str) -> "Issues | None":
    """The issue's place at GitHub; None for a dry run that nobody gave a token for."""
    from dora.collect.access import find_access  # noqa: PLC0415  # heavy: PyGithub
    from dora.publish.issue import Issues  # noqa: PLC0415  # likewise

    owner, _, name = given.repository.partition("/")
    if not REPOSITORY.fullmatch(given.repository) or name in {".", ".."}:
        raise BadUsage(
            f"--repository: {given.repository!r} is not allowed; allowed: OWNER/NAME, "
            "or GITHUB_REPOSITORY in the environment"
        )
    try:
        access = find_access(os.environ, owner)
    except NoAccess:
        if given.dry_run:
            return None
        raise
    return Issues(access.requester(), given.repository, title)


def _movements(given: _Given, memory: "Memory | None") -> "tuple[Movements | None, str]":
    """What moved since the report to compare with; else None, and why where that is strange."""
    from dora.movements import can_compare, find_movements  # noqa: PLC0415  # as needed

    before, known = given.previous, _known(memory)
    if before is None and memory is not None:
        before = memory.report
    if before is None:
        return None, ""
    why = can_compare(before, given.report)
    if why:
        if given.previous is not None:
            raise BadUsage(f"--previous: cannot be compared with: {why}")
        return None, f"of the last post, {why}"
    if given.previous is not None:
        known = None
    found = find_movements(before, given.report, given.evidence, known)
    if given.previous is None and memory is not None and not memory.is_whole:
        from dataclasses import replace  # noqa: PLC0415  # for this alone

        found = replace(found, appeared=())  # they may only have been forgotten
    return found, ""


def _known(memory: "Memory | None") -> "Known | None":
    return memory.failed if memory else None


# -- Slack --------------------------------------------------------------------------------------


def _slack(given: _Given) -> None:
    from dora.render.blocks import render_message  # noqa: PLC0415  # as needed
    from dora.render.comment import week_of  # noqa: PLC0415  # likewise

    movements, _ = _movements(given, None)
    message: dict[str, Any] = render_message(given.report, movements, link=given.link)
    if given.dry_run:
        out.show(json.dumps(message, indent=2))
        return
    from dora.publish import slack  # noqa: PLC0415  # as needed

    slack.check_installed()
    week, organization = week_of(given.report), given.report.organization
    url, token = (
        os.environ.get(f"SLACK_{name}", "").strip() for name in ("WEBHOOK_URL", "BOT_TOKEN")
    )
    if token and given.channel:
        api = os.environ.get("SLACK_API_URL", "").strip() or SLACK_API
        done = slack.post_by_bot(
            message, token, given.channel, week=week, organization=organization, api=api
        )
    elif url:
        receipt = given.path.with_name(f"{given.path.name}.slack")
        done = slack.post_by_webhook(
            message, url, week=week, organization=organization, receipt=receipt
        )
    else:
        raise NoAccess(
            "there is nothing to reach Slack with",
            "Set SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and --channel.",
        )
    _say(f"Slack: {done}")


def _say(text: str) -> None:
    from dora.render.words import plain  # noqa: PLC0415  # addresses are GitHub's words

    print(f"dora: {plain(text)}", file=sys.stderr)
