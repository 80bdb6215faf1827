"""The table on a terminal."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dora.render.formatting import plain
from dora.render.terminal.layout import fold
from dora.render.terminal.report import render_report
from dora.report.coverage_model import Coverage, Scope, Unreadable
from tests.support import reports

if TYPE_CHECKING:
    from dora.report.model import Report

NAMES = st.text(max_size=60) | st.sampled_from(reports.HOSTILE_NAMES)
COLOURS = re.compile("\x1b\\[[0-9;]*m|\x1b]8;[^\x1b]*\x1b\\\\")


def head(text: str, before: str) -> str:
    """Give *text* up to the paragraph that begins with *before*."""
    return text.partition(f"\n\n{before}")[0] + "\n"


def test_at_80_columns() -> None:
    """Eighty columns hold every metric with its sample size, levels as letters (R4, F8, C1)."""
    assert render_report(reports.USUAL, width=80, colour=False) == AT_80


def test_at_120_columns() -> None:
    """There is room for levels in words, p90, failures that never went live, and waiting work."""
    assert head(render_report(reports.USUAL, width=120, colour=False), "– no data.") == AT_120


def test_at_200_columns() -> None:
    """There is room for everything: intervals, active days, reasons, stages."""
    assert head(render_report(reports.USUAL, width=200, colour=False), "– no data.") == AT_200


def test_too_narrow_for_a_table() -> None:
    """Where no table fits each metric has a line of its own, and nothing is left out."""
    assert head(render_report(reports.BY_ORGANIZATION, width=40, colour=False), "(a–b)") == AT_40


def test_pooled_rows_have_their_own_keys() -> None:
    """Rows by environment stand alone; those of a team and of services under its name."""
    assert (
        head(render_report(reports.BY_ENVIRONMENT, width=80, colour=False), "Lead")
        == BY_ENVIRONMENT
    )
    assert head(render_report(reports.BY_TEAM, width=80, colour=False), "– no data.") == BY_TEAM
    assert head(render_report(reports.SERVICES, width=80, colour=False), "E elite") == SERVICES


def test_missing_is_a_dash() -> None:
    """What cannot be known is a dash, never 0 (G0); with nothing to say there are no remarks."""
    assert render_report(reports.QUIET, width=80, colour=False) == QUIET


def test_an_empty_report_says_why() -> None:
    """A report without rows says so, and why."""
    assert render_report(reports.EMPTY, width=80, colour=False) == EMPTY


@pytest.mark.parametrize(
    ("coverage", "why"),
    [
        (reports.coverage(), "No rows: the token sees no repository of this organization."),
        (
            reports.coverage(unreadable=(Unreadable("x", "gone"),)),
            "No rows: the repositories could not be read.",
        ),
        (
            reports.coverage(skipped={"archived": 2, "excluded": 1, "empty": 0}),
            (
                "No rows: no repository of medica-flow is left to read: 2 of 3 are archived, "
                "1 is left out by --repo."
            ),
        ),
        (
            replace(reports.coverage(3), deployments={"ephemeral": 9}),
            (
                "No rows: all that was deployed was left out, or never finished: 9 to short-lived "
                "environments."
            ),
        ),
        (reports.coverage(3), "No rows: nothing was deployed in this time or shortly before it."),
    ],
)
def test_why_a_report_is_empty(coverage: Coverage, why: str) -> None:
    """The coverage tells why there are no rows (C1)."""
    text = render_report(reports.report((), coverage), width=120, colour=False)
    assert why in text.splitlines()


@pytest.mark.parametrize(
    ("tiers", "named"), [(("staging",), "staging"), (("staging", "other"), "staging or other")]
)
def test_a_report_is_empty_because_of_its_tiers(tiers: tuple[str, ...], named: str) -> None:
    """G1: where other tiers may have rows, an empty report does not say that nothing finished."""
    scope = Scope((), (), tiers, ())
    text = render_report(
        replace(reports.report((), reports.coverage(3)), scope=scope), width=200, colour=False
    )
    assert [
        f"No rows: no deployment to the tier {named} finished in this time or shortly before it.",
        "--tier all shows every tier.",
    ] == text.splitlines()[2:4]


def test_levels_are_never_by_colour_alone() -> None:
    """A level has a letter or a word as well as its colour."""
    coloured = render_report(reports.USUAL, width=80, colour=True).splitlines()
    assert coloured[6:8] == COLOURED


@pytest.mark.few(6)
@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("name", reports.ALL)
def test_colour_changes_nothing_but_colour(name: str, width: int) -> None:
    """With its colours taken away the coloured text is the plain one."""
    coloured = COLOURS.sub("", render_report(reports.ALL[name], width=width, colour=True))
    stripped = "".join(f"{line.rstrip()}\n" for line in coloured[:-1].split("\n"))
    assert stripped == render_report(reports.ALL[name], width=width, colour=False)


def test_the_surroundings_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Width and colour come from the caller alone."""
    expected = [render_report(reports.USUAL, width=80, colour=it) for it in (True, False)]
    for name, value in {
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "COLUMNS": "33",
        "TERM": "dumb",
        "TTY_COMPATIBLE": "1",
    }.items():
        monkeypatch.setenv(name, value)
    assert expected == [render_report(reports.USUAL, width=80, colour=it) for it in (True, False)]


