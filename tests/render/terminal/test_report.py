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
from tests.support import judged_reports, reports

if TYPE_CHECKING:
    from dora.report.model import Report

NAMES = st.text(max_size=60) | st.sampled_from(reports.HOSTILE_NAMES)
COLOURS = re.compile("\x1b\\[[0-9;]*m|\x1b]8;[^\x1b]*\x1b\\\\")


def head(text: str, before: str) -> str:
    """Give *text* up to the paragraph that begins with *before*."""
    return text.partition(f"\n\n{before}")[0] + "\n"


def test_at_80_columns() -> None:
    """Eighty columns hold every metric by DORA's factors, with its place and sample, since when it
    is one, and what is open and waiting (B5, DF2, LT12, R4, F8, C1)."""
    assert render_report(judged_reports.JUDGED, width=80, colour=False) == AT_80


def test_at_120_columns() -> None:
    """There is room for the 95 % intervals, in brackets, and for waiting work."""
    text = render_report(judged_reports.JUDGED, width=120, colour=False)
    assert head(text, "–: no data.") == AT_120


def test_at_200_columns() -> None:
    """There is room for everything: intervals behind the values, active days, reasons, stages."""
    text = render_report(judged_reports.JUDGED, width=200, colour=False)
    assert head(text, "–: no data.") == AT_200


def test_a_years_levels_are_not_read_as_the_size_of_a_number() -> None:
    """B3: a level that was asked for has a line of its own: a letter of the legend, which names the
    year, or, with room, the word performer."""
    assert render_report(reports.USUAL, width=80, colour=False).partition("\nRead")[0] == LEVELS
    text = render_report(judged_reports.RANGES, width=120, colour=False)
    assert text.partition("\nRead")[0] == RANGES


def test_what_was_compared_has_its_effect() -> None:
    """K2, T3: beside a verdict is the effect's interval; parts before a row began, and those too
    young to judge, have marks of their own; frequencies of less than four weeks have a note."""
    text = render_report(judged_reports.JUDGED_OVER_TIME, width=120, colour=False)
    assert text.partition("\nmedica-flow,")[0] == OVER_TIME


def test_too_narrow_for_a_table() -> None:
    """Where no table fits each metric has a line of its own, and nothing is left out."""
    assert (
        head(render_report(reports.BY_ORGANIZATION, width=40, colour=False), "In brackets") == AT_40
    )


def test_pooled_rows_have_their_own_keys() -> None:
    """Rows by environment stand alone; those of a team and of services under its name."""
    assert (
        head(render_report(reports.BY_ENVIRONMENT, width=80, colour=False), "In brackets")
        == BY_ENVIRONMENT
    )
    assert head(render_report(reports.BY_TEAM, width=80, colour=False), "–: no data.") == BY_TEAM
    assert head(render_report(reports.SERVICES, width=80, colour=False), "–: no data.") == SERVICES


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
    """A level has a letter or a word as well as its colour; all that is beside a value is quiet."""
    coloured = render_report(reports.USUAL, width=80, colour=True).splitlines()
    assert coloured[7:9] == COLOURED


@pytest.mark.few(6)
@pytest.mark.parametrize("width", [20, 40, 80, 120, 200])
@pytest.mark.parametrize("name", judged_reports.ALL)
def test_colour_changes_nothing_but_colour(name: str, width: int) -> None:
    """With its colours taken away the coloured text is the plain one."""
    coloured = COLOURS.sub("", render_report(judged_reports.ALL[name], width=width, colour=True))
    stripped = "".join(f"{line.rstrip()}\n" for line in coloured[:-1].split("\n"))
    assert stripped == render_report(judged_reports.ALL[name], width=width, colour=False)


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
@pytest.mark.parametrize("name", judged_reports.ALL)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    """No line is wider than asked, and none ends in an ellipsis or a space."""
    lines = render_report(judged_reports.ALL[name], width=width, colour=False).splitlines()
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

                  Throughput                                 Instability
Repository        Deployment    Change        Recovery       Change     Rework
  environment     frequency     lead time     time           fail rate  rate
────────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week      40 d          –, 1 open      50 %       0 %
  31 wait, 62 d   top 45–100 %  3 changes     1 failure      1 of 2     0 of 2
                  2 times       31 of 34
                                merged wait

billing-gateway
  live-eu-west-1  0/week        –             –              –          –
  production      0 times       no changes    no failures    0 of 0     0 of 0

patient-api
  production      3.3/week      26 h          1.5 h, 1 open  6.7 %      2.4 %
  7 wait, 4.0 d   top 23–45 %   top 9–56 %    3 failures     3 of 45    1 of 42
                  42 times      120 changes   1 from before
                  since 14 Oct  from merge
                                31 h, 7 wait

