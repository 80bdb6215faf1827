"""What docs say of Prometheus: every metric that they name is given, every alert is tested."""

import re
from dataclasses import replace
from pathlib import Path

from dora.publish.gauges import gauges_of
from dora.publish.prometheus.exposition import exposition
from dora.report.evidence import EpisodeEvidence
from dora.report.ranges import OpenInterval, Place
from tests.support.expected_series import LEVELLED, parsed
from tests.support.published_files import MONDAY, evidence, judged_report, report, row
from tests.support.reports import SERVICES, USUAL

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "prometheus.md"
RULES = DOCS / "prometheus" / "rules.yml"


def given() -> set[str]:
    """Every metric that there can be."""
    outage = EpisodeEvidence("patient-api", "production", MONDAY, None, (1,))
    sure = replace(row().metrics.recovery_time, median_interval=OpenInterval(1.0, 2.0), level="low")
    all_known = report(replace(row(), metrics=replace(row().metrics, recovery_time=sure)))
    placed = replace(row().metrics.change_lead_time, place=Place(0.2, 0.5))
    lead_time = report(replace(row(), metrics=replace(row().metrics, change_lead_time=placed)))
    reports = (USUAL, SERVICES, judged_report(), all_known, lead_time)
    found = [gauges_of(made, evidence(episodes=[outage])) for made in reports]
    return {name for made in found for name, _ in parsed(exposition(made.gauges))}


def test_every_rule_is_tested() -> None:
    """The file of tests for promtool has a test of each alert."""
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    tests = (RULES.parent / "rules_test.yml").read_text()

    assert 8 == len(alerts)
    assert alerts == set(re.findall(r"alertname: (\w+)", tests))


def test_every_metric_that_is_named_is_given() -> None:
    """Page and rules name no metric that there is not, and the page's table names them all."""
    metrics = given()
    page = PAGE.read_text()
    named = set(re.findall(r"\bdora_[a-z0-9_]*[a-z0-9]\b", page + RULES.read_text()))
    table = set()
    for family, names in re.findall(r"^\| `(dora_\w+_)` \| (.*) \|$", page, re.MULTILINE):
        table |= {family + one for one in re.findall(r"`([a-z0-9_]+)`", names)}
    labels = {"dora_change_lead_time_stage", "dora_change_fail_rate_signal", "dora_report_state"}
    labels |= {f"dora_{metric}_end" for metric in LEVELLED}

    assert metrics == table - labels
    assert set() == named - metrics
