"""What kind of failure an episode was, and which ones are carried into a window (F8, R2, R3)."""

from typing import Any

import pandas as pd
import pytest

from dora.model.tables import Tables
from dora.report.build import build_report
from tests.analysis.test_failures import failures_of
from tests.support.tables import (
    DAY,
    Rows,
    ago,
    config,
    deployment,
    line,
    listed,
    tables,
)

LINE = line(a=50 * DAY, b=20 * DAY, c=19 * DAY, d=18 * DAY)
OLD = deployment(1, "a", 40 * DAY)
FAILED = ("failure", 10 * DAY)


def kinds_of(*parts: Rows, **options: Any) -> list[tuple[int, bool]]:
    """The first deployment of each episode, and whether the episode never was live."""
    found = failures_of(tables(LINE, OLD, *parts), **options).episodes
    return sorted(listed(found, "deployment", "is_never_live"))


@pytest.mark.parametrize(
    ("statuses", "is_never_live"),
    [
        pytest.param((FAILED,), True, id="nothing ever succeeded"),
        pytest.param((("error", 10 * DAY),), True, id="an error"),
        pytest.param((("success", 10 * DAY), ("failure", 9 * DAY)), False, id="live, then failed"),
        pytest.param((FAILED, ("success", 9 * DAY)), False, id="failed, then live"),
        pytest.param(
            ((*FAILED, None, "Failed: APPLY had begun"),), False, id="the change had begun"
        ),
        pytest.param(((*FAILED, None, "Failed"),), True, id="nobody says that it had begun"),
    ],
)
def test_what_was_live_is_an_outage(statuses: tuple[Any, ...], *, is_never_live: bool) -> None:
    """F8: an episode is an outage if its deployment was live, or its change had begun."""
    assert [(2, is_never_live)] == kinds_of(deployment(2, "b", 10 * DAY, *statuses))


def test_failed_attempts_in_a_row_are_an_outage_if_one_was_live() -> None:
    """R2, F8: of failures that end together a single one that was live makes an outage."""
    broken = deployment(2, "b", 10 * DAY, FAILED)
    never = deployment(3, "c", 9 * DAY, ("failure", 9 * DAY))
    live = deployment(3, "c", 9 * DAY, ("success", 9 * DAY + 1), ("failure", 9 * DAY))
    assert [(2, True)] == kinds_of(broken, never, deployment(4, "d", 8 * DAY))
    assert [(2, True)] == kinds_of(broken, never)
    assert [(2, True), (3, False)] == kinds_of(broken, live)
    begun = deployment(3, "c", 9 * DAY, ("failure", 9 * DAY, None, "apply had begun"))
    assert [(2, False)] == kinds_of(broken, begun, deployment(4, "d", 8 * DAY))


def test_another_signal_makes_an_outage() -> None:
    """F8: a deployment that went back failed by a rollback, so it had been live."""
    back = deployment(3, "a", 9 * DAY, task="rollback")
    assert [(2, False)] == kinds_of(deployment(2, "b", 10 * DAY), back)


def test_an_incident_that_names_a_deployment_makes_an_outage() -> None:
    """F7, F8: people saw harm, although no status says that anything had been live."""
    opened = {
        "repository": "api", "number": 7, "by": "api#7", "named": "2", "url": "https://h/7",
        "opened_at": ago(9 * DAY), "closed_at": None,
    }  # fmt: skip
    columns = tables().incidents.columns
    incident: Rows = {"incidents": [tuple(opened.get(name) for name in columns)]}
    broken = deployment(2, "b", 10 * DAY, FAILED)
    assert [(2, False)] == kinds_of(broken, incident)
    assert [(2, True)] == kinds_of(broken, incident, failures={"incident": False})


def recoveries(read: Tables, **options: Any) -> Any:
    """The recovery time of the only row, and of the parts of its window."""
    (row,) = build_report(read, config(**options)).rows
    return row.metrics.recovery_time, [
        one.metrics.recovery_time for one in row.trend if one.metrics
    ]


@pytest.mark.parametrize(
    ("began", "ended", "carried_in"),
    [
        pytest.param(31 * DAY, 29 * DAY, 1, id="recovered in the window"),
        pytest.param(31 * DAY, None, 1, id="still open"),
        pytest.param(31 * DAY, 30 * DAY, 1, id="recovered at the first instant"),
        pytest.param(32 * DAY, 31 * DAY, 0, id="recovered before"),
        pytest.param(30 * DAY, 29 * DAY, 0, id="began at the first instant"),
        pytest.param(29 * DAY, 28 * DAY, 0, id="began in the window"),
    ],
)
def test_carried_in(began: float, ended: float | None, carried_in: int) -> None:
    """R3: carried in is what began before `since` and was open then; it is in no other number."""
    parts = [line(a=50 * DAY, b=35 * DAY), OLD, deployment(2, "b", began, ("failure", began))]
    if ended is not None:
        parts.append(deployment(3, "b", ended))
    found, _ = recoveries(tables(*parts), since="30d")
    began_inside = int(began <= 30 * DAY)
    assert (carried_in, began_inside) == (found.carried_in, found.episodes)
    assert found.episodes == found.recovered + found.open


def test_carried_into_each_part_of_a_trend() -> None:
    """R3, T2: a failure of 20 days is carried into every week that began while it was open."""
    read = tables(
        line(a=50 * DAY, b=35 * DAY),
        OLD,
        deployment(2, "b", 25 * DAY, ("failure", 25 * DAY)),
        deployment(3, "b", 5 * DAY),
    )
    whole, weeks = recoveries(read, since="30d", trend="week")
    began, ended = ago(25 * DAY), ago(5 * DAY)
    (row,) = build_report(read, config(since="30d", trend="week")).rows
    expected = [int(began < pd.Timestamp(one.start) <= ended) for one in row.trend]
    assert (0, 1) == (whole.carried_in, whole.episodes)
    assert expected == [one.carried_in for one in weeks]
    assert 3 == sum(expected)
    assert [1] == [one.episodes for one in weeks if one.episodes]
