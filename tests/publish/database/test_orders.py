"""`dora publish postgres`: random runs, in every order, leave the same tables."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from dora.publish.database.connection import parse_address
from dora.publish.database.load import publish
from dora.report.model import Report
from tests.support.databases import (
    WHOLE,
    Contents,
    bucket,
    change,
    contents,
    deployment,
    evidence,
    trended,
    whole_report,
)
from tests.support.examples import examples
from tests.support.published_files import MONDAY, row
from tests.support.reports import in_window

DAY = timedelta(days=1)
MIDNIGHT = MONDAY.replace(hour=0)
NAMES = ("api", "web")


@dataclass(frozen=True)
class Week:
    """A run: days of its window, what it could not read, and what it tells on which day."""

    since: int
    until: int
    unread: frozenset[str]
    facts: tuple[tuple[int, str, int, str], ...]  #: deployment, repository, day, signal or ""
    rows: frozenset[str]


@st.composite
def histories(draw: st.DrawFn) -> list[Week]:
    """Runs over facts that each happened on one day, told or not, failed or not (0050)."""
    days = {number: draw(st.integers(0, 15)) for number in range(1, 5)}
    return draw(st.lists(weeks(days), min_size=2, max_size=3, unique_by=lambda one: one.until))


@st.composite
def weeks(draw: st.DrawFn, days: dict[int, int]) -> Week:
    """A window of one to eight days and any of the facts in it."""
    since = draw(st.integers(0, 8))
    until = since + draw(st.integers(1, 8))
    unread = draw(st.frozensets(st.sampled_from(NAMES), max_size=1))
    inside = [one for one, day in days.items() if since <= day < until]
    facts = tuple(
        (one, NAMES[one % 2], days[one], draw(st.sampled_from(["", "label", "incident"])))
        for one in inside
        if NAMES[one % 2] not in unread and draw(st.booleans())
    )
    rows = draw(st.frozensets(st.sampled_from(NAMES), max_size=2)) - unread
    return Week(since, until, unread, facts, rows)


def documents(one: Week) -> tuple[Report, str]:
    """Report and evidence of a run."""
    until = MIDNIGHT + one.until * DAY
    scope = replace(WHOLE, unread=tuple(sorted(one.unread)))
    items = []
    for number, name, day, signal in one.facts:
        at = MIDNIGHT + day * DAY + timedelta(hours=number)
        signals = [signal] if signal else []
        items += [deployment(number, at, *signals, repository=name),
                  change(number, at, repository=name)]  # fmt: skip
    told = evidence(*items, until=until, scope=scope, days=one.until - one.since)
    rows = [
        trended(
            row(name, failed=one.until),
            *(bucket(MIDNIGHT + day * DAY, MIDNIGHT + (day + 1) * DAY, partial=False,
                     deployments=one.until) for day in range(one.since, one.until)),
        )
        for name in sorted(one.rows)
    ]  # fmt: skip
    since = MIDNIGHT + one.since * DAY
    made = whole_report(*rows, until=until, scope=scope, trend="day")
    return in_window(made, since=since, days=float(one.until - one.since)), json.dumps(told)


def published(runs: Sequence[Week]) -> Contents:
    """All that is there after these runs, in this order."""
    with tempfile.TemporaryDirectory() as name:
        url = f"sqlite:///{name}/dora.db"
        path = Path(name, "evidence.json")
        for one in runs:
            made, told = documents(one)
            path.write_text(told, encoding="utf-8")
            publish(made, path, parse_address(url, "dora"))
        return contents(url)


@pytest.mark.thorough
@examples(20, few=4, suppress_health_check=[HealthCheck.too_slow])
@given(histories())
def test_every_order(runs: list[Week]) -> None:
    """The tables depend on which runs were published, and not on when."""
    expected = published(sorted(runs, key=lambda one: one.until))
    for order in permutations(runs):
        assert expected == published(order)
    assert expected == published([*runs, *runs])
