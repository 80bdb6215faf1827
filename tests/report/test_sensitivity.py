"""The change fail rate under other definitions, and that the evidence adds up to the report."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from statistics import fmean, median

import pytest

from dora.analysis.analysis import analyse
from dora.config import Config
from dora.config.settings import FailureSettings
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from dora.model.tables import Tables
from dora.render import formatting
from dora.render.terminal.explain import render_explanation
from dora.render.terminal.row_evidence import RowEvidence, find_row_evidence
from dora.report.build import build_report, report_of
from dora.report.build_evidence import build_evidence
from dora.report.evidence import Evidence
from dora.report.making import Key
from dora.report.model import SIGNALS, Row
from dora.report.sensitivity import STATUSES, Sensitivity, find_sensitivities
from tests.oracle.settings import TIERS
from tests.support.explained_organization import ORGANIZATION, explained
from tests.support.oracle_settings import config_for, tables_for
from tests.support.random_organizations import NOW, random_organization

ASKED = {"since": NOW - timedelta(days=90), "until": NOW, "tiers": TIERS}
NAMES = ["demo", "by hand", *(f"random {seed}" for seed in range(4))]
SETTINGS = [
    FailureSettings(),
    FailureSettings(status="live", hotfix=False, incident=False),
    FailureSettings(status="off"),
]


@cache
def organization_called(name: str) -> Organization:
    """The organization of each of NAMES."""
    if name == "demo":
        return build_organization(NOW)
    if name == "by hand":
        return ORGANIZATION
    return random_organization(int(name.split()[1]))


@cache
def inputs(name: str) -> tuple[Tables, Config]:
    """Tables and configuration of each of NAMES."""
    organization = organization_called(name)
    return tables_for(organization, ASKED), config_for(organization, ASKED)


def failed_by_row(tables: Tables, config: Config, failures: FailureSettings) -> dict[Key, int]:
    """How many failed in each row, worked out anew."""
    report = build_report(tables, config.model_copy(update={"failures": failures}))
    return {key_of(row.key): row.metrics.change_fail_rate.failed for row in report.rows}


def key_of(key: dict[str, str]) -> Key:
    """Repository, environment and service of a row."""
    return key["repository"], key["environment"], key.get("service", "")


def only(signal: str, status: str) -> FailureSettings:
    """Failures by one signal alone."""
    chosen = {name: name == signal for name in SIGNALS[1:]}
    return FailureSettings.model_validate(
        {**chosen, "status": status if signal == "status" else "off"}
    )


def by_key(found: Iterable[Sensitivity]) -> dict[Key, Sensitivity]:
    """Sensitivities by their row."""
    return {(it.repository, it.environment, it.service): it for it in found}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "failures"),
    [
        pytest.param("demo", SETTINGS[0], id="demo"),
        pytest.param("by hand", SETTINGS[1], id="by hand, two off and one less strict"),
        pytest.param("random 0", SETTINGS[1], id="random, likewise"),
        pytest.param("random 1", SETTINGS[2], id="random, no failures by status"),
    ],
)
def test_as_if_the_configuration_were_another(name: str, failures: FailureSettings) -> None:
    """Each count is the report's under that configuration (F1 to F9)."""
    tables, given = inputs(name)
    config = given.model_copy(update={"failures": failures})
    found = by_key(find_sensitivities(analyse(tables, config), config))
    expected = failed_by_row(tables, config, failures)
    assert expected == {key: it.failed for key, it in found.items()}
    for status in STATUSES:
        changed = failures.model_copy(update={"status": status})
        expected = failed_by_row(tables, config, changed)
        assert expected == {key: it.by_status[status] for key, it in found.items()}
    for signal in SIGNALS:
        is_off = signal in next(iter(found.values())).off
        assert is_off == (getattr(failures, signal) in (False, "off"))
        if not is_off:
            expected = failed_by_row(tables, config, only(signal, failures.status))
            assert expected == {key: it.alone[signal] for key, it in found.items()}


