"""What a page is made from."""

from datetime import timedelta
from functools import cache
from typing import Any

import pandas as pd
import pytest

from dora.analysis.analysis import analyse
from dora.model.tables import Tables
from dora.render.html.page import render_page
from dora.report.build import analyse_before, report_of
from dora.report.page.build import build_page, choose_trend
from dora.report.page.model import Episode, Marks, Page, Shown, SlowChange
from dora.report.page.samples import MOST, ROOM, keep_fairly
from tests.support.tables import (
    DAY,
    ago,
    config,
    deployment,
    failed_attempts,
    line,
    rollback,
    tables,
)


def page_of(read: Tables, **options: Any) -> Page:
    """The page of the thirty days before NOW."""
    asked = config(**options)
    analysis, before = analyse(read, asked), analyse_before(read, asked)
    return build_page(analysis, read, asked, report_of(analysis, read, asked, before), before)


#: The pages of the deployments, less their numbers.
URL = "https://github.com/acme/api/deployments"


@cache
def troubled() -> Page:
    """A page of two failed attempts that were one failure."""
    return page_of(failed_attempts())


def test_episode_is_called_by_its_first_failure() -> None:
    """R2: failed attempts in a row are one episode, and it has as many failures."""
    began, ended = ago(10 * DAY), ago(10 * DAY - 3)
    expected = Episode(
        began, ended, 2, "b", 2, ("status",), "", is_counted=True, never_live=True, url=f"{URL}/2"
    )
    assert (expected,) == troubled().samples[0].episodes


def test_failed_deployments_are_shown_newest_first() -> None:
    """F9: each with when it finished, what says that it failed, and whether it was ever live."""
    expected = (
        Shown(3, "b", ago(10 * DAY - 2), ("status",), never_live=True, url=f"{URL}/3"),
        Shown(2, "b", ago(10 * DAY), ("status",), never_live=True, url=f"{URL}/2"),
    )
    assert expected == troubled().samples[0].failed


def test_successes_and_changes_are_shown() -> None:
    """DF1, LT6: the latest successes, and the changes that took longest."""
    sample = troubled().samples[0]
    latest = Shown(4, "b", ago(10 * DAY - 3), (), never_live=False, url=f"{URL}/4")
    assert (latest,) == sample.latest
    assert (SlowChange("b", None, 27 * 3600.0),) == sample.slowest
    assert "https://github.com/acme/api" == sample.url


def test_rework_is_shown() -> None:
    """RW1: the rollback is among the rework, and so is its mark."""
    sample = page_of(rollback()).samples[0]
    assert [4] == [one.id for one in sample.rework]
    assert 1 == len(sample.marks.rework)


def test_marks_are_shares_of_the_window() -> None:
    """Everything that a chart marks lies where it happened between the window's ends."""
    month = 30 * DAY
    episode = (1 - 10 * DAY / month, 1 - (10 * DAY - 3) / month)
    expected = Marks(
        (1 - (10 * DAY - 3) / month,),
        (1 - 10 * DAY / month, 1 - (10 * DAY - 2) / month),
        (),
        (episode,),
        month * 3600.0,
    )
    found = troubled().samples[0].marks
    assert found.episodes[0] == pytest.approx(expected.episodes[0])
    assert found.deployments == pytest.approx(expected.deployments)
    assert found.failed == pytest.approx(expected.failed)
    assert (expected.rework, expected.seconds) == (found.rework, found.seconds)


def test_open_failures_come_first_and_are_all_shown() -> None:
    """All that is open is on the page, whatever room there is, and before what is over."""
    count = ROOM["episodes"] + 20
    parts = [line(a=50 * DAY, b=20 * DAY)]
    for number in range(count):
        name = f"prod-{number:03}"
        parts += [
            deployment(4 * number + 1, "a", 45 * DAY, environment=name),
            deployment(4 * number + 2, "a", 9 * DAY, ("failure", 9 * DAY), environment=name),
            deployment(4 * number + 3, "b", 8 * DAY, environment=name),
            deployment(4 * number + 4, "b", 7 * DAY, ("failure", 7 * DAY), environment=name),
        ]
    page = page_of(tables(*parts))
    expected = [[None]] * count
    assert expected == [[one.ended_at for one in it.episodes] for it in page.samples]
    assert [()] * count == [one.failed for one in page.samples]