portal
  production      2.4/day       35 min        20 min         2.3 %      1.9 %
  none wait       top 16 %      top 9 %       5 failures     5 of 218   4 of 216
                  216 times     388 changes
                                from merge
                                30 min

–: no data. “Top 24–56 %”: of the respondents of DORA's 2025 survey 24 % do
better and 44 % worse; the wider, the less sure. Lead and recovery times are
medians; failed deployments in a row are one failure. Open failures count in the
median as lasting on. From before: failed before this time, and had not
recovered when it began. From merge: median time to production, with the changes
that still wait. Since: the row began in the window, and its frequency is of the
time from then on. Waiting: changes not yet in production, and the age of the
oldest.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), places of DORA
2025.
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
· 1 row of any tier began in the window: a frequency is of the time since then
· 1 deployment of a commit that GitHub no longer has: no lead times
· 3 first deployments of environments: no lead times, for what came before is
  not known
· 1 environment with more history than is read: old changes may count as new
· 1 change with a wrong clock: lead time below zero, taken as zero
· 1 incident not traced to any deployment
"""

AT_120 = """\
DORA metrics of medica-flow

                  Throughput                                                  Instability
Repository        Deployment    Change                      Recovery          Change        Rework       Waiting
  environment     frequency     lead time                   time              fail rate     rate         changes
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week      40 d                        –, 1 open         50 %          0 %          31
                  (0.02–0.6)    3 changes, p90 42 d         1 failure         (9.5–90 %)    (0–66 %)     oldest 62 d
                  top 45–100 %  31 of 34 merged wait                          1 of 2        0 of 2
                  2 times

billing-gateway
  live-eu-west-1  0/week        –                           –                 –             –            –
  production      (0–0.3)       no changes                  no failures       0 of 0        0 of 0
                  0 times

patient-api
  production      3.3/week      26 h                        1.5 h, 1 open     6.7 %         2.4 %        7
                  (2.4–4.4)     (22–31 h)                   3 failures        (2.3–18 %)    (0.4–12 %)   oldest 4.0 d
                  top 23–45 %   top 9–56 %                  mean 1.7 h of 2   3 of 45       1 of 42
                  42 times      120 changes, p90 3.0 d                        2 never live
                  since 14 Oct  31 h from merge, 7 waiting

portal
  production      2.4/day       35 min                      20 min            2.3 %         1.9 %        none
                  (2.1–2.7)     (33–40 min)                 (15 min or more)  (1.0–5.3 %)   (0.7–4.7 %)
                  top 16 %      top 9 %                     5 failures        5 of 218      4 of 216
                  216 times     388 changes, p90 2.5 h      mean 25 min
                                30 min from merge
"""  # noqa: E501 (a wide terminal)

AT_200 = """\
DORA metrics of medica-flow

                  Throughput                                                                                                           Instability
Repository        Deployment                 Change                                     Recovery                                       Change                         Rework             Waiting
  environment     frequency                  lead time                                  time                                           fail rate                      rate               changes
─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week (0.02–0.6)        40 d                                       –, 1 open                                      50 % (9.5–90 %)                0 % (0–66 %)       31
                  top 45–100 %               3 changes, p90 42 d                        1 failure                                      1 of 2, revert 1               0 of 2             oldest 62 d
                  2 times, 2 active days     31 of 34 merged wait

billing-gateway
  live-eu-west-1  0/week (0–0.3)             –                                          –                                              –                              –                  –
  production      0 times                    no changes                                 no failures                                    0 of 0                         0 of 0

patient-api
  production      3.3/week (2.4–4.4)         26 h (22–31 h)                             1.5 h, 1 open                                  6.7 % (2.3–18 %)               2.4 % (0.4–12 %)   7
                  top 23–45 %                top 9–56 %                                 3 failures                                     3 of 45, status 2, rollback 1  1 of 42            oldest 4.0 d
                  42 times, 31 active days   120 changes, p90 3.0 d                     mean 1.7 h of 2, longest 2.5 h, 1 from before  2 never live
                  since 14 Oct               31 h from merge, 7 waiting
                                             coding 8.3 h, review 5.6 h, delivery 11 h

portal
  production      2.4/day (2.1–2.7)          35 min (33–40 min)                         20 min (15 min or more)                        2.3 % (1.0–5.3 %)              1.9 % (0.7–4.7 %)  none
                  top 16 %                   top 9 %                                    5 failures                                     5 of 218, incident 5           4 of 216
                  216 times, 64 active days  388 changes, p90 2.5 h                     mean 25 min, longest 45 min
                                             30 min from merge
                                             coding 15 min, review –, delivery 10 min
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
    Recovery time     1.5 h, 1 open, 3
                      failures, mean 1.7
                      h of 2, longest
                      2.5 h, 1 from
                      before
    Change fail rate  6.7 % (2.3–18 %),
                      3 of 45, status 2,
                      rollback 1, 2
                      never live
    Rework rate       2.4 % (0.4–12 %),
                      1 of 42
    Waiting changes   –
