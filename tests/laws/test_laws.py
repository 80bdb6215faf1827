"""Laws that hold for any organization: what must not matter does not."""

import dataclasses
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.analysis.analysis import analyse, judge
from dora.analysis.changes import describe_commits, find_changes
from dora.analysis.failures import find_failures
from dora.analysis.history import trace_history
from dora.analysis.outcomes import find_environments, find_outcomes
from dora.config import Config
from dora.demo.organization.model import Deployment, Organization, Repository, Status
from dora.metrics.change_fail_rate import change_fail_rate, count_reasons
from dora.metrics.change_lead_time import change_lead_time
from dora.metrics.deployment_frequency import deployment_frequency
from dora.metrics.recovery_time import recovery_time
from dora.metrics.rework_rate import rework_rate
from dora.model.tables import SCHEMAS, Tables, make_tables
from dora.report.build import build_report
from dora.report.build_evidence import build_evidence
from dora.report.coverage import build_coverage
from dora.report.report_json import as_document
from dora.report.rows import find_groups
from tests.oracle.settings import TIERS
from tests.support.examples import examples, few_of
from tests.support.oracle_settings import config_for, tables_for
from tests.support.random_organizations import (
    DAY,
    NOW,
    configurations,
    organizations,
    random_organization,
)
from tests.support.tables import CAST, ago, config

Case = tuple[Organization, dict[str, Any], Tables, Config]