@pytest.mark.few(24)
@pytest.mark.parametrize("width", [20, 33, 60, 79, 80, 100, 120, 160, 200, 240])
@pytest.mark.parametrize("name", reports.ALL)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """No line is wider than asked, and none ends in an ellipsis or a space."""
    lines = render_report(reports.ALL[name], width=width, colour=False).splitlines()
    assert [line for line in lines if cell_len(line) > width or line.endswith(("…", " "))] == []


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=4), st.integers(20, 240))
def test_any_name_at_any_width(names: list[tuple[str, str]], width: int) -> None:
    """Whatever the names: lines fit, no control character comes out, and every row is there."""
    rows = []
    for number, (repository, environment) in enumerate(names):
        row = reports.busy(reports.place(repository, environment), "other")
        frequency = replace(row.metrics.deployment_frequency, deployments=1_001 + number)
        rows.append(reports.changed(row, deployment_frequency=frequency))
    text = render_report(reports.report(tuple(rows)), width=width, colour=False)
    assert [line for line in text.split("\n") if cell_len(line) > width] == []
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    for number in range(len(rows)):
        assert re.search(rf"\b1,{1 + number:03}\s", text.replace("\n", " "))


@given(NAMES.map(plain), st.integers(2, 60))
def test_folding_loses_nothing(name: str, width: int) -> None:
    """The lines of a folded name are the name, each no wider than asked."""
    lines = fold(name, width)
    assert name == "".join(lines)
    assert [line for line in lines if cell_len(line) > width] == []


@pytest.mark.parametrize("name", reports.HOSTILE_NAMES)
def test_hostile_names_are_shown_as_they_are(name: str) -> None:
    """A name is text, neither markup nor emoji code; in a wide terminal it stands on one line."""
    row = reports.busy({"environment": name}, "other")
    report: Report = reports.report((row,), by="environment")
    lines = render_report(report, width=400, colour=False).split("\n")
    assert any(line.startswith(plain(name).rstrip()) for line in lines[4:])


AT_80 = """\
DORA metrics of medica-flow

Repository        Deployment   Change        Change      Recovery       Rework
  environment     frequency    lead time     fail rate   time           rate
────────────────────────────────────────────────────────────────────────────────
appointment-service
  production    L 0.2/week     40 d          50 %        –, 1 open      0 %
  31 wait, 62 d   2 times      3 changes     1 of 2      1 failure      0 of 2
  qa            E 2.4/day    E 35 min      E 2.3 %     E 20 min         1.9 %
                  216 times    388 changes   5 of 218    5 failures     4 of 216

billing-gateway
  live-eu-west-   0/week       –             –           –              –
  1               0 times      no changes    0 of 0      no failures    0 of 0

patient-api
  production    H 3.3/week   H 26 h        H 6.7 %       1.5 h, 1 open  2.4 %
  7 wait, 4.0 d   42 times     120 changes   3 of 45     3 failures     1 of 42
  staging       E 2.4/day    E 35 min      E 2.3 %     E 20 min         1.9 %
                  216 times    388 changes   5 of 218    5 failures     4 of 216

E elite, H high, M medium, L low: DORA's performance levels, low the poorest. –
no data. A level needs at least 5 changes, deployments or failures; a
frequency's needs one deployment. Lead and recovery times are medians; failed
deployments in a row are one failure. Open failures count in the median as
lasting on. Waiting: changes not yet in production, and the age of the oldest.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA
2023.
Read 38 repositories with 61 requests (63 points) in 8.2 s.

Not in the numbers, or less than certain:
· 7 repositories skipped: 2 archived, 1 empty, 4 without deployments
· ward-planner could not be read: the token lacks deployments: read
· lab-results was read only in part: the history is longer than 5,000
  deployments
· 1 deployment still in progress, not counted yet
· 2 deployments abandoned: neither succeeded nor failed, not counted
· 1 deployment that never started (refused, expired or ended before the apply),
  not counted
· 14 deployments that succeeded with nothing to change, not counted
· 1,212 deployments to short-lived environments, such as previews, left out
· 1 deployment of a commit that GitHub no longer has: no lead times
· 3 first deployments of environments: no lead times, for what came before is
  not known
· 1 environment with more history than is read: old changes may count as new
· 1 change with a wrong clock: lead time below zero, taken as zero
· 1 incident not traced to any deployment
"""