"""

BY_ENVIRONMENT = """\
DORA metrics of medica-flow

               Throughput                              Instability
               Deployment  Change       Recovery       Change        Rework
Environment    frequency   lead time    time           fail rate     rate
────────────────────────────────────────────────────────────────────────────────
production     3.3/week    26 h         1.5 h, 1 open  6.7 %         2.4 %
7 wait, 4.0 d  (2.4–4.4)   (22–31 h)    3 failures     (2.3–18 %)    (0.4–12 %)
               42 times    120 changes  1 from before  3 of 45       1 of 42
                                                       2 never live
qa             2.4/day     35 min       20 min         2.3 %         1.9 %
testing        (2.1–2.7)   (33–40 min)  5 failures     (1.0–5.3 %)   (0.7–4.7 %)
               216 times   388 changes                 5 of 218      4 of 216
"""

BY_TEAM = """\
DORA metrics of medica-flow

              Throughput                                Instability
Team          Deployment  Change       Recovery         Change        Rework
  tier        frequency   lead time    time             fail rate     rate
────────────────────────────────────────────────────────────────────────────────
(no team)
  production  0.2/week    40 d         –, 1 open        50 %          0 %
  none wait   (0.02–0.6)  3 changes    1 failure        (9.5–90 %)    (0–66 %)
              2 times                                   1 of 2        0 of 2

Patient care
  production  3.3/week    26 h         1.5 h, 1 open    6.7 %         2.4 %
              (2.4–4.4)   (22–31 h)    3 failures       (2.3–18 %)    (0.4–12 %)
              42 times    120 changes  mean 1.7 h of 2  3 of 45       1 of 42
                                                        2 never live
"""

SERVICES = """\
DORA metrics of medica-flow

                      Throughput                              Instability
Repository            Deployment  Change       Recovery       Change     Rework
  environment         frequency   lead time    time           fail rate  rate
────────────────────────────────────────────────────────────────────────────────
platform
  production          0.2/week    40 d         –, 1 open      50 %       0 %
                      level L     3 changes    1 failure      1 of 2     0 of 2
                      2 times
  production ·        3.3/week    26 h         1.5 h, 1 open  6.7 %      2.4 %
  checkout            level H     level H      3 failures     level H    1 of 42
                      42 times    120 changes                 3 of 45
"""

QUIET = """\
DORA metrics of medica-flow

               Throughput                               Instability
Repository     Deployment      Change      Recovery     Change     Rework
  environment  frequency       lead time   time         fail rate  rate
─────────────────────────────────────────────────────────────────────────
patient-api
  production   0/week (0–0.3)  –           –            –          –
               0 times         no changes  no failures  0 of 0     0 of 0

–: no data. In brackets: the 95 % interval. Lead and recovery times are medians;
failed deployments in a row are one failure.

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
    "  production      0.2/week    40 d         –, 1 open        50 %       0 %",
    (
        "\x1b[2m  31 wait, 62 d\x1b[0m"
        "   \x1b[1;31mlevel L\x1b[0m  "
        "   \x1b[2m3 changes\x1b[0m  "
        "  \x1b[2m1 failure\x1b[0m      "
        "  \x1b[2m1 of 2\x1b[0m   "
        "  \x1b[2m0 of 2\x1b[0m"
    ),
]

LEVELS = """\
DORA metrics of medica-flow

                  Throughput                                Instability
Repository        Deployment  Change       Recovery         Change     Rework
  environment     frequency   lead time    time             fail rate  rate
───────────────────────────────────────────────────────────────────────────────
appointment-service
  production      0.2/week    40 d         –, 1 open        50 %       0 %
  31 wait, 62 d   level L     3 changes    1 failure        1 of 2     0 of 2
                  2 times
  qa              2.4/day     35 min       20 min           2.3 %      1.9 %
  testing         level E     level E      level E          level E    4 of 216
                  216 times   388 changes  5 failures       5 of 218
                                           mean 25 min

billing-gateway
  live-eu-west-1  0/week      –            –                –          –
  production      0 times     no changes   no failures      0 of 0     0 of 0

patient-api
  production      3.3/week    26 h         1.5 h, 1 open    6.7 %      2.4 %
  7 wait, 4.0 d   level H     level H      3 failures       level H    1 of 42
                  42 times    120 changes  mean 1.7 h of 2  3 of 45
  staging         2.4/day     35 min       20 min           2.3 %      1.9 %
                  level E     level E      level E          level E    4 of 216
                  216 times   388 changes  5 failures       5 of 218
                                           mean 25 min

–: no data. Level: DORA's of 2023, of both ends of the 95 % interval; E elite, H
high, M medium, L low performers. Lead and recovery times are medians; failed
deployments in a row are one failure. Open failures count in the median as
lasting on, and not in mean. Waiting: changes not yet in production, and the age
of the oldest.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA
2023."""

