"""Down and outage are said of incidents and of what was live, and of nothing else (F8)."""

import json
import re
from typing import Any

import pytest

from dora.analysis.analysis import analyse
from dora.publish.datadog.events import events_of
from dora.render.html.page import render_page
from dora.render.markdown import render_report as render_markdown
from dora.render.slack_message import render_message
from dora.render.terminal.explain import render_explanation
from dora.render.terminal.report import render_report
from dora.render.weekly_comment import render_comment
from dora.report.build import build_report
from dora.report.build_evidence import build_evidence
from dora.report.sensitivity import find_sensitivities
from tests.support.pages import page_of
from tests.support.tables import DAY, Rows, config, deployment, line, tables

WORDS = re.compile(r"\boutages?\b|\bdown\b", re.IGNORECASE)
LIVE = line(a=50 * DAY, b=20 * DAY, c=19 * DAY), deployment(1, "a", 45 * DAY)
#: The page's part for outages, which says that nothing is down.
HEADINGS = ("Down now", ">Down now<", 'id="down"', 'href="#down"')


def outputs_of(*parts: Rows) -> dict[str, str]:
    """Every text for people that is made of one repository's last thirty days."""
    read, asked = tables(*LIVE, *parts), config()
    report, analysis = build_report(read, asked), analyse(read, asked)
    evidence = build_evidence(analysis, read, asked)
    sensitivities = find_sensitivities(analysis, asked)
    page = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", render_page(page_of(read)),
                  flags=re.DOTALL)  # fmt: skip
    for heading in HEADINGS:
        page = page.replace(heading, "")
    failures = [_plain(one.attributes) for one in events_of(report, evidence).failures]
    return {
        "terminal": render_report(report, width=200, colour=False),
        "Markdown": render_markdown(report),
        "page": re.sub(r'class="?[a-z ]+"?', "", page),
        "explain": render_explanation(
            evidence, report.rows, sensitivities, width=200, colour=False
        ),
        "Slack": json.dumps(render_message(report)),
        "comment": render_comment(report, None),
        "Datadog": json.dumps(failures),
    }


def _plain(event: dict[str, Any]) -> dict[str, Any]:
    """An event without its id, which is the same for every failure."""
    return {name: value for name, value in event.items() if name != "id"}


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param((deployment(2, "b", 9 * DAY, ("failure", 9 * DAY)),), id="failed"),
        pytest.param(
            (
                deployment(2, "b", 9 * DAY, ("failure", 9 * DAY)),
                deployment(3, "b", 8 * DAY, ("error", 8 * DAY)),
            ),
            id="failed twice in a row",
        ),
        pytest.param(
            (deployment(2, "b", 9 * DAY, ("failure", 9 * DAY)), deployment(3, "b", 8 * DAY)),
            id="followed by a success",
        ),
        pytest.param((deployment(2, "b", 33 * DAY, ("failure", 33 * DAY)),), id="carried in"),
    ],
)
def test_what_never_was_live_is_not_down(parts: tuple[Rows, ...]) -> None:
    """F8: a failed job that never went live is a failed deployment, in every output."""
    outputs = outputs_of(*parts)
    assert {} == {name: text for name, text in outputs.items() if WORDS.search(text)}


def test_what_failed_after_it_was_live_was_down() -> None:
    """F8: what succeeded and then failed was down, and that was an outage."""
    failed = deployment(2, "b", 9 * DAY, ("success", 9 * DAY), ("failure", 8 * DAY))
    recovered = outputs_of(failed, deployment(3, "c", 7 * DAY))
    still_open = outputs_of(failed)
    assert "down 24 h, until c" in recovered["explain"]
    assert "1 outage open" in still_open["page"]
    assert "api production: deployment 2" in recovered["Datadog"]
