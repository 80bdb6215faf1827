"""What a row's intervals are made of, by hand, and that it makes the intervals of the row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from numpy import quantile

from dora.demo.organization.model import Deployment, Status
from dora.report.evidence import ChangeEvidence
from dora.report.interval_making import make_intervals
from tests.support.explained_organization import (
    DAY,
    ORGANIZATION,
    PATIENT_API,
    START,
    explained,
    sha,
)

UNTIL = datetime(2026, 11, 23, 6, tzinfo=UTC)
WEEK, INSTANT = timedelta(weeks=1), timedelta(microseconds=1)


def change(number: int, lead_time: float, deployment: int) -> ChangeEvidence:
    """A change that a deployment shipped after so many seconds."""
    return ChangeEvidence(
        "patient-api", "production", f"{number:040x}", "", UNTIL, UNTIL, deployment, lead_time, None
    )


def test_weeks_are_cut_backwards_from_the_end() -> None:
    """DF3: a week holds its first instant and not its end; what is left over is in no week, but in
    the rate. Four weeks of 1, 0, 2 and 1 have the mean 1 and the deviation √(2 ÷ 3)."""
    begin = UNTIL - 4 * WEEK - timedelta(days=2)
    succeeded = [
        begin,
        UNTIL - 4 * WEEK - INSTANT,
        UNTIL - 4 * WEEK,
        UNTIL - 2 * WEEK,
        UNTIL - WEEK - INSTANT,
        UNTIL - WEEK,
    ]
    made = make_intervals(begin, UNTIL, succeeded, ()).frequency
    assert made is not None
    assert ((1, 0, 2, 1), 30 / 7, 6 / (30 / 7)) == (made.counts, made.weeks, made.rate)
    assert (made.deviation, made.t) == pytest.approx(((2 / 3) ** 0.5, 3.182446305))


def test_too_little_makes_no_interval() -> None:
    """DF3, LT6: three whole weeks and the changes of five deployments tell too little."""
    changes = [change(number, 60.0, number % 5) for number in range(20)]
    made = make_intervals(UNTIL - 4 * WEEK + INSTANT, UNTIL, [UNTIL - INSTANT], changes)
    assert (made.frequency, made.lead_time) == (None, None)


def test_changes_that_came_together_are_one_cluster() -> None:
    """LT6: twelve changes of six deployments are six observations."""
    changes = [change(number, 60.0 * number, number // 2) for number in range(12)]
    made = make_intervals(UNTIL - 4 * WEEK, UNTIL, (), changes).lead_time
    assert made is not None
    assert (made.deployments, made.changes, made.freedom) == (6, 12, 5.0)


def test_they_are_the_rows_own() -> None:
    """DF3, LT6: what is made from the evidence is the interval that the report has."""
    before = Deployment(
        999, sha(0), "production", START - 20 * DAY, (Status("success", START - 20 * DAY),)
    )
    repository = replace(PATIENT_API, deployments=(before, *PATIENT_API.deployments))
    it = explained(replace(ORGANIZATION, repositories=(repository,)))
    ((row,), (own,)) = it.rows, it.makings.values()
    frequency, lead_time = own.frequency, own.lead_time
    assert frequency is not None
    assert lead_time is not None
    assert (frequency.counts, row.since) == ((1, 8, 0, 0), None)
    metrics = row.metrics
    assert metrics.deployment_frequency.per_day_interval == pytest.approx(
        (frequency.low / 7, frequency.high / 7)
    )
    # With seven changes the interval of independent ones is from the first to the last.
    times = sorted(one.lead_time or 0 for one in it.evidence.changes)
    assert (lead_time.deployments, lead_time.changes) == (7, 7)
    assert metrics.change_lead_time.median_interval == pytest.approx((times[0], times[-1]))
    assert quantile(times, lead_time.shares) == pytest.approx((11_100.0, 32_631.8))