RANGES = """\
DORA metrics of medica-flow

               Throughput                                                            Instability
Repository     Deployment                Change                     Recovery         Change            Rework
  environment  frequency                 lead time                  time             fail rate         rate
───────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
patient-api
  production   3.3/week (2.4–4.4)        26 h (22–31 h)             1.5 h, 1 open    6.7 % (2.3–18 %)  2.4 % (0.4–12 %)
               high performer            medium to elite performer  3 failures       high performer    1 of 42
               42 times, 31 active days  120 changes, p90 3.0 d     mean 1.7 h of 2  3 of 45
                                                                                     2 never live

In brackets: the 95 % interval. Performers: DORA's levels of 2023, of both ends of the 95 %
interval. Lead and recovery times are medians; failed deployments in a row are one failure. Open
failures count in the median as lasting on, and not in mean. p90: nine in ten are faster. Never
live: failed before it reached the environment.

medica-flow, 2026-08-25 06:00 to 2026-11-23 06:00 UTC (90 days), levels of DORA 2023."""  # noqa: E501 (a wide terminal)

OVER_TIME = """\
DORA metrics of medica-flow

                 Throughput                                                        Instability
Repository       Deployment          Change                      Recovery          Change            Rework
  environment    frequency           lead time                   time              fail rate         rate
──────────────────────────────────────────────────────────────────────────────────────────────────────────────────
patient-api
  production     3.3/week            26 h                        1.5 h, 1 open     6.7 %             2.4 %
  7 wait, 4.0 d  (2.4–4.4)           (22–31 h)                   3 failures        (2.3–18 %)        (0.4–12 %)
                 top 23–45 %         top 9–56 %                  mean 1.7 h of 2   3 of 45           1 of 42
                 42 times            120 changes, p90 3.0 d      was 20 min        2 never live      was 1.9 %
                 since 14 Oct        31 h from merge, 7 waiting  ╌╌╌█████████░     was 2.3 %, worse  ╌╌╌██████████
                 was 2.4/day, worse  was 35 min, worse                             +2 to +12 points
                 ×0.14–0.33          ×1.4 or more                                  ╌╌╌█████████░
                 ╌╌╌██████████       ╌╌╌██████████

portal
  production     2.4/day             35 min                      20 min            2.3 %             1.9 %
  none wait      (2.1–2.7)           (33–40 min)                 (15 min or more)  (1.0–5.3 %)       (0.7–4.7 %)
                 top 16 %            top 9 %                     5 failures        5 of 218          4 of 216
                 216 times           388 changes, p90 2.5 h      mean 25 min       was 2.3 %, worse  was 1.9 %
                 was 2.4/day, worse  30 min from merge           was 20 min        +2 to +12 points  ╌╌╌██████████
                 ×0.14–0.33          was 35 min, worse           ╌╌╌█████████░     ╌╌╌█████████░
                 ╌╌╌██████████       ×1.4 or more
                                     ╌╌╌██████████

Compared with 2026-05-27 06:00 to 2026-08-25 06:00 UTC, clearly 6 worse:
· worse: patient-api production, deployment frequency 2.4/day → 3.3/week (×0.14–0.33)
· worse: portal production, deployment frequency 2.4/day → 2.4/day (×0.14–0.33)
· worse: patient-api production, change lead time 35 min → 26 h (×1.4 or more)
· worse: patient-api production, change fail rate 2.3 % → 6.7 % (+2 to +12 points)
· worse: portal production, change lead time 35 min → 35 min (×1.4 or more)
· worse: portal production, change fail rate 2.3 % → 2.3 % (+2 to +12 points)
The frequency of 1 of 2 rows is not compared: that takes four whole weeks in both windows.

In brackets: the 95 % interval. “Top 24–56 %”: of the respondents of DORA's 2025 survey 24 % do
better and 44 % worse; the wider, the less sure. Lead and recovery times are medians; failed
deployments in a row are one failure. Open failures count in the median as lasting on, and not in
mean. p90: nine in ten are faster. Never live: failed before it reached the environment. From merge:
median time to production, with the changes that still wait. Since: the row began in the window, and
its frequency is of the time from then on. Waiting: changes not yet in production, and the age of
the oldest. Bars: one for each week from 2026-08-24 00:00 on; ·: no data. Each row's bars go from 0
to its own highest of what is whole. ╌: before the row began. ░: too young to judge, for some
failures are known only later. The last is partial.
"""  # noqa: E501 (a wide terminal)
