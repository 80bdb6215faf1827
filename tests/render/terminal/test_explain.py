"""What happened and what follows from it, on a terminal."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from rich.cells import cell_len

from dora.render.formatting import plain
from dora.render.terminal.explain import render_explanation
from dora.render.terminal.links import link
from tests.oracle.settings import Settings
from tests.support.explained_organization import (
    ASKED,
    DAY,
    NOW,
    ORGANIZATION,
    Explained,
    explained,
    renamed,
)
from tests.support.reports import HOSTILE_NAMES

LINK = re.compile("\x1b]8;(?:id=[0-9]+;([^\x1b]*))?;?\x1b\\\\")
COLOURS = re.compile("\x1b\\[[0-9;]*m")

#: Every one of them on.
SIGNALS = frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"})


def lines_of(it: Explained, width: int = 80, *, with_authors: bool = False) -> list[str]:
    """Lines of the plain text."""
    text = render_explanation(*it, width=width, colour=False, with_authors=with_authors)
    return text.splitlines()


def after(lines: list[str], head: str) -> str:
    """The line after the one that begins with *head*."""
    return next(two for one, two in pairwise(lines) if one.startswith(head))


def test_at_80_columns() -> None:
    """Every deployment with its reasons, failures and changes; how each figure follows (F1–F9)."""
    assert render_explanation(*explained(ORGANIZATION), width=80, colour=False) == AT_80


def test_at_120_columns_with_authors() -> None:
    """A wide terminal folds less; authors are named where they are asked for."""
    lines = lines_of(explained(ORGANIZATION), 120, with_authors=True)
    assert "\n".join(lines[14:22]) == AT_120
    assert "ada" not in " ".join(lines_of(explained(ORGANIZATION), 120))


def test_a_service_has_a_story_of_its_own() -> None:
    """Rows by service are told one after the other (G3)."""
    it = explained(ORGANIZATION)
    deployments = tuple(
        replace(one, service="billing" if one.id % 2 else "") for one in it.evidence.deployments
    )
    evidence = replace(it.evidence, deployments=deployments)
    lines = lines_of(Explained(evidence, it.rows, it.sensitivities))
    assert [one for one in lines if one.startswith("patient-api prod")] == [
        "patient-api production",
        "patient-api production · billing",
    ]
    assert lines[-1] == "Nothing finished here: there is no row in the report."


def test_nothing_at_all() -> None:
    """Without evidence and rows there is one sentence."""
    it = explained(replace(ORGANIZATION, repositories=()))
    assert lines_of(it) == ["Nothing was deployed in this time."]


def test_a_quiet_row() -> None:
    """A row in which nothing happened says so of every figure (G0)."""
    asked = {**ASKED, "since": NOW - 1 * DAY / 24}
    found = explained(ORGANIZATION, {**asked, "until": NOW})
    lines = lines_of(found)
    assert (
        after(lines, "Deployment frequency: 0/week")
        == "  0 succeeded ÷ 0.04 days = 0 a day = 0/week"
    )
    assert after(lines, "Change lead time: –") == "  no changes shipped"
    assert after(lines, "Change fail rate: –") == "  nothing finished"
    assert (
        after(lines, "Recovery time: –")
        == "  no failures began; 1 from before this time, still open when it began"
    )
    assert after(lines, "Rework rate: –") == "  nothing succeeded"


def test_a_row_of_a_few_days() -> None:
    """DF2: a rate is of seven days at least, though the first deployment is of four days ago."""
    until = NOW.replace(day=5, hour=10)
    lines = lines_of(explained(ORGANIZATION, {"since": until - 20 * DAY, "until": until}))
    assert (
        after(lines, "Deployment frequency: ")
        == "  5 succeeded ÷ 7 days since 29 Oct, the least that a rate is of, = 0.71 a day ="
    )


def test_what_began_before_the_window() -> None:
    """What is there for its failure alone, and what has one from before, says so (R3)."""
    since = NOW.replace(day=2, hour=10)
    lines = lines_of(explained(ORGANIZATION, {"since": since, "until": NOW}))
    assert after(lines, "2026-11-02 12:05").startswith("  status: error at 12:05")
    assert "  Its failure began before this time, and is not among those counted." in lines
    since = NOW.replace(day=7, hour=12)
    lines = lines_of(explained(ORGANIZATION, {"since": since, "until": NOW}))
    assert "  It succeeded before this time, and is not among those counted." in lines


def test_failures_that_do_not_count() -> None:
    """A failure status that the configuration does not look at is no failure, and is said (F8)."""
    lines = lines_of(
        explained(ORGANIZATION, settings=Settings(failures_status="off", signals=SIGNALS))
    )
    assert lines[6] == "2026-11-02 09:05  01c0ffe  failed, does not count as failed"
    assert lines[-1] == "  off in the configuration: status"
    assert lines[-2] == "  failures.status = any 64 % (7), live 45 % (5), off 45 % (5, as is)"


@pytest.mark.parametrize(
    ("facts", "headline"),
    [
        ({"outcome": "not_started", "remark": "approval refused or expired"},
         "2026-11-02 09:00  01c0ffe  not started: approval refused or expired"),
        ({"outcome": "not_started", "remark": "apply had not begun"},
         "2026-11-02 09:00  01c0ffe  not started: apply had not begun"),
        ({"outcome": "abandoned", "remark": "its runner was gone"},
         "2026-11-02 09:00  01c0ffe  abandoned: its runner was gone"),
        ({"remark": "apply had begun"},
         "2026-11-02 09:05  01c0ffe  failed, may have changed something"),
        ({"outcome": "success", "succeeded_at": NOW.replace(day=2, hour=9), "unchanged": True,
          "failed_status_at": None, "remark": "nothing to change"},
         "2026-11-02 09:00  01c0ffe  succeeded, nothing to change: not counted"),
    ],
)  # fmt: skip
def test_why_a_deployment_is_not_what_its_statuses_say(
    facts: dict[str, Any], headline: str
) -> None:
    """D3, F8: it stands in the deployment's first line, and such ones are not counted."""
    it = explained(ORGANIZATION)
    first, second, *rest = it.evidence.deployments
    told = replace(second, **{"reasons": () if "outcome" in facts else second.reasons, **facts})
    lines = lines_of(
        Explained(replace(it.evidence, deployments=(first, told, *rest)), it.rows, it.sensitivities)
    )
    assert headline in lines
    left = 10 if "outcome" in facts else 11
    assert any(f" of {left} finished = " in line for line in lines)
    assert any("  9 succeeded ÷ 21.88 days" in line for line in lines)