FEW = examples(
    20,
    few=5,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """An organization, what is asked of it, its tables and the configuration that asks."""
    organization = draw(organizations(deployments=8))
    until = NOW - draw(st.sampled_from((timedelta(0), 5 * DAY, 40 * DAY)))
    since = until - draw(st.sampled_from((60 * DAY, 90 * DAY, 14 * DAY)))
    by = draw(st.sampled_from(("repository", "organization")))
    asked = {"since": since, "until": until, "by": by, "tiers": TIERS}
    settings = draw(configurations())
    tables = tables_for(organization, asked, settings)
    return organization, asked, tables, config_for(organization, asked, settings)


def document(tables: Tables, configuration: Config) -> dict[str, Any]:
    """The JSON document of *tables*."""
    return as_document(build_report(tables, configuration))


def frames(tables: Tables) -> dict[str, pd.DataFrame]:
    """The tables by name."""
    return {name: getattr(tables, name) for name in SCHEMAS}


def with_frames(tables: Tables, made: dict[str, pd.DataFrame]) -> Tables:
    """The tables with some of them replaced."""
    return replace(tables, **made)  # type: ignore[arg-type]  # they are made from the same ones


@given(cases(), st.integers(0, 9))
@FEW
def test_order_of_rows_does_not_matter(case: Case, seed: int) -> None:
    """However the rows of the tables are ordered: the same tables give the same report."""
    _, _, tables, configuration = case
    shuffled = {
        name: one.sample(frac=1, random_state=seed + place)
        for place, (name, one) in enumerate(frames(tables).items())
    }
    expected = document(tables, configuration)
    assert expected == document(with_frames(tables, shuffled), configuration)


@given(cases())
@FEW
def test_other_repositories_do_not_matter(case: Case) -> None:
    """G1: a repository's rows are the same without the others."""
    _, _, tables, configuration = case
    by_repository = configuration.model_copy(update={"by": "repository"})
    every = document(tables, by_repository)["rows"]
    names = tables.repositories["repository"].tolist()
    alone = []
    for name in names:
        own = {key: one[one["repository"] == name] for key, one in frames(tables).items()}
        alone += document(with_frames(tables, own), by_repository)["rows"]
    assert every == alone


@given(cases())
@FEW
def test_rates_and_intervals(case: Case) -> None:
    """F9, RW1, DF3, LT6, R4: rates lie within 0 and 1, and every interval contains its number."""
    for row in document(case[2], case[3])["rows"]:
        failing, rework = row["change_fail_rate"], row["rework_rate"]
        for share, part in ((failing, failing["failed"]), (rework, rework["rework"])):
            assert (share["deployments"] == 0) is (share["rate"] is None)
            if share["rate"] is not None:
                low, high = share["interval"]
                assert 0 <= low <= share["rate"] == part / share["deployments"] <= high <= 1
        frequency, lead_time = row["deployment_frequency"], row["change_lead_time"]
        weeks = int(frequency["exposure_days"] // 7)
        assert (weeks < 4) is (frequency["per_day_interval"] is None)
        assert holds(frequency["per_day_interval"], frequency["per_day"])
        assert frequency["deployments"] == rework["deployments"]
        assert frequency["active_days"] <= frequency["deployments"]
        assert holds(lead_time["median_interval"], lead_time["median"])
        assert failing["never_live"] <= failing["failed"] <= sum(failing["reasons"].values())
        recovery = row["recovery_time"]
        assert recovery["episodes"] == recovery["recovered"] + recovery["open"]
        assert (recovery["episodes"] < 5) is (recovery["median_interval"] is None)
        assert holds(recovery["median_interval"], recovery["median"])


def holds(interval: list[float | None] | None, number: float | None) -> bool:
    """Whether an interval has its number in it; an end or a number that is unknown is no fault."""
    if interval is None:
        return True
    low, high = interval
    known = [one for one in (0.0, low, number, high) if one is not None]
    return known == sorted(known)


def counts(row: dict[str, Any]) -> dict[str, int]:
    """Everything of a row that can be added up."""
    return {
        **{
            f"{metric}.{name}": row[metric][name]
            for metric, name in (
                ("deployment_frequency", "deployments"),
                ("change_lead_time", "changes"),
                ("change_fail_rate", "failed"),
                ("change_fail_rate", "deployments"),
                ("change_fail_rate", "never_live"),
                ("recovery_time", "episodes"),
                ("recovery_time", "recovered"),
                ("recovery_time", "open"),
                ("rework_rate", "rework"),
            )
        },
        **{f"reason.{name}": n for name, n in row["change_fail_rate"]["reasons"].items()},
        "waiting": (row["waiting"] or {"changes": 0})["changes"],
    }


def added(rows: list[dict[str, Any]]) -> dict[str, int]:
    """The sums of several rows' counts, zeros left out."""
    sums: dict[str, int] = {}
    for row in rows:
        for name, count in counts(row).items():
            sums[name] = sums.get(name, 0) + count
    return {name: count for name, count in sorted(sums.items()) if count}


@given(cases(), st.sampled_from(("organization", "environment")))
@FEW
def test_pooled_counts_are_the_sums_of_their_members(case: Case, by: str) -> None:
    """G1: pooling adds the events themselves up, whatever they are pooled by."""
    _, _, tables, configuration = case
    tiers = ("production", "staging", "testing", "development", "other")
    single = configuration.model_copy(update={"by": "repository", "tier": tiers})
    pooled = configuration.model_copy(update={"by": by, "tier": tiers})
    members, pools = document(tables, single)["rows"], document(tables, pooled)["rows"]
    key = (lambda row: row["tier"]) if by == "organization" else environment_of
    expected = {one: added([row for row in members if key(row) == one]) for one in map(key, pools)}
    assert expected == {key(row): added([row]) for row in pools}
    assert {key(row) for row in members} == set(expected)
    levels = ("deployment_frequency", "change_lead_time", "change_fail_rate", "recovery_time")
    told = {
        str(row[metric][name])
        for row in pools
        for metric in levels
        for name in ("level", "level_range")
    }
    assert {"None"} >= told


def environment_of(row: dict[str, Any]) -> str:
    """The environment of a row, case ignored."""
    name: str = row["key"]["environment"]
    return name.casefold()


# As of (W2) -----------------------------------------------------------------------------------


def later_events(repository: Repository, until: datetime) -> Repository:
    """The repository with a deployment, and statuses of every deployment, at `until` and later."""
    grown = []
    for one in repository.deployments:
        states = ("failure", "success", "inactive")
        more = tuple(Status(state, until + place * DAY) for place, state in enumerate(states))
        grown.append(replace(one, statuses=(*one.statuses, *more)))
    head = repository.head
    if grown and head is not None:
        newest = max(one.id for one in grown)
        statuses = (Status("success", until),)
        grown.append(Deployment(newest + 1, head, grown[0].environment, until, statuses))
        grown.append(Deployment(newest + 2, head, "PRODUCTION", until + DAY, ()))
    return replace(repository, deployments=tuple(grown))


@given(cases())
@FEW
def test_past_window_stays_as_it_was(case: Case) -> None:
    """W2: deployments and statuses at `until` or later change nothing in the report."""
    organization, asked, tables, configuration = case
    asked = {"since": asked["since"] - 9 * DAY, "until": asked["until"] - 9 * DAY}
    configuration = config_for(organization, asked)
    tables = tables_for(organization, asked)
    until = configuration.window.until
    later = [later_events(one, until) for one in organization.repositories]
    grown = tables_for(replace(organization, repositories=tuple(later)), asked)
    assert document(tables, configuration) == document(grown, configuration)


# Nothing in, nothing out ----------------------------------------------------------------------


def test_nothing_in_nothing_out() -> None:
    """Of empty tables every stage gives empty frames with the same columns and dtypes."""
    whole, nothing = CAST["rollback"](), make_tables({})
    options = {"lookback": "30d"}
    kinds = [
        [
            (name, {key: str(dtype) for key, dtype in one.dtypes.items()})
            for name, one in stages(tables, config(**options))
        ]
        for tables in (whole, nothing)
    ]
    assert kinds[0] == kinds[1]
    assert [] == [name for name, one in stages(nothing, config(**options)) if len(one)]


def stages(tables: Tables, configuration: Config) -> Iterator[tuple[str, pd.DataFrame]]:
    """Every frame between the tables and the metrics, with its name."""
    read, every = find_outcomes(tables.deployments, tables.statuses, configuration)
    yield "read", read
    history = trace_history(read, tables, configuration)
    outcomes, succeeded = judge(read, every, history, configuration)
    described = describe_commits(history, tables, configuration)
    changes, waiting = find_changes(history, described, tables, configuration)
    failures = find_failures(outcomes, succeeded, history, described, tables, configuration)
    yield "outcomes", outcomes
    yield from (("changes", changes), ("waiting", waiting))
    for several in (history, failures):
        for field in dataclasses.fields(several):
            one = getattr(several, field.name)
            if isinstance(one, pd.DataFrame):
                yield field.name, one
    environments = find_environments(outcomes, configuration)
    groups = find_groups(environments, tables, configuration)
    yield from (("environments", environments), ("members", groups.members))


def test_empty_organization_has_an_empty_report() -> None:
    """Of nothing the report has no row and counts nothing."""
    found = document(make_tables({}), config())
    assert [] == found["rows"]
    assert 0 == found["coverage"]["repositories"]["read"]


# Purity ---------------------------------------------------------------------------------------


def unchanged(function: Callable[..., Any], *given_to: Any) -> Any:
    """What *function* gives, having seen that it left all its arguments as they were."""
    before = [pickle.dumps(one) for one in given_to]
    copies = [pickle.loads(one) for one in before]  # noqa: S301  # our own
    result = function(*given_to)
    for one, copy in zip(given_to, copies, strict=True):
        assert_same(one, copy)
    return result


def assert_same(one: Any, other: Any) -> None:
    """Frames, and records of frames, are equal in every cell and dtype."""
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other)
    elif dataclasses.is_dataclass(one) and not isinstance(one, type):
        for field in dataclasses.fields(one):
            assert_same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for key, value in one.items():
            assert_same(value, other[key])
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, pd.api.extensions.ExtensionArray):
        pd.testing.assert_extension_array_equal(one, other)
    elif isinstance(one, pd.Index):
        pd.testing.assert_index_equal(one, other)
    else:
        assert one == other


