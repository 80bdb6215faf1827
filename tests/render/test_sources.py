"""Rows that are not of GitHub Deployments, marked and explained in every output (D8)."""

import html
import re
from dataclasses import replace

import pytest

from dora.render.formatting import deployment_name, plain
from dora.render.html.page import render_page
from dora.render.markdown import link_to
from dora.render.markdown import render_report as render_markdown
from dora.render.notes import remarks
from dora.render.slack_message import render_message
from dora.render.sources import mark_of, marks_of, notes_of
from dora.render.terminal.report import render_report
from dora.render.weekly_comment import render_comment
from dora.report.deployment_ids import DeploymentId
from dora.report.diff import compare_reports
from dora.report.model import Report, Row
from dora.report.page.model import Page
from tests.support import reports
from tests.support.pages import page_of
from tests.support.tables import DAY, deployment, line, repository, tables

SIGNALS = "failures come from reverts, hotfixes, labels, tags and incidents alone."
RELEASES = "lead time ends when the release is published."
MERGES = (
    "lead time ends at the merge, not at a deployment; each commit of the branch's own line "
    "counts, so a rebase merge counts once per commit."
)
NO_STATUS = f"cannot fail by a status: {SIGNALS}"
MARKED = "Rows with a mark are not made from GitHub Deployments:"
ALL_RELEASES = f"All rows are made from releases, not from GitHub Deployments: {RELEASES}"


def rows_of(*sources: str) -> tuple[Row, ...]:
    """Rows of these sources, in this order."""
    return tuple(
        replace(reports.busy(reports.place(f"r{at}", "production"), "production"), source=source)
        for at, source in enumerate(sources)
    )


@pytest.mark.parametrize(
    ("sources", "marks", "notes"),
    [
        (("deployments", "deployments"), ["", ""], []),
        (("releases", "releases"), ["", ""], [("", ALL_RELEASES), ("", f"Releases {NO_STATUS}")]),
        (
            ("merges", "deployments", "releases", "merges"),
            ["¹", "", "²", "¹"],
            [
                ("", MARKED),
                ("¹", f"merges: {MERGES}"),
                ("²", f"releases: {RELEASES}"),
                ("", f"Merges and releases {NO_STATUS}"),
            ],
        ),
        (
            ("deployments+releases",),
            ["¹"],
            [
                ("", "Rows with a mark are not made from GitHub Deployments alone:"),
                ("¹", f"releases: {RELEASES}"),
                ("", f"Releases {NO_STATUS}"),
            ],
        ),
        (
            ("merges", "file+merges"),
            ["¹", "¹ ²"],
            [
                ("", MARKED),
                ("¹", f"merges: {MERGES}"),
                ("²", "a file: what the file does not list is not known."),
                ("", f"Merges {NO_STATUS}"),
            ],
        ),
        (
            ("@team+later", "tags"),
            ["¹", "²"],
            [
                ("", MARKED),
                ("¹", "another source."),
                ("²", "tags: lead time ends at the tag."),
                ("", f"Tags {NO_STATUS}"),
            ],
        ),
    ],
)
def test_marks_and_what_they_stand_for(
    sources: tuple[str, ...], marks: list[str], notes: list[tuple[str, str]]
) -> None:
    """D8: each kind that is there has a mark, unless all are of one; what it leaves out follows."""
    rows = rows_of(*sources)
    found = marks_of(rows)
    assert (marks, notes) == ([mark_of(row, found) for row in rows], [*notes_of(rows)])


def test_a_mixed_table_on_a_terminal() -> None:
    """Marks stand behind the names, and below the table is what they stand for."""
    text = render_report(reports.MIXED, width=80, colour=False)
    assert MIXED == text.partition("\n\nmedica-flow,")[0]


def test_a_table_of_one_other_source() -> None:
    """Where all rows are of releases a sentence says so, and no name has a mark."""
    text = render_report(reports.RELEASES, width=80, colour=False)
    below = text[text.index("All rows are") :]
    assert RELEASES_ALONE == below.partition("\n\nmedica")[0]
    assert "¹" not in text


