"""`dora publish slack`: post the report as a message, by an incoming webhook or a bot."""

import json
import os
from typing import Annotated, Any

import typer

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import (
    DryRun,
    EvidenceFile,
    Given,
    Link,
    PreviousFile,
    ReportFile,
    find_diff,
    print_note,
    read,
)
from dora.errors import NoAccess

#: Address of Slack's API unless SLACK_API_URL names another (GovSlack has its own).
SLACK_API = "https://slack.com/api/"


def slack(
    report: ReportFile,
    evidence: EvidenceFile = None,
    previous: PreviousFile = None,
    channel: Annotated[
        str | None, typer.Option(help="The channel's id, with SLACK_BOT_TOKEN.")
    ] = None,
    link: Link = "",
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Post a message, by SLACK_WEBHOOK_URL or by SLACK_BOT_TOKEN and --channel."""
    from dora.render.slack_message import render_message

    given = read(report, evidence, previous)
    message: dict[str, Any] = render_message(given.report, find_diff(given)[0], link=link)
    if dry_run:
        print_result(json.dumps(message, indent=2))
        return
    print_note(f"Slack: {_post(given, message, channel or os.environ.get('SLACK_CHANNEL', ''))}")


def _post(given: Given, message: dict[str, Any], channel: str) -> str:
    """Post *message* with the credentials of the environment; returns what was done."""
    from dora.publish import slack
    from dora.render.weekly_comment import week_of

    slack.check_installed()
    week, organization = week_of(given.report), given.report.organization
    url, token = (
        os.environ.get(f"SLACK_{name}", "").strip() for name in ("WEBHOOK_URL", "BOT_TOKEN")
    )
    if token and channel:
        api = os.environ.get("SLACK_API_URL", "").strip() or SLACK_API
        return slack.post_by_bot(
            message, token, channel, week=week, organization=organization, api=api
        )
    if url:
        receipt = given.path.with_name(f"{given.path.name}.slack")
        return slack.post_by_webhook(
            message, url, week=week, organization=organization, receipt=receipt
        )
    raise NoAccess(
        "there is nothing to reach Slack with",
        "Set SLACK_WEBHOOK_URL, or SLACK_BOT_TOKEN and --channel.",
    )