def test_by_hand() -> None:
    """One signal alone, the choices of F8, and the cohort they are of (F9)."""
    failed = {"status": 3, "rollback": 1, "revert": 1, "hotfix": 1, "label": 1, "tag": 1}
    assert explained(ORGANIZATION).sensitivities == (
        Sensitivity(
            "patient-api",
            "production",
            "",
            deployments=11,
            failed=7,
            alone={**failed, "incident": 2},
            off=(),
            status="any",
            by_status={"any": 7, "live": 5, "off": 5},
        ),
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_evidence_adds_up(name: str) -> None:
    """What the evidence holds of a row is what the report counts in it (DF1, LT6, F9, R3, RW1)."""
    tables, config = inputs(name)
    analysis = analyse(tables, config)
    evidence = build_evidence(analysis, tables, config)
    stories = {it.key: it for it in find_row_evidence(evidence, (), ())}
    rows = report_of(analysis, tables, config).rows
    empty = Evidence(**{**vars(evidence), "deployments": (), "changes": (), "episodes": (),
                        "waiting": ()})  # fmt: skip
    for row in rows:
        story = stories.get(key_of(row.key)) or find_row_evidence(empty, [row], ())[0]
        assert told(row) == counted(story)
    with_row = {key_of(row.key) for row in rows}
    assert not [it for it in stories.values() if it.finished and it.key not in with_row]


def told(row: Row) -> dict[str, object]:
    """What a row says."""
    times = row.metrics.change_lead_time
    return {
        "succeeded": row.metrics.deployment_frequency.deployments,
        "changes": row.metrics.change_lead_time.changes,
        "lead times": rounded(times.median, times.mean),
        "finished": row.metrics.change_fail_rate.deployments,
        "failed": row.metrics.change_fail_rate.failed,
        "reasons": row.metrics.change_fail_rate.reasons,
        "never live": row.metrics.change_fail_rate.never_live,
        "episodes": row.metrics.recovery_time.episodes,
        "open": row.metrics.recovery_time.open,
        "recovery": rounded(row.metrics.recovery_time.mean),
        "rework": row.metrics.rework_rate.rework,
        "waiting": row.waiting.changes if row.waiting else 0,
    }


def counted(story: RowEvidence) -> dict[str, object]:
    """The same, counted in the evidence."""
    times = [one.lead_time for one in story.changes if one.lead_time is not None]
    marks = Counter(
        signal for one in story.failed for signal in {reason.signal for reason in one.reasons}
    )
    over = [(it.ended_at - it.began_at).total_seconds() for it in story.episodes if it.ended_at]
    return {
        "succeeded": len(story.succeeded),
        "changes": len(story.changes),
        "lead times": rounded(median(times), fmean(times)) if times else rounded(None, None),
        "finished": len(story.finished),
        "failed": len(story.failed),
        "reasons": dict(marks),
        "never live": sum(one.never_live for one in story.failed),
        "episodes": len(story.episodes),
        "open": sum(one.ended_at is None for one in story.episodes),
        "recovery": rounded(fmean(over) if over else None),
        "rework": len(story.reworked),
        "waiting": len(story.waiting),
    }


def rounded(*seconds: float | None) -> list[float | None]:
    """Seconds without what two ways of adding may differ by."""
    return [None if one is None else round(one, 3) for one in seconds]


@pytest.mark.thorough
def test_the_sentences_say_what_the_rows_say() -> None:
    """For every row of the demo organization the arithmetic ends in the figure of its row."""
    tables, config = inputs("demo")
    analysis = analyse(tables, config)
    for row in report_of(analysis, tables, config).rows:
        repository, environment, _ = key_of(row.key)
        own = build_evidence(
            analysis, tables, config, repository=repository, environment=environment
        )
        text = render_explanation(own, [row], (), width=400, colour=False)
        rate, frequency, rework = (
            row.metrics.change_fail_rate,
            row.metrics.deployment_frequency,
            row.metrics.rework_rate,
        )
        if rate.deployments:
            failed, finished = map(formatting.count, (rate.failed, rate.deployments))
            share = f"{failed} failed of {finished} finished"
            assert f"  {share} = {formatting.percentage(rate.rate)}\n" in text
        if rework.deployments:
            share = f"{rework.rework} rework of {formatting.count(rework.deployments)} succeeded"
            assert f"  {share} = {formatting.percentage(rework.rate)}\n" in text
        count, length = frequency.deployments, formatting.days(frequency.exposure_days or 0)
        assert f"  {formatting.count(count)} succeeded ÷ {length}" in text
        assert f" = {formatting.frequency(frequency.per_day)}" in text
        if row.metrics.change_lead_time.changes:
            assert f" = {formatting.duration(row.metrics.change_lead_time.median)}\n" in text