@pytest.mark.parametrize("seed", few_of([1, 2, 3], few=1))
@pytest.mark.parametrize("collapse", ["none", "run"])
def test_no_stage_changes_its_input(seed: int, collapse: str) -> None:
    """Every stage from tables to report leaves what it is given as it was."""
    organization = random_organization(seed, deployments=40)
    asked = {"since": NOW - 90 * DAY, "until": NOW - 5 * DAY, "tiers": TIERS}
    tables = tables_for(organization, asked)
    configuration = config_for(organization, asked).model_copy(
        update={"deployments": config(deployments={"collapse": collapse}).deployments}
    )
    read, every = unchanged(find_outcomes, tables.deployments, tables.statuses, configuration)
    history = unchanged(trace_history, read, tables, configuration)
    outcomes, succeeded = unchanged(judge, read, every, history, configuration)
    described = unchanged(describe_commits, history, tables, configuration)
    changes, _ = unchanged(find_changes, history, described, tables, configuration)
    unchanged(find_failures, outcomes, succeeded, history, described, tables, configuration)
    environments = unchanged(find_environments, outcomes, configuration)
    groups = unchanged(find_groups, environments, tables, configuration)
    unchanged(groups.grouped, changes)
    analysis = unchanged(analyse, tables, configuration)
    unchanged(build_coverage, tables, analysis, configuration)
    unchanged(build_evidence, analysis, tables, configuration)
    unchanged(build_report, tables, configuration)