def test_what_is_open_since_before_the_window_is_shown() -> None:
    """R1: a failure that is open is shown whenever it began; one that ended earlier is not."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY, c=10 * DAY),
        deployment(1, "a", 45 * DAY),
        deployment(2, "b", 20 * DAY, ("failure", 20 * DAY)),
        deployment(3, "b", 19 * DAY),
        deployment(4, "c", 9 * DAY, ("failure", 9 * DAY)),
    )
    page = page_of(read, since="2d")
    assert 0 == page.repositories.rows[0].metrics.recovery_time.open
    expected = Episode(
        ago(9 * DAY), None, 4, "c", 1, ("status",), "", is_counted=False, never_live=True,
        url=f"{URL}/4",
    )  # fmt: skip
    assert (expected,) == page.samples[0].episodes
    ((begin, end),) = page.samples[0].marks.episodes
    assert begin == pytest.approx(-3.5)
    assert end is None


@pytest.mark.parametrize(
    ("sizes", "room", "kept"),
    [
        ((2, 30, 1), 100, (2, MOST, 1)),
        ((20, 20, 20), 30, (10, 10, 10)),
        ((20, 20, 1), 9, (4, 4, 1)),
        ((5, 5, 5), 2, (0, 0, 0)),
        ((), 9, ()),
    ],
)
def test_room_is_shared_fairly(sizes: tuple[int, ...], room: int, kept: tuple[int, ...]) -> None:
    """Every row shows the same number of items, no more than fit and no more than the most."""
    groups = [group for group, size in enumerate(sizes) for _ in range(size)]
    rows = keep_fairly(pd.DataFrame({"group": pd.Series(groups, dtype="int64")}), room)
    counts = rows["group"].value_counts()
    assert kept == tuple(int(counts.get(group, 0)) for group in range(len(sizes)))


@pytest.mark.parametrize(
    ("days", "trend"), [(20.9, "day"), (21, "week"), (365, "week"), (549, "week"), (550, "month")]
)
def test_page_chooses_its_own_trend(days: float, trend: str) -> None:
    """Days below three weeks, weeks below eighteen months, months from there on."""
    asked = config(since=(ago(0) - timedelta(days=days)).isoformat())
    assert trend == choose_trend(asked)


def test_window_of_centuries_has_no_trend() -> None:
    """Where even months would be more than a thousand nothing is cut, and rows are as ever."""
    asked = {"since": "1500-01-01", "lookback": "30d"}
    assert choose_trend(config(**asked)) is None
    page = page_of(failed_attempts(), **asked)
    assert (None, None) == (page.repositories.trend, page.organization.trend)
    assert [()] == [row.trend for row in page.repositories.rows]
    text = render_page(page)
    assert "Change fail rate" in text
    assert "No environment of the tier" not in text


def test_trend_asked_for_is_the_page_s_own() -> None:
    """What --trend asked for is what the page draws; without it the report itself has none."""
    page = page_of(rollback(), trend="month")
    assert ("month", "month") == (page.repositories.trend, page.report.trend)
    page = page_of(rollback())
    assert ("week", None) == (page.repositories.trend, page.report.trend)
    assert () == page.report.rows[0].trend


def test_pooled_rows_name_what_they_pool() -> None:
    """G1: for every row by environment, team or organization the sections that are pooled in it."""
    read = tables(
        line(a=50 * DAY),
        line("web", a=50 * DAY),
        deployment(1, "a", 20 * DAY),
        deployment(2, "a", 20 * DAY, environment="qa"),
        deployment(3, "a", 20 * DAY, repository="web"),
        {
            "repositories": [
                (name, None, False, True, False, "", None, None, None, None)
                for name in ("api", "web")
            ]
        },
    )
    page = page_of(read, tier=("all",))
    assert page.teams is None
    names = [tuple(row.key.values()) for row in page.repositories.rows]
    assert [("api", "production"), ("api", "qa"), ("web", "production")] == names
    expected = {"organization": ((0, 2), (1,)), "environment": ((0, 2), (1,))}
    assert expected == page.members
    production = page_of(read, tier=())
    assert {"organization": ((0, 1),), "environment": ((0, 1),)} == production.members
    assert 2 == len(page.marks_of(0).deployments)


def test_page_compares_its_sections_too() -> None:
    """K1: where the report is compared, so is each section, also where the rows asked for pool."""
    page = page_of(rollback(), since="12d", compare=True, by="team")
    assert page.repositories.before == page.report.before
    assert page.repositories.rows[0].comparison is not None


def test_configuration_is_left_alone() -> None:
    """A page changes no settings."""
    asked = config()
    read = rollback()
    analysis = analyse(read, asked)
    build_page(analysis, read, asked, report_of(analysis, read, asked))
    assert config() == asked
