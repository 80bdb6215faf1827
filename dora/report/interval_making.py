"""Works out what the 95 % intervals of rows are made of, from their evidence."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dora.metrics.intervals import clustered_median, weekly_rate
from dora.report.evidence import ChangeEvidence, Evidence
from dora.report.making import FrequencyMaking, Key, Making, MedianMaking
from dora.report.model import Row

WEEK, INSTANT = timedelta(weeks=1), timedelta(microseconds=1)


def find_makings(evidence: Evidence, rows: Iterable[Row]) -> dict[Key, Making]:
    """What the intervals of each of *rows* are made of; rows are by repository."""
    succeeded: defaultdict[Key, list[datetime]] = defaultdict(list)
    for one in evidence.deployments:
        at = one.succeeded_at
        if at is not None and evidence.since <= at < evidence.until and not one.unchanged:
            succeeded[one.repository, one.environment, one.service].append(at)
    changes: defaultdict[Key, list[ChangeEvidence]] = defaultdict(list)
    for change in evidence.changes:
        changes[change.repository, change.environment, change.service].append(change)
    return {
        key: make_intervals(
            row.since or evidence.since, evidence.until, succeeded[key], changes[key]
        )
        for row in rows
        for key in [(row.key["repository"], row.key["environment"], row.key.get("service", ""))]
    }


def make_intervals(
    begin: datetime,
    until: datetime,
    succeeded: Sequence[datetime],
    changes: Iterable[ChangeEvidence],
) -> Making:
    """What the intervals are made of, of a row whose exposure is from *begin* up to *until*.

    *succeeded* are the instants of its successes in that time (DF3), *changes* those that it
    shipped (LT6).
    """
    exposure = until - begin
    rate = weekly_rate(_count_weeks(exposure, until, succeeded), exposure / WEEK, len(succeeded))
    times = [(one.lead_time, one.deployment) for one in changes if one.lead_time is not None]
    median = clustered_median([time for time, _ in times], [its for _, its in times])
    return Making(
        rate and FrequencyMaking(**rate._asdict()),
        median
        and MedianMaking(
            deployments=median.clusters,
            changes=median.values,
            error=median.error,
            freedom=median.freedom,
            t=median.t,
            shares=median.shares,
        ),
    )


def _count_weeks(exposure: timedelta, until: datetime, instants: Sequence[datetime]) -> list[int]:
    """How many of *instants* are in each whole week of the exposure, the oldest week first (DF3).

    Weeks are of 168 hours and cut backwards from *until*; what is left over at the old end counts
    in none.
    """
    counts = [0] * (exposure // WEEK)
    for instant in instants:
        week = (until - instant - INSTANT) // WEEK
        if week < len(counts):
            counts[-1 - week] += 1
    return counts
