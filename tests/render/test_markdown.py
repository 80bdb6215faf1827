"""The report as GitHub's Markdown."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.render.formatting import plain
from dora.render.markdown import code, render_report
from dora.report.coverage_model import Unreadable
from dora.report.model import Row
from tests.support import judged_reports, reports

NAMES = (
    st.text(max_size=60) | st.text("|\\` a", max_size=9) | st.sampled_from(reports.HOSTILE_NAMES)
)


def cells_of(line: str) -> list[str]:
    """Split one row of a table as GitHub does: at each pipe with no backslash right before it."""
    assert line[0] == "|" == line[-1]
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line[1:-1])]


def table_of(text: str) -> list[list[str]]:
    """Give the cells of the lines of a report that are rows of its table, headings and rule too."""
    return [cells_of(line) for line in text.split("\n") if line.startswith("|")]


def name_in(span: str) -> str:
    """Read a code span as CommonMark does, from one fence to the next of the same length."""
    match = re.fullmatch(r"(`+)(?!`)(.*?)(?<!`)\1(?!`)", span)
    assert match
    name = match[2]
    if name.strip(" ") and name[0] == " " == name[-1]:
        name = name[1:-1]
    return name


def row_of(name: str, number: int = 0) -> Row:
    """Give a row of an environment called *name*."""
    row = reports.busy({"environment": name}, "other")
    frequency = replace(row.metrics.deployment_frequency, deployments=number)
    return reports.changed(row, deployment_frequency=frequency)


def test_usual_report() -> None:
    """The table has the numbers of the terminal's with their intervals, places and sample sizes,
    and what is open and waiting; coverage follows (B5, LT12)."""
    assert render_report(judged_reports.JUDGED) == USUAL


def test_a_years_levels() -> None:
    """B3: a level that was asked for has a line of its own, and is of a performer."""
    table = [line for line in render_report(judged_reports.RANGES).split("\n") if "26 h" in line]
    assert table == [
        (
            "| `patient-api` | `production` "
            "| 3.3/week (2.4–4.4)<br><sub>high performer</sub><br>42 times "
            "| 26 h (22–31 h)<br><sub>medium to elite performer</sub><br>120 changes, p90 3.0 d "
            "| 1.5 h, 1 open<br>3 failures, mean 1.7 h of 2, longest 2.5 h, 1 from before "
            "| 6.7 % (2.3–18 %)<br><sub>high performer</sub><br>3 of 45, 2 never live "
            "| 2.4 % (0.4–12 %)<br>1 of 42 |"
        )
    ]


def test_what_was_compared_has_its_effect() -> None:
    """K2, T3: behind a verdict is the effect's interval, and trends mark what is not known yet."""
    text = render_report(judged_reports.JUDGED_OVER_TIME)
    assert "<br>was 35 min, worse (×1.4 or more)<br>╌╌╌██████████ |" in text
    assert "<br>was 2.3 %, worse (+2 to +12 points)<br>╌╌╌█████████░ |" in text
    assert (
        "- **worse**: `patient-api` `production`, change lead time 35 min → 26 h (×1.4 or more)\n"
    ) in text
    assert (
        "\n\nThe frequency of 1 of 2 rows is not compared: that takes four whole weeks in both "
        "windows.\n\n"
    ) in text


def test_an_empty_report_says_why() -> None:
    """A report without rows has no table, and says why."""
    assert render_report(reports.EMPTY) == EMPTY


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("production", "`production`"),
        ("@team", "`@team`"),
        ("`", "`` ` ``"),
        ("``", "``` `` ```"),
        ("a`b``c", "```a`b``c```"),
        (" a", "`  a `"),
        ("   ", "`   `"),
        ("", "` `"),
        ("a\\", "`a\\`"),
        ("two\nlines", "`two�lines`"),
    ],
)
def test_code_spans(name: str, expected: str) -> None:
    """A name stands in a code span whose fence nothing inside can end."""
    assert expected == code(name)


@pytest.mark.parametrize(
    ("name", "cell"),
    [("a|b", "`a\\|b`"), ("a\\|b", "`a\\\\|b`"), ("|", "`\\|`"), ("a\\", "`a\\`")],
)
def test_pipes_are_escaped_in_code_spans_too(name: str, cell: str) -> None:
    """GitHub splits a row before it reads code spans, so a pipe in one needs its backslash."""
    text = render_report(reports.report((row_of(name),), by="environment"))
    assert f"| {cell}<br>other | " in text


@given(NAMES)
def test_a_code_span_is_read_back_as_the_name(name: str) -> None:
    """What GitHub reads from a code span is the name, made safe."""
    assert (plain(name) or " ") == name_in(code(name))


@given(st.lists(NAMES, min_size=1, max_size=5), NAMES)
def test_no_name_breaks_the_table(names: list[str], organization: str) -> None:
    """Whatever the names, each row is one line of as many cells, the first of them the name."""
    unread = tuple(Unreadable(name, name) for name in names)
    text = render_report(
        reports.report(
            tuple(map(row_of, names)),
            reports.coverage(1, unreadable=unread),
            by="environment",
            organization=organization,
        )
    )
    headings, _, *rows = table_of(text)
    assert len(names) == len(rows)
    assert [len(headings)] * len(rows) == [len(row) for row in rows]
    assert [plain(name) or " " for name in names] == [
        name_in(row[0].removesuffix("<br>other")) for row in rows
    ]


