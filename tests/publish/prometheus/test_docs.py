"""What docs say of Prometheus: every rule and expression, held to promtool and to what is given."""

import re
from pathlib import Path

import pytest

from dora.publish.gauges import gauges_of
from dora.publish.prometheus.exposition import exposition
from dora.report.documents import Episode
from tests.support.expected_series import parsed
from tests.support.published_files import MONDAY, evidence
from tests.support.reports import SERVICES, USUAL
from tests.support.servers.prometheus import promtool

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "prometheus.md"
RULES = DOCS / "prometheus" / "rules.yml"


def expressions() -> list[str]:
    """Every expression of the page."""
    found = re.findall(r"^```promql\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return [" ".join(one.split()) for one in found]


def given() -> set[str]:
    """Every metric that there can be."""
    outage = Episode("patient-api", "production", MONDAY, None, (1,))
    found = [gauges_of(made, evidence(episodes=[outage])) for made in (USUAL, SERVICES)]
    return {name for made in found for name, _ in parsed(exposition(made.gauges))}


def test_the_rules_can_be_loaded() -> None:
    """Every alert is one that Prometheus takes."""
    status, said = promtool("check", "rules", RULES)

    assert 0 == status, said
    assert "8 rules found" in said


def test_the_rules_fire_when_they_should() -> None:
    """Each alert fires above its limit and not at it."""
    status, said = promtool("test", "rules", DOCS / "prometheus" / "rules_test.yml")

    assert 0 == status, said
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    assert alerts == set(
        re.findall(r"alertname: (\w+)", (RULES.parent / "rules_test.yml").read_text())
    )


@pytest.mark.parametrize("expression", expressions())
def test_an_expression_can_be_asked(expression: str, tmp_path: Path) -> None:
    """Every expression of the page is one that Prometheus takes."""
    rules = tmp_path / "rules.yml"
    rules.write_text(
        "groups: [{name: docs, rules: [{record: one, expr: '"
        + expression.replace("'", "''")
        + "'}]}]"
    )
    status, said = promtool("check", "rules", rules)

    assert 0 == status, said


def test_every_metric_that_is_named_is_given() -> None:
    """Page and rules name no metric that there is not, and the page's table names them all."""
    metrics = given()
    page = PAGE.read_text()
    named = set(re.findall(r"\bdora_[a-z0-9_]*[a-z0-9]\b", page + RULES.read_text()))
    table = set()
    for family, names in re.findall(r"^\| `(dora_\w+_)` \| (.*) \|$", page, re.MULTILINE):
        table |= {family + one for one in re.findall(r"`([a-z0-9_]+)`", names)}
    labels = {"dora_change_lead_time_stage", "dora_change_fail_rate_signal", "dora_report_state"}

    assert metrics == table - labels
    assert set() == named - metrics