def metric_inputs() -> dict[Callable[..., pd.DataFrame], tuple[Any, ...]]:
    """Every metric with something to compute."""
    instants = [ago(hours) for hours in (500, 476, 368)]
    events = pd.DataFrame(
        {
            "group": [1, 0, 1],
            "repository": ["api", "web", "api"],
            "environment_key": ["production"] * 3,
            "deployment": [1, 2, 3],
            "succeeded_at": instants,
            "began_at": instants,
            "ended_at": [*instants[1:], pd.NaT],
            "lead_time_seconds": [3.0, 1.0, 2.0],
            "coding_seconds": [3.0, float("nan"), 2.0],
            "review_seconds": [3.0, float("nan"), 2.0],
            "delivery_seconds": [3.0, float("nan"), 2.0],
            "is_failed": [True, False, True],
            "is_never_live": [True, False, False],
            "is_rework": [True, False, False],
        }
    )
    groups = pd.RangeIndex(3)
    ends = pd.DatetimeIndex([NOW] * 3)
    begins = ends - 30 * DAY
    return {
        deployment_frequency: (events, groups, begins, ends, "UTC"),
        change_lead_time: (events, groups),
        change_fail_rate: (events, groups),
        recovery_time: (events, groups, pd.Timestamp(NOW), events[["group"]].iloc[:1]),
        rework_rate: (events, groups),
    }


METRICS = list(metric_inputs().items())


@pytest.mark.parametrize(("metric", "given_to"), METRICS, ids=[m.__name__ for m, _ in METRICS])
def test_no_metric_changes_its_input(
    metric: Callable[..., pd.DataFrame], given_to: tuple[Any, ...]
) -> None:
    """Every metric leaves what it is given as it was, and gives one row a group in their order."""
    found = unchanged(metric, *given_to)
    assert [0, 1, 2] == found.index.tolist()


@pytest.mark.parametrize(("metric", "given_to"), METRICS, ids=[m.__name__ for m, _ in METRICS])
def test_metric_of_nothing_keeps_its_columns(
    metric: Callable[..., pd.DataFrame], given_to: tuple[Any, ...]
) -> None:
    """Of no event, or of no group, a metric gives the same columns and dtypes."""
    events, groups, *others = given_to
    full = metric(events, groups, *others).dtypes
    nothing = metric(events.iloc[:0], groups, *others)
    of_none = [one[:0] if isinstance(one, pd.DatetimeIndex) else one for one in others]
    no_group = metric(events.iloc[:0], groups[:0], *of_none)
    assert [full.to_dict()] * 2 == [nothing.dtypes.to_dict(), no_group.dtypes.to_dict()]
    assert (3, 0) == (len(nothing), len(no_group))


@pytest.mark.parametrize(("metric", "given_to"), METRICS, ids=[m.__name__ for m, _ in METRICS])
def test_order_of_events_does_not_matter_to_a_metric(
    metric: Callable[..., pd.DataFrame], given_to: tuple[Any, ...]
) -> None:
    """A metric is a function of a set of events."""
    events, *others = given_to
    expected = metric(events, *others)
    pd.testing.assert_frame_equal(expected, metric(events.iloc[::-1], *others))


def test_counting_reasons_changes_nothing() -> None:
    """F9: counting leaves the reasons as they were."""
    rows = [(0, "status", "api", 1), (0, "status", "api", 1)]
    reasons = pd.DataFrame(rows, columns=["group", "signal", "repository", "deployment"])
    assert {0: {"status": 1}} == unchanged(count_reasons, reasons)
