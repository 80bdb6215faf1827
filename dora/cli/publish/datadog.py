"""`dora publish datadog`: send figures as gauges, deployments and failures as events."""

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dora.cli.options import Verbose
from dora.cli.output import print_result
from dora.cli.publish.inputs import DryRun, EvidenceFile, Given, ReportFile, print_note, read
from dora.cli.publish.prometheus import tell_doubles

if TYPE_CHECKING:
    from dora.publish.datadog.events import DatadogEvents
    from dora.publish.datadog.send import SentCounts
    from dora.publish.datadog.series import DatadogSeries


def datadog(
    report: ReportFile,
    evidence: EvidenceFile = None,
    dry_run: DryRun = False,
    verbose: Verbose = False,
) -> None:
    """Send every figure as a gauge; with --evidence deployments and failures to DORA Metrics.

    By DD_API_KEY and DD_SITE. With DD_APP_KEY deployments that failed are marked as such, which
    Datadog's change failure rate rests on.
    """
    from dora.publish.datadog.events import DatadogEvents, events_of
    from dora.publish.datadog.series import figures_of, instant_of
    from dora.publish.gauges import gauges_of

    now = datetime.now(UTC)
    given = read(report, evidence)
    made = gauges_of(given.report, given.evidence)
    at = instant_of(given.report.window.until, now)
    figures = figures_of(made.gauges, at)
    events = events_of(given.report, given.evidence) if given.evidence else DatadogEvents((), ())
    tell_doubles((*made.doubles, *figures.doubles))
    if dry_run:
        print_result(_preview(figures, events))
        return
    done = _send(given, figures, events, now)
    print_note(f"Datadog: {done.figures:,} figures were sent as of {at:%Y-%m-%d %H:%M} UTC")
    if given.evidence:
        _tell_events(done)
        failed = sum(one.mark is not None for one in events.deployments)
        if failed and not os.environ.get("DD_APP_KEY", "").strip():
            print_note(f"Datadog: {failed:,} deployments failed and are not marked: set DD_APP_KEY")


def _send(
    given: Given, figures: "DatadogSeries", events: "DatadogEvents", now: datetime
) -> "SentCounts":
    """Send all that an earlier run has not sent."""
    from dora.publish.datadog.account import check_installed, find_account
    from dora.publish.datadog.client import Datadog
    from dora.publish.datadog.receipt import Receipt
    from dora.publish.datadog.send import SentCounts, send_events, send_figures

    check_installed()
    account = find_account(os.environ)
    client, done = Datadog(account), SentCounts()
    send_figures(client, figures, done)
    if given.evidence:
        path = given.path.with_name(f"{given.path.name}.datadog")
        send_events(
            client,
            events,
            Receipt(path, account.digest),
            done,
            can_mark=bool(account.app_key),
            now=now,
        )
    return done


def _preview(figures: "DatadogSeries", events: "DatadogEvents") -> str:
    """Everything that would be sent, as JSON."""
    document = {
        "series": figures.series,
        "deployments": [one.attributes for one in events.deployments],
        "outages": [one.attributes for one in events.failures],
        "marks": [{"id": one.id, **one.mark} for one in events.deployments if one.mark],
    }
    return json.dumps(document, indent=2)


def _tell_events(done: "SentCounts") -> None:
    """Print what became of the events, and which are missing at Datadog."""
    for name, count in (("deployments", done.deployments), ("failures", done.failures)):
        print_note(f"Datadog: {count.sent:,} {name} were sent, {count.there:,} were sent before")
        if count.too_old:
            print_note(
                f"Datadog: {count.too_old:,} {name} are too old for it and are not there; "
                f"it says: {count.words}"
            )
    if done.marked:
        print_note(f"Datadog: {done.marked:,} deployments were marked, as failed or as mended")
    if done.not_marked:
        print_note(
            f"Datadog: {done.not_marked:,} deployments that failed are not marked, for it does not "
            "know them yet; run it again in some minutes"
        )