AT_120 = """\
DORA metrics of medica-flow

Repository        Deployment     Change                  Change        Recovery         Rework    Waiting
  environment     frequency      lead time               fail rate     time             rate      changes
──────────────────────────────────────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week low   40 d                    50 %          –, 1 open        0 %       31
                  2 times        3 changes, p90 42 d     1 of 2        1 failure        0 of 2    oldest 62 d
  qa              2.4/day elite  35 min elite            2.3 % elite   20 min elite     1.9 %
  testing         216 times      388 changes, p90 2.5 h  5 of 218      5 failures       4 of 216
                                                                       mean 25 min

billing-gateway
  live-eu-west-1  0/week         –                       –             –                –         –
  production      0 times        no changes              0 of 0        no failures      0 of 0

patient-api
  production      3.3/week high  26 h high               6.7 % high    1.5 h, 1 open    2.4 %     7
                  42 times       120 changes, p90 3.0 d  3 of 45       3 failures       1 of 42   oldest 4.0 d
                                                         2 never live  mean 1.7 h of 2
  staging         2.4/day elite  35 min elite            2.3 % elite   20 min elite     1.9 %
                  216 times      388 changes, p90 2.5 h  5 of 218      5 failures       4 of 216
                                                                       mean 25 min
"""  # noqa: E501 (a wide terminal)

AT_200 = """\
DORA metrics of medica-flow

Repository        Deployment                 Change                                     Change                         Recovery                                       Rework             Waiting
  environment     frequency                  lead time                                  fail rate                      time                                           rate               changes
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week (0.02–0.6) low    40 d                                       50 % (9.5–90 %)                –, 1 open                                      0 % (0–66 %)       31
                  2 times, 2 active days     3 changes, p90 42 d                        1 of 2, revert 1               1 failure                                      0 of 2             oldest 62 d
  qa              2.4/day (2.1–2.7) elite    35 min (33–40 min) elite                   2.3 % (1.0–5.3 %) elite        20 min elite                                   1.9 % (0.7–4.7 %)
  testing         216 times, 64 active days  388 changes, p90 2.5 h                     5 of 218, incident 5           5 failures                                     4 of 216
                                             coding 15 min, review –, delivery 10 min                                  mean 25 min, longest 45 min

billing-gateway
  live-eu-west-1  0/week (0–0.3)             –                                          –                              –                                              –                  –
  production      0 times                    no changes                                 0 of 0                         no failures                                    0 of 0

patient-api
  production      3.3/week (2.4–4.4) high    26 h (22–31 h) high                        6.7 % (2.3–18 %) high          1.5 h, 1 open                                  2.4 % (0.4–12 %)   7
                  42 times, 31 active days   120 changes, p90 3.0 d                     3 of 45, status 2, rollback 1  3 failures                                     1 of 42            oldest 4.0 d
                                             coding 8.3 h, review 5.6 h, delivery 11 h  2 never live                   mean 1.7 h of 2, longest 2.5 h, 1 from before
  staging         2.4/day (2.1–2.7) elite    35 min (33–40 min) elite                   2.3 % (1.0–5.3 %) elite        20 min elite                                   1.9 % (0.7–4.7 %)
                  216 times, 64 active days  388 changes, p90 2.5 h                     5 of 218, incident 5           5 failures                                     4 of 216
                                             coding 15 min, review –, delivery 10 min                                  mean 25 min, longest 45 min
"""  # noqa: E501 (a wide terminal)

