"""Makes up tables of organizations whose teams work differently before and now."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from dora.metrics.significance import CLEAR, adjust
from dora.model.tables import SCHEMAS, Tables
from dora.report.build import build_report
from dora.report.model import METRICS, Report
from tests.support.tables import NOW, config
from tests.support.typed_tables import typed

WINDOW = timedelta(days=90)
#: How far back it all goes: both windows, the look-back, and some more.
SPAN = 2 * WINDOW + timedelta(days=60)
HOUR = 3_600.0
WEEK = timedelta(weeks=1).total_seconds()
#: Shape of the gamma distribution of how busy a week is: the weeks of teams that deploy four times
#: a week then have 2.3 times the variance of chance alone, as merges of real repositories have.
BUSY = 3.0
REPOSITORIES = list(SCHEMAS["repositories"])


@dataclass(frozen=True)
class Habits:
    """How a team works, in one window."""

    a_week: float = 4.0  #: deployments
    batch: float = 4.0  #: changes that are shipped together, on average
    lead_time: float = 30.0  #: hours, typically
    failing: float = 0.10  #: share of the deployments
    recovery: float = 5.0  #: hours until the one that mends it, typically


def simulate(seed: int, repositories: int, before: Habits, now: Habits) -> Tables:
    """An organization whose teams worked like *before* until half-way, and like *now* since.

    Deployments come in bursts, each with a batch of changes that waited together: what is shipped
    together has much of its lead time in common.
    """
    random = np.random.default_rng(seed)
    parts = [_repository(f"service-{n:04}", n, random, before, now) for n in range(repositories)]
    frames: dict[str, Any] = {
        name: typed(
            schema,
            pd.concat([part[name] for part in parts], ignore_index=True)
            if name in parts[0]
            else pd.DataFrame(columns=list(schema)),
        )
        for name, schema in SCHEMAS.items()
    }
    return Tables(**frames)


def _repository(
    name: str, number: int, random: np.random.Generator, before: Habits, now: Habits
) -> dict[str, pd.DataFrame]:
    """One repository with one environment."""
    seconds = _instants(random, before, now)
    habits = [now if at > -WINDOW.total_seconds() else before for at in seconds]
    is_failed = random.random(len(seconds)) < [one.failing for one in habits]
    # What mends comes on top, so that failing does not change how often is deployed.
    mending = [
        at + random.lognormal(np.log(one.recovery * HOUR), 0.8)
        for at, one, bad in zip(seconds, habits, is_failed, strict=True)
        if bad
    ]
    at = np.concatenate([seconds, mending])
    order = np.argsort(at)
    at, failed = at[order], np.concatenate([is_failed, np.zeros(len(mending), bool)])[order]
    at, failed = at[at < 0], failed[at < 0]
    ids = np.arange(len(at)) + 1 + number * 100_000
    shas, commits = _commits(name, number, at, random, before, now)
    created = _when(at)
    deployments = {
        "repository": name,
        "deployment": ids,
        "sha": shas,
        "is_known": True,
        "environment": "production",
        "task": "deploy",
        "payload": "{}",
        "created_at": created,
        "creator": "github-actions[bot]",
        "description": None,
        "ref": None,
        "source": "deployments",
        "id": None,
        "url": None,
        "entry": 0,
    }
    statuses = {
        "repository": name, "deployment": ids, "state": np.where(failed, "failure", "success"),
        "created_at": created, "log_url": None, "description": None,
    }  # fmt: skip
    row = (name, None, False, True, False, f"https://github.com/acme/{name}", shas[-1], NOW, None,
           None)  # fmt: skip
    return {
        "repositories": pd.DataFrame([row], columns=REPOSITORIES),
        "deployments": pd.DataFrame(deployments),
        "statuses": pd.DataFrame(statuses),
        **commits,
    }


def _instants(random: np.random.Generator, before: Habits, now: Habits) -> np.ndarray[Any, Any]:
    """Seconds before the end at which a team deploys, oldest first."""
    halves = []
    for habits, begin, end in ((before, SPAN, WINDOW), (now, WINDOW, timedelta(0))):
        length = (begin - end).total_seconds()
        weeks = int(-(-length // WEEK))
        counts = random.poisson(habits.a_week * random.gamma(BUSY, 1 / BUSY, weeks))
        at = np.repeat(np.arange(weeks), counts) * WEEK + WEEK * random.random(counts.sum())
        halves.append(-end.total_seconds() - np.sort(at[at < length])[::-1])
    return np.concatenate(halves)


def _commits(
    name: str, number: int, at: np.ndarray[Any, Any], random: np.random.Generator,
    before: Habits, now: Habits,
) -> tuple[np.ndarray[Any, Any], dict[str, pd.DataFrame]]:  # fmt: skip
    """The sha of each deployment, and the commits in a row that lead up to them."""
    habits = [now if one > -WINDOW.total_seconds() else before for one in at]
    sizes = random.geometric([1 / one.batch for one in habits])
    together = np.log([one.lead_time * HOUR for one in habits]) + random.normal(0, 0.8, len(at))
    deployed, typical = np.repeat(at, sizes), np.repeat(together, sizes)
    authored = deployed - np.exp(typical + random.normal(0, 0.4, len(deployed)))
    shas = np.array([f"{number:08x}{n:032x}" for n in range(len(deployed))], dtype=object)
    commits = {
        "repository": name, "sha": shas, "authored_at": _when(authored),
        "committed_at": _when(np.maximum.accumulate(deployed - 60)), "author": None,
        "message": None,
    }  # fmt: skip
    parents = {"repository": name, "sha": shas[1:], "position": 0, "parent_sha": shas[:-1]}
    return shas[np.cumsum(sizes) - 1], {
        "commits": pd.DataFrame(commits), "parents": pd.DataFrame(parents),
    }  # fmt: skip


def _when(seconds: np.ndarray[Any, Any]) -> pd.DatetimeIndex:
    moments = pd.Timestamp(NOW) + pd.to_timedelta(np.round(seconds), unit="s")
    return pd.DatetimeIndex(moments).as_unit("us")


def compared(tables: Tables, **options: Any) -> Report:
    """The report of the last ninety days beside the ninety before."""
    return build_report(tables, config(since="90d", compare=True, **options))


def p_values(report: Report) -> pd.DataFrame:
    """The p-values of each row, a column a metric; NaN for tests that could not come out clear."""
    tests = [[getattr(row.comparison, name) for name in METRICS] for row in report.rows]
    return pd.DataFrame(
        [[np.nan if one.adjusted_p_value is None else one.p_value for one in row] for row in tests],
        columns=list(METRICS), dtype="float64",
    )  # fmt: skip


def organizations_with_verdicts(p_values: pd.DataFrame, size: int) -> float:
    """Share of organizations of *size* rows each in which some change is called clear."""
    found = [
        bool((adjust(p_values.iloc[at : at + size].to_numpy().ravel()) <= CLEAR).any())
        for at in range(0, len(p_values), size)
    ]
    return sum(found) / len(found)


@dataclass(frozen=True)
class Change:
    """A real change of habits, and the metric that ought to tell."""

    what: str
    metric: str
    before: Habits
    now: Habits


USUAL = Habits()
OFTEN_DOWN = Habits(failing=0.3)
CHANGES = (
    Change("twice as many deployments", METRICS[0], USUAL, replace(USUAL, a_week=8.0)),
    Change("half as many deployments", METRICS[0], USUAL, replace(USUAL, a_week=2.0)),
    Change("four times as many deployments", METRICS[0], USUAL, replace(USUAL, a_week=16.0)),
    Change("a quarter of the deployments", METRICS[0], USUAL, replace(USUAL, a_week=1.0)),
    Change("twice the lead time", METRICS[1], USUAL, replace(USUAL, lead_time=60.0)),
    Change("half the lead time", METRICS[1], USUAL, replace(USUAL, lead_time=15.0)),
    Change("30 % instead of 10 % fail", METRICS[2], USUAL, OFTEN_DOWN),
    Change("50 % instead of 10 % fail", METRICS[2], USUAL, replace(USUAL, failing=0.5)),
    Change("4 times the recovery, few failures", METRICS[3], USUAL, replace(USUAL, recovery=20.0)),
    Change("4 times the recovery", METRICS[3], OFTEN_DOWN, replace(OFTEN_DOWN, recovery=20.0)),
)