def test_a_mixed_table_as_markdown() -> None:
    """Marks stand behind the environments' names, outside of their code; a list explains them."""
    text = render_markdown(reports.MIXED)
    names = [line.split(" | ")[1] for line in text.splitlines() if line.startswith("| `")]
    assert [
        "`production` ¹",
        "`production` ²",
        "`qa`<br>testing",
        "`production` ³",
        "`live-eu-west-1` ⁴<br>production",
    ] == names
    assert f"\n{MARKED}\n\n- ¹ releases: {RELEASES}\n- ² workflow runs: a run" in text
    assert f"is not known.\n\nReleases and merges {NO_STATUS}\n\n" in text
    assert f"\n\n{ALL_RELEASES}\n\nReleases {NO_STATUS}\n\n" in render_markdown(reports.RELEASES)
    assert "| `production` ¹ ² |" in render_markdown(reports.POOLED_SOURCES)


def test_what_repositories_without_deployments_lack() -> None:
    """D8: who has no sources configured is told who knows them; a report without rows knows."""
    skipped = "7 repositories skipped: 2 archived, 1 empty, 4 without deployments"
    advice = "; `dora doctor` says what could count as deployments there"
    usual = replace(reports.USUAL, lacks_sources=True)
    made = (usual, reports.USUAL, replace(usual, rows=()))
    assert [skipped + advice, skipped, skipped] == [remarks(one, plain)[0] for one in made]


def moved(made: Report) -> Report:
    """The report *made*, a week before, in which other rows failed."""
    rows = tuple(
        reports.changed(row, change_fail_rate=replace(row.metrics.change_fail_rate, rate=0.9))
        for row in made.rows
    )
    return replace(made, rows=rows)


def test_the_weekly_comment() -> None:
    """What moved has its mark in the comment, too, and what it stands for."""
    text = render_comment(reports.MIXED, compare_reports(moved(reports.MIXED), reports.MIXED, None))
    assert "| `android-app` `production` ¹ | Change fail rate" in text
    assert "- `billing` `production` ²: 1" in text
    assert f"{MARKED}\n\n- ¹ releases: {RELEASES}" in text
    assert ALL_RELEASES in render_comment(reports.RELEASES, None)
    assert "made from" not in render_comment(reports.USUAL, None)


def test_the_message_for_slack() -> None:
    """Names have their marks, and a paragraph says what they stand for."""
    message = render_message(reports.MIXED)
    failing, notes = message["blocks"][-2:]
    first = failing["elements"][1]["elements"][0]["elements"]
    assert ["android-app", " ", "production", " ¹", " 1"] == [one["text"] for one in first]
    said = notes["elements"][0]["elements"][0]["text"]
    assert said.startswith(f"{MARKED}\n¹ releases: {RELEASES}\n² workflow runs: ")
    assert ALL_RELEASES in str(render_message(reports.RELEASES))


def page_of_three() -> Page:
    """A page of three repositories, one deployment each."""
    parts = [
        (
            repository(name, head="a"),
            line(name, a=50 * DAY),
            deployment(at, "a", 40 * DAY, repository=name),
        )
        for at, name in enumerate(("r0", "r1", "r2"), start=1)
    ]
    return page_of(tables(*(one for part in parts for one in part)))


def made_from(made: Page, *sources: str) -> Page:
    """The page *made*, its rows made from *sources*."""

    def told(report: Report) -> Report:
        rows = (
            replace(row, source=source) for row, source in zip(report.rows, sources, strict=True)
        )
        return replace(report, rows=tuple(rows))

    def pooled(report: Report) -> Report:
        kinds = "+".join(sorted({*sources}))
        return replace(report, rows=tuple(replace(row, source=kinds) for row in report.rows))

    return replace(
        made,
        report=told(made.report),
        repositories=told(made.repositories),
        organization=pooled(made.organization),
        environments=pooled(made.environments),
    )


def words_of(page: Page) -> str:
    """The text of a page, tags taken away."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", render_page(page))).split())


def test_the_page() -> None:
    """Tables, sections and tiers of the page have the same marks, explained below the table."""
    page = page_of_three()
    text = words_of(made_from(page, "deployments", "merges", "releases"))
    assert "The organization Production ¹ ²" in text
    markup = render_page(made_from(page, "deployments", "releases", "merges"))
    assert "production <a href=#source2>²</a>" in markup  # ¹ is merges': the tier has both
    assert "<span id=source2>² releases: " in markup
    alone = MARKED.replace(":", " alone:")  # the tier is of all three
    assert (
        f"{alone} ¹ merges: {MERGES} ² releases: {RELEASES} Merges and releases {NO_STATUS}" in text
    )
    assert ["r1 production ¹", "r2 production ²"] == [
        one for one in ("r0 production ¹", "r1 production ¹", "r2 production ²") if one in text
    ]
    assert ALL_RELEASES in words_of(made_from(page, *["releases"] * 3))


def test_the_page_calls_releases_by_their_tags() -> None:
    """What is not GitHub's has its name as its link, as in `dora explain`; markup in it is text."""
    page = page_of_three()
    (sample, *others) = page.samples
    latest = [one._replace(name="releases:v2<b>") for one in sample.latest]
    samples = (replace(sample, latest=tuple(latest)), *others)
    url = page.samples[0].latest[0].url
    assert f'<a href="{url}">v2&lt;b&gt;</a>' in render_page(replace(page, samples=samples))