AT_40 = """\
DORA metrics of medica-flow

medica-flow
  production
    Deployment        3.3/week
    frequency         (2.4–4.4), 42
                      times, 31 active
                      days
    Change lead time  26 h (22–31 h),
                      120 changes, p90
                      3.0 d, coding 8.3
                      h, review 5.6 h,
                      delivery 11 h
    Change fail rate  6.7 % (2.3–18 %),
                      3 of 45, status 2,
                      rollback 1, 2
                      never live
    Recovery time     1.5 h, 1 open, 3
                      failures, mean 1.7
                      h of 2, longest
                      2.5 h, 1 from
                      before
    Rework rate       2.4 % (0.4–12 %),
                      1 of 42
    Waiting changes   –
"""

BY_ENVIRONMENT = """\
DORA metrics of medica-flow

               Deployment  Change       Change        Recovery         Rework
Environment    frequency   lead time    fail rate     time             rate
───────────────────────────────────────────────────────────────────────────────
production     3.3/week    26 h         6.7 %         1.5 h, 1 open    2.4 %
7 wait, 4.0 d  42 times    120 changes  3 of 45       3 failures       1 of 42
                                        2 never live  mean 1.7 h of 2
qa             2.4/day     35 min       2.3 %         20 min           1.9 %
testing        216 times   388 changes  5 of 218      5 failures       4 of 216
                                                      mean 25 min
"""

BY_TEAM = """\
DORA metrics of medica-flow

Team          Deployment  Change       Change        Recovery         Rework
  tier        frequency   lead time    fail rate     time             rate
─────────────────────────────────────────────────────────────────────────────
(no team)
  production  0.2/week    40 d         50 %          –, 1 open        0 %
  none wait   2 times     3 changes    1 of 2        1 failure        0 of 2

Patient care
  production  3.3/week    26 h         6.7 %         1.5 h, 1 open    2.4 %
              42 times    120 changes  3 of 45       3 failures       1 of 42
                                       2 never live  mean 1.7 h of 2
"""

SERVICES = """\
DORA metrics of medica-flow

Repository          Deployment   Change        Change     Recovery       Rework
  environment       frequency    lead time     fail rate  time           rate
────────────────────────────────────────────────────────────────────────────────
platform
  production      L 0.2/week     40 d          50 %       –, 1 open      0 %
                    2 times      3 changes     1 of 2     1 failure      0 of 2
  production ·    H 3.3/week   H 26 h        H 6.7 %      1.5 h, 1 open  2.4 %
  checkout          42 times     120 changes   3 of 45    3 failures     1 of 42
"""

QUIET = """\
DORA metrics of medica-flow

Repository     Deployment      Change      Change     Recovery     Rework
  environment  frequency       lead time   fail rate  time         rate
─────────────────────────────────────────────────────────────────────────
patient-api
  production   0/week (0–0.3)  –           –          –            –
               0 times         no changes  0 of 0     no failures  0 of 0

– no data. (a–b) 95 % interval. A level needs at least 5 changes, deployments or
failures; a frequency's needs one deployment. Lead and recovery times are
medians; failed deployments in a row are one failure.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA
2023.
Read 1 repository.
"""

EMPTY = """\
DORA metrics of medica-flow

No rows: nothing was deployed in this time or shortly before it.
A longer time may have some: see --since.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA
2023.
Read 2 repositories.

Not in the numbers, or less than certain:
· 1 repository skipped: 1 archived
"""

COLOURED = [
    (
        "  production"
        "   \x1b[1;31m L \x1b[0m0.2/week     40 d          50 %        –, 1 open      0 %"
    ),
    (
        "\x1b[2m  31 wait, 62 d\x1b[0m"
        "   \x1b[2m2 times\x1b[0m   "
        "   \x1b[2m3 changes\x1b[0m  "
        "   \x1b[2m1 of 2\x1b[0m   "
        "   \x1b[2m1 failure\x1b[0m   "
        "   \x1b[2m0 of 2\x1b[0m"
    ),
]