def test_links_lead_to_what_says_so() -> None:
    """On a terminal commits, requests, issues, tags and deployments are hyperlinks."""
    text = render_explanation(*explained(ORGANIZATION), width=200, colour=True)
    site = "https://github.com/medica-flow/patient-api/"
    found = {one.removeprefix(site) for one in LINK.findall(text) if one}
    sha = "03" + "c0ffee" * 6 + "00"
    wanted = {"deployments/1008", f"commit/{sha}", "pull/4", "pull/5", "issues/7"}
    assert wanted | {"releases/tag/failed/1.0"} <= found
    assert not [one for one in found if one.startswith("http")]


@pytest.mark.few(1)
@pytest.mark.parametrize("width", [20, 33, 80, 120])
def test_colour_changes_nothing_but_colour(width: int) -> None:
    """With colours and links taken away the text is the plain one."""
    it = explained(ORGANIZATION)
    coloured = render_explanation(*it, width=width, colour=True)
    stripped = LINK.sub("", COLOURS.sub("", coloured))
    assert [one.rstrip() for one in stripped.splitlines()] == lines_of(it, width)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///x", "", "https://a/\x1b\\x", "https://ä/"]
)
def test_only_web_addresses_are_linked(url: str) -> None:
    """What is no web address, or would end the escape sequence, is no link."""
    assert link("x", url).spans == []