@given(
    st.lists(NAMES, max_size=80),
    st.lists(NAMES, max_size=30),
    st.integers(min_value=2_000, max_value=12_000),
)
def test_never_larger_than_the_limit(names: list[str], unread: list[str], limit: int) -> None:
    """Bytes, and so characters, stay within the limit; the note adds up with the rows shown."""
    rows = tuple(row_of(name, number) for number, name in enumerate(names))
    coverage = reports.coverage(1, unreadable=tuple(Unreadable(name, name) for name in unread))
    text = render_report(reports.report(rows, coverage, by="environment"), limit=limit)
    assert len(text.encode()) <= limit
    assert "2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days)" in text
    shown = len(table_of(text)[2:])
    note = re.search(r"^(\d+) of (\d+) rows did not fit", text, re.MULTILINE)
    assert (len(rows) - shown, len(rows)) == (
        (int(note[1]), int(note[2])) if note else (0, len(rows))
    )
    more = re.search(r"^- (\d+) more remarks?", text, re.MULTILINE)
    assert len(unread) == text.count(" could not be read: `") + (int(more[1]) if more else 0)


def test_rows_left_out_are_counted() -> None:
    """Whole rows are left out from the end, and the note says how many and where they are."""
    rows = tuple(row_of(f"environment-{number}") for number in range(40))
    text = render_report(reports.report(rows, reports.coverage(1), by="environment"), limit=4_000)
    assert "\n32 of 40 rows did not fit: the JSON and CSV reports have them all.\n" in text
    assert [row[0] for row in table_of(text)][-1:] == ["`environment-7`<br>other"]


USUAL = """\
## DORA metrics of `medica-flow`

| Repository | Environment | Deployment frequency | Change lead time | Recovery time | Change fail rate | Rework rate | Waiting changes |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `appointment-service` | `production` | 0.2/week (0.02–0.6)<br><sub>top 45–100 %</sub><br>2 times | 40 d<br>3 changes, p90 42 d, 31 of 34 merged wait | –, 1 open<br>1 failure | 50 % (9.5–90 %)<br>1 of 2 | 0 % (0–66 %)<br>0 of 2 | 31<br>oldest 62 d |
| `billing-gateway` | `live-eu-west-1`<br>production | 0/week (0–0.3)<br>0 times | –<br>no changes | –<br>no failures | –<br>0 of 0 | –<br>0 of 0 | – |
| `patient-api` | `production` | 3.3/week (2.4–4.4)<br><sub>top 23–45 %</sub><br>42 times, since 14 Oct | 26 h (22–31 h)<br><sub>top 9–56 %</sub><br>120 changes, p90 3.0 d, 31 h from merge, 7 waiting | 1.5 h, 1 open<br>3 failures, mean 1.7 h of 2, longest 2.5 h, 1 from before | 6.7 % (2.3–18 %)<br>3 of 45, 2 never live | 2.4 % (0.4–12 %)<br>1 of 42 | 7<br>oldest 4.0 d |
| `portal` | `production` | 2.4/day (2.1–2.7)<br><sub>top 16 %</sub><br>216 times | 35 min (33–40 min)<br><sub>top 9 %</sub><br>388 changes, p90 2.5 h, 30 min from merge | 20 min (15 min or more)<br>5 failures, mean 25 min, longest 45 min | 2.3 % (1.0–5.3 %)<br>5 of 218 | 1.9 % (0.7–4.7 %)<br>4 of 216 | none |

–: no data. In brackets: the 95 % interval. “Top 24–56 %”: of the respondents of DORA's 2025 survey 24 % do better and 44 % worse; the wider, the less sure. Lead and recovery times are medians; failed deployments in a row are one failure. Open failures count in the median as lasting on, and not in mean and longest. From before: failed before this time, and had not recovered when it began. p90: nine in ten are faster. Never live: failed before it reached the environment. From merge: median time to production, with the changes that still wait. Since: the row began in the window, and its frequency is of the time from then on. Waiting: changes not yet in production, and the age of the oldest.

`medica-flow`, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), places of DORA 2025. Read 38 repositories with 61 requests (63 points) in 8.2 s.

Not in the numbers, or less than certain:

- 7 repositories skipped: 2 archived, 1 empty, 4 without deployments
- `ward-planner` could not be read: `the token lacks deployments: read`
- `lab-results` was read only in part: `the history is longer than 5,000 deployments`
- 1 deployment still in progress, not counted yet
- 2 deployments abandoned: neither succeeded nor failed, not counted
- 1 deployment that never started (refused, expired or ended before the apply), not counted
- 14 deployments that succeeded with nothing to change, not counted
- 1,212 deployments to short-lived environments, such as previews, left out
- 1 row of any tier began in the window: a frequency is of the time since then
- 1 deployment of a commit that GitHub no longer has: no lead times
- 3 first deployments of environments: no lead times, for what came before is not known
- 1 environment with more history than is read: old changes may count as new
- 1 change with a wrong clock: lead time below zero, taken as zero
- 1 incident not traced to any deployment
"""  # noqa: E501 (a wide terminal)

EMPTY = """\
## DORA metrics of `medica-flow`

No rows: nothing was deployed in this time or shortly before it.

A longer time may have some: see --since.

`medica-flow`, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA 2023. Read 2 repositories.

Not in the numbers, or less than certain:

- 1 repository skipped: 1 archived
"""  # noqa: E501 (a paragraph is one line)
