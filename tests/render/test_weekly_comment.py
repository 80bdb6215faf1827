"""The comment of a week: golden text of small reports, and its size for the largest."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dora.render.notes import of_places
from dora.render.trends import EFFECT
from dora.render.weekly_comment import LIMIT, render_comment, week_of
from dora.report.diff import compare_reports
from tests.support import judged_reports, reports
from tests.support.published_files import MONDAY, WEEK, deployment, evidence, report, row, said

NOW = MONDAY + WEEK
HOUR = timedelta(hours=1)


def test_the_whole_comment() -> None:
    """What moved and by which deployments, what failed, what is open, what came and went; a word
    only where the comparison with the window before has it (K2)."""
    before = report(row(), row("old"))
    now = report(
        said(row(failed=9, open=1, mean=None), change_fail_rate="worse"), row("web"), until=NOW
    )
    told = evidence(deployment(7, MONDAY + HOUR, "incident"), until=NOW)
    text = render_comment(now, compare_reports(before, now, told))

    api = "| `api` `production`"
    recovered = "3 failures, mean 2.0 h"
    link = "[7](https://github.com/acme/api/deployments/7)"
    assert (
        f"""\
### 2026-W49

`acme`, 2026-09-01 06:00 to 2026-11-30 06:00 UTC (90 days), levels of DORA 2023.

Compared with the post of 2026-11-23 06:00 UTC, 2 metrics moved.

| Row | Metric | Before | Now | Deployments |
| --- | --- | --- | --- | --- |
{api} | Recovery time | 2.0 h<br>{recovered} | –, 1 open<br>3 failures | none since then |
{api} | Change fail rate, worse | 6.0 %<br>3 of 50 | 18 %<br>9 of 50 | {link} (incident) |

Failed since then, or found since then to have failed:

- `api` `production`: {link} (incident)

New rows:

- `web` `production`

Rows that are gone:

- `old` `production`

Failures without a recovery yet:

- `api` `production`: 1

"""
        == text
    )


def test_what_moved_has_its_interval_its_place_and_what_waits() -> None:
    """B5, K2, LT12: as in every table, and behind a word is the interval of the effect."""
    now = judged_reports.JUDGED_OVER_TIME
    key = now.rows[0].key
    was = reports.report((judged_reports.judged_calm(key),), benchmark="2025")
    before = reports.in_window(was, until=now.window.until - WEEK)
    lines = render_comment(now, compare_reports(before, now, None)).splitlines()
    assert [
        (
            "| `patient-api` `production` | Change lead time, worse (×1.4 or more) "
            "| 35 min (33–40 min)<br><sub>top 9 %</sub><br>388 changes "
            "| 26 h (22–31 h)<br><sub>top 9–56 %</sub><br>120 changes, "
            "31 h from merge, 7 waiting |"
        ),
        (
            "| `patient-api` `production` | Change fail rate, worse (+2 to +12 points) "
            "| 2.3 % (1.0–5.3 %)<br>5 of 218 | 6.7 % (2.3–18 %)<br>3 of 45, 2 never live |"
        ),
    ] == [line for line in lines if "worse (" in line and "frequency" not in line]
    assert {*of_places(now), EFFECT} <= {*lines}


def test_a_week_without_rows_says_why() -> None:
    """Why there are no rows, and what would give some, stand in the comment (C1)."""
    text = render_comment(reports.EMPTY, None)
    assert text.endswith(
        "The first post: nothing to compare with.\n\n"
        "No rows: nothing was deployed in this time or shortly before it.\n\n"
        "A longer time may have some: see --since.\n\n"
    )


def test_without_evidence_and_without_a_post_before() -> None:
    """It says what it does not know."""
    before, now = report(row()), report(row(failed=9), until=NOW)

    assert "that takes evidence" in render_comment(now, compare_reports(before, now, None))
    assert "The first post" in render_comment(now, None)
    assert "Nothing is compared: of the last post" in render_comment(
        now, None, why="of the last post"
    )


def test_an_address_that_is_none_is_no_link() -> None:
    """A deployment's address that could end the link, or lead elsewhere, is left out."""
    before, now = report(row()), report(row(failed=9), until=NOW)
    for url in (
        "javascript:alert(1)",
        "https://x.test/)[a](b",
        "https://x.test/a b",
        "https://x@y.test/",
    ):
        told = evidence(deployment(7, MONDAY + HOUR, "status", url=url), until=NOW)
        text = render_comment(now, compare_reports(before, now, told))

        assert "`7` (status)" in text
        assert url not in text


def test_the_largest_report_is_cut_and_not_dropped() -> None:
    """Rows that moved most are told, and how many more there are."""
    names = ["x" * 100 + str(number) for number in range(500)]
    before = report(*[row(name, "y" * 255) for name in names])
    now = report(*[row(name, "y" * 255, failed=30, open=2) for name in names], until=NOW)
    told = evidence(
        *[
            deployment(n, MONDAY + HOUR, "status", repository=name, environment="y" * 255)
            for name in names
            for n in range(10)
        ],
        until=NOW,
    )
    text = render_comment(now, compare_reports(before, now, told))

    assert len(text.encode()) <= LIMIT
    assert "smaller movements" in text
    assert "Failures without a recovery yet" in text
    assert "more than fits" not in text


@pytest.mark.parametrize(
    ("until", "timezone", "week"),
    [
        (datetime(2026, 1, 1, tzinfo=UTC), "UTC", "2026-W01"),
        (datetime(2027, 1, 1, tzinfo=UTC), "UTC", "2026-W53"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "UTC", "2026-W47"),
        (datetime(2026, 11, 22, 23, 30, tzinfo=UTC), "Europe/Berlin", "2026-W48"),
    ],
)
def test_a_week_is_that_of_the_calendar(until: datetime, timezone: str, week: str) -> None:
    """ISO 8601's week in the report's own time zone."""
    assert until.astimezone(ZoneInfo(timezone)) == until
    assert week == week_of(report(until=until, timezone=timezone))