@pytest.mark.few(4)
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names(name: str) -> None:
    """No name reaches the terminal as an escape sequence or as markup, and none is cut off."""
    it = explained(renamed(name))
    lines = lines_of(it, 300, with_authors=True)
    assert any(plain(name).rstrip() in line for line in lines[:1])
    for width in (20, 80):
        text = "\n".join(lines_of(_blamed(it, name), width, with_authors=True))
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
        assert [line for line in text.split("\n") if cell_len(line) > width or "…" in line] == []


def _blamed(it: Explained, name: str) -> Explained:
    """The same with *name* as what says so, as author and as address."""
    deployments = tuple(
        replace(one, url=name, reasons=tuple(replace(it, by=name) for it in one.reasons))
        for one in it.evidence.deployments
    )
    changes = tuple(replace(one, author=name, url=name) for one in it.evidence.changes)
    evidence = replace(it.evidence, deployments=deployments, changes=changes)
    return Explained(evidence, it.rows, it.sensitivities)


AT_80 = """\
patient-api production
2026-10-24 06:00 to 2026-11-23 06:00 UTC (30 days).
13 deployments by when they finished, oldest first; then the figures they make.

2026-11-01 09:05  00c0ffe  succeeded
  The first known here: all it holds is older work, not its changes.
2026-11-02 09:05  01c0ffe  failed, never live
  status: failure at 09:05, followed by 01c0ffe at 15:05, after 6.0 h
  2 failures in a row: 6.0 h, from 2026-11-02 09:05 to 15:05
2026-11-02 12:05  01c0ffe  failed, never live
  status: error at 12:05, followed by 01c0ffe at 15:05, after 3.0 h
  in a row with 01c0ffe
2026-11-02 15:05  01c0ffe  succeeded
  1 change: 9.1 h 01c0ffe #1
2026-11-03 09:05  02c0ffe  succeeded, then failed
  revert: commit 03c0ffe took back what it shipped, down 24 h,
    until 03c0ffe at 2026-11-04 09:05
  status: failure at 09:10, down 24 h, until 03c0ffe at 2026-11-04 09:05
  outage: 24 h, from 2026-11-03 09:05 to 2026-11-04 09:05
  1 change: 3.1 h 02c0ffe
2026-11-04 09:05  03c0ffe  succeeded, counts as failed, rework
  hotfix: patient-api#4 fixed it, down 24 h, until 04c0ffe at 2026-11-05 09:05
  1 change: 3.1 h 03c0ffe
2026-11-05 09:05  04c0ffe  succeeded, rework
  1 change: 3.1 h 04c0ffe #4
2026-11-06 09:05  05c0ffe  succeeded, counts as failed
  label: patient-api#5 has a failure label, down 12 h, until 04c0ffe at 21:05
  rollback: deployment 1008 rolled back to an older commit, down 12 h,
    until 04c0ffe at 21:05
  outage: 12 h, from 2026-11-06 09:05 to 21:05
  1 change: 3.1 h 05c0ffe #5
2026-11-06 21:05  04c0ffe  succeeded, rework
2026-11-07 09:05  06c0ffe  succeeded, counts as failed
  tag: failed/1.0 is on its commit, down 24 h, until 07c0ffe at 2026-11-08 09:05
  incident: patient-api#7 opened 21:00, still open after 15 d
  outage: from 2026-11-07 21:00, still open after 15 d, as its incidents say
  1 change: 3.1 h 06c0ffe
2026-11-08 09:05  07c0ffe  succeeded, counts as failed, rework
  incident: patient-api#8 opened 21:00, closed 2026-11-09 03:00, after 6.0 h
  1 change: 3.1 h 07c0ffe
2026-11-09 09:00  07c0ffe  abandoned
2026-11-22 21:00  07c0ffe  in progress

Deployment frequency: 2.9/week
  9 succeeded ÷ 21.88 days since 1 Nov, when it began, = 0.41 a day = 2.9/week,
  on 8 days
  no 95 % interval: it takes four whole weeks
  by week: ╌█▆▁▁▁

Change lead time: 3.1 h (3.1–9.1 h), top 9–24 % of DORA 2025
  median: the 4th of 7 changes by lead time = 3.1 h
  all: mean 3.9 h, three in four within 3.1 h, nine in ten within 5.5 h
  slowest: 9.1 h 01c0ffe #1, 3.1 h 02c0ffe, 3.1 h 03c0ffe, 3.1 h 04c0ffe #4,
    3.1 h 05c0ffe #5
  from merge to live: median 2.1 h (Kaplan–Meier), of 8 changes merged in this
  time, 1 of them waiting
  95 % interval 3.1–9.1 h: lead times at 0 % and 100 % of the 7 changes
    of 7 deployments, ½ ± 2.45 · 0.204 (Woodruff, f = 6.0),
    no narrower than of independent changes
  by week: ╌·█···

Recovery time: 12 h (6.0 h or more), 1 open, top 21–100 % of DORA 2025
  6 failures: 5 recovered, 1 open; 5 outages, 1 never live
  median: 12 h (Kaplan–Meier, the open ones counted as lasting on)
  mean of the recovered: 3.0 d ÷ 5 = 14 h; longest 24 h
  the longest: 15 d and open, 24 h, 24 h, 12 h, 6.0 h, 6.0 h
  95 % interval 6.0 h or more: where the band of Kaplan–Meier's curve
    (Greenwood, log–log) reaches one half, of 6 failures, 1 of them open
  by week: ╌·█·░░ (░: too young to judge, from 16 Nov on)

Change fail rate: 64 % (35–85 %)
  7 failed of 11 finished = 64 %
  by signal: hotfix 1, incident 2, label 1, revert 1, rollback 1, status 3,
    tag 1, some by several, 2 never live
  failed: 01c0ffe 2026-11-02, 01c0ffe 2026-11-02, 02c0ffe 2026-11-03,
    03c0ffe 2026-11-04, 05c0ffe 2026-11-06, 06c0ffe 2026-11-07,
    07c0ffe 2026-11-08
  95 % interval 35–85 %: Wilson, 7 of 11
  by week: ╌▁█·░░ (░: too young to judge, from 16 Nov on)

Rework rate: 44 % (19–73 %)
  4 rework of 9 succeeded = 44 %
  rework: 03c0ffe 2026-11-04, 04c0ffe 2026-11-05, 04c0ffe 2026-11-06,
    07c0ffe 2026-11-08
  95 % interval 19–73 %: Wilson, 4 of 9
  by week: ╌▁█···

Waiting changes: 1, oldest 14 d
  on the default branch, not yet here: 14 d 08c0ffe

Change fail rate of the 11 finished, were failures defined otherwise
  by one signal alone: status 27 % (3), rollback 9.1 % (1), revert 9.1 % (1),
    hotfix 9.1 % (1), label 9.1 % (1), tag 9.1 % (1), incident 18 % (2)
  failures.status = any 64 % (7, as is), live 45 % (5), off 45 % (5)
"""

AT_120 = """\
2026-11-03 09:05  02c0ffe  succeeded, then failed
  revert: commit 03c0ffe took back what it shipped, down 24 h, until 03c0ffe at 2026-11-04 09:05
  status: failure at 09:10, down 24 h, until 03c0ffe at 2026-11-04 09:05
  outage: 24 h, from 2026-11-03 09:05 to 2026-11-04 09:05
  1 change: 3.1 h 02c0ffe by ada
2026-11-04 09:05  03c0ffe  succeeded, counts as failed, rework
  hotfix: patient-api#4 fixed it, down 24 h, until 04c0ffe at 2026-11-05 09:05
  1 change: 3.1 h 03c0ffe by grace"""