@pytest.mark.parametrize(
    ("name", "called"),
    [
        (17, "17"),
        ("releases:v1.2", "v1.2"),
        ("tags:a:b", "a:b"),
        ("workflow:501/1", "run 501"),
        ("workflow:501/2", "run 501 attempt 2"),
        ("workflow:501/10/99", "run 501 attempt 10 job 99"),
        ("workflow:x/1", "workflow:x/1"),
        ("merges:c0ffee1234", "c0ffee1"),
        ("file:17", "file:17"),
        ("releases:", "releases:"),
    ],
)
def test_what_a_deployment_is_called(name: DeploymentId, called: str) -> None:
    """D8: text ids are put as people say them; GitHub's numbers stay numbers."""
    assert called == deployment_name(name)


@pytest.mark.parametrize(
    ("name", "link"),
    [
        (
            "releases:v1`](https://evil.test)[`",
            "[`` v1`](https://evil.test)[` ``](https://x.test/r)",
        ),
        ("tags:@team", "[`@team`](https://x.test/r)"),
        ("tags:a\u202eb", "[`a\ufffdb`](https://x.test/r)"),
        (7, "[7](https://x.test/r)"),
    ],
)
def test_hostile_tags_are_text_in_links(name: DeploymentId, link: str) -> None:
    """A tag's name cannot end the link that it is in, mention anybody, or turn the text round."""
    assert link == link_to(name, "https://x.test/r")
    assert plain(link) == link


MIXED = """\
DORA metrics of medica-flow

                    Throughput                              Instability
Repository          Deployment  Change       Recovery       Change     Rework
  environment       frequency   lead time    time           fail rate  rate
───────────────────────────────────────────────────────────────────────────────
android-app
  production ¹      0.2/week    40 d         –, 1 open      50 %       0 %
                    level L     3 changes    1 failure      1 of 2     0 of 2
                    2 times

billing
  production ²      3.3/week    26 h         1.5 h, 1 open  6.7 %      2.4 %
                    level H     level H      3 failures     level H    1 of 42
                    42 times    120 changes  1 from before  3 of 45
  qa                2.4/day     35 min       20 min         2.3 %      1.9 %
  testing           level E     level E      level E        level E    4 of 216
                    216 times   388 changes  5 failures     5 of 218

docs
  production ³      2.4/day     35 min       20 min         2.3 %      1.9 %
  none wait         level E     level E      level E        level E    4 of 216
                    216 times   388 changes  5 failures     5 of 218

legacy
  live-eu-west-1 ⁴  0/week      –            –              –          –
  production        0 times     no changes   no failures    0 of 0     0 of 0

–: no data. Level: DORA's of 2023, of both ends of the 95 % interval; E elite, H
high, M medium, L low performers. Lead and recovery times are medians; failed
deployments in a row are one failure. Open failures count in the median as
lasting on. From before: failed before this time, and had not recovered when it
began.

Rows with a mark are not made from GitHub Deployments:
¹ releases: lead time ends when the release is published.
² workflow runs: a run that failed, or a job where jobs are chosen, counts as a
  failed deployment, even if it stopped before it deployed anything.
³ merges: lead time ends at the merge, not at a deployment; each commit of the
  branch's own line counts, so a rebase merge counts once per commit.
⁴ a file: what the file does not list is not known.
Releases and merges cannot fail by a status: failures come from reverts,
hotfixes, labels, tags and incidents alone."""

RELEASES_ALONE = """\
All rows are made from releases, not from GitHub Deployments: lead time ends
when the release is published.
Releases cannot fail by a status: failures come from reverts, hotfixes, labels,
tags and incidents alone."""
