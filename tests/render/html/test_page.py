"""The document: its form, its policy, its size, and what it says."""

import base64
import hashlib
import re
import shlex
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.render.html.page import render_page
from dora.render.html.sections import address, explain
from dora.report.coverage_model import Unreadable
from dora.report.model import (
    ChangeFailRate,
    ChangeLeadTime,
    Compared,
    Contributor,
    RecoveryTime,
    Row,
)
from dora.report.page.model import Page, SlowChange
from dora.report.ranges import Interval, LevelRange, Place
from tests.benchmarks.made_up import Shape
from tests.support.large_pages import many_tables
from tests.support.pages import demo, demo_tables, demo_text, hostile_text, page_of
from tests.support.reports import changed, in_window, place, report, slow
from tests.support.tables import (
    deployment,
    failed_attempts,
    line,
    no_deployments,
    tables,
)

#: Elements without an end tag, and those whose end tag may be left out.
VOID = {"meta", "link", "input", "br", "wbr"}
IMPLIED = {"li", "p", "td", "th", "tr", "dt", "dd"}
#: What the start of one of these ends.
ENDS = {
    "li": {"li", "p"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "tr": {"tr", "td", "th"},
    "dt": {"dt", "dd"},
    "dd": {"dt", "dd"},
    **{it: {"p"} for it in ("ul", "dl", "p", "div", "table", "details", "h2", "h3", "h4")},
}


DAY = 24  #: hours


class Reader(HTMLParser):
    """Reads a document and keeps what tests ask for; ValueError where it is not well formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.headings: list[int] = []
        self.attributes: Counter[str] = Counter()
        self.words: list[str] = []
        self.feed(text)
        self.close()
        if self.open:
            raise ValueError(f"never closed: {self.open}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        while self.open and self.open[-1] in ENDS.get(tag, set()) & IMPLIED:
            self.open.pop()
        self._note(tag, dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in IMPLIED:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            raise ValueError(f"</{tag}> where it does not belong, at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def _note(self, tag: str, given: dict[str, str | None]) -> None:
        self.tags[tag] += 1
        self.attributes.update(given.keys())
        if given.get("id"):
            self.ids[given["id"] or ""] += 1
        if tag == "a":
            self.links.append(given.get("href") or "")
        if re.fullmatch(r"h\d", tag):
            self.headings.append(int(tag[1]))

    @property
    def text(self) -> str:
        """All its words, spaces as one."""
        return " ".join("".join(self.words).split())


@cache
def plain_page(**options: Any) -> Page:
    """A page of one row."""
    return page_of(failed_attempts(), since="30d", **options)


PAGES: dict[str, Callable[[], str]] = {
    "demo": demo_text,
    "hostile": hostile_text,
    "nothing": lambda: render_page(page_of(no_deployments())),
    "small": lambda: render_page(plain_page()),
    "compared": lambda: render_page(plain_page(compare=True)),
    "team": lambda: render_page(page_of(demo_tables(), by="team", since="30d")),
    "environment": lambda: render_page(page_of(demo_tables(), by="environment", since="14d")),
    "organization": lambda: render_page(page_of(demo_tables(), by="organization", since="2y")),
}


@pytest.mark.few(2)
@pytest.mark.parametrize("name", PAGES)
def test_document_is_well_formed(name: str) -> None:
    """Every element ends where it must, every id is there once, every link in the page leads on."""
    read = Reader(PAGES[name]())
    assert {1} == set(read.ids.values())
    inside = {link.removeprefix("#") for link in read.links if link.startswith("#")}
    assert set() == inside - set(read.ids)
    outside = [link for link in read.links if not link.startswith("#")]
    assert [] == [link for link in outside if address(link) is None]


@pytest.mark.few(1)
@pytest.mark.parametrize("name", PAGES)
def test_headings_go_down_by_one(name: str) -> None:
    """One first heading, and none that leaves a level out."""
    headings = Reader(PAGES[name]()).headings
    assert [1] == [one for one in headings if one == 1]
    assert all(after - before <= 1 for before, after in pairwise(headings))


@pytest.mark.few(1)
@pytest.mark.parametrize("name", PAGES)
def test_policy_names_the_style_and_the_script_that_are_there(name: str) -> None:
    """The policy lets in exactly what is in the page, by hash, and no attribute has any of it."""
    text = PAGES[name]()
    policy = re.search(r'Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    found = {
        kind: base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        for kind, body in re.findall(r"<(style|script)>(.*?)</\1>", text, re.DOTALL)
    }
    expected = (
        f"default-src 'none'; style-src 'sha256-{found['style']}'; "
        f"script-src 'sha256-{found['script']}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert expected == policy[1].replace("&#39;", "'")
    names = Reader(text).attributes
    assert [] == [one for one in names if one == "style" or one.startswith("on")]


def open_failures(text: str) -> tuple[list[str], list[str]]:
    """What a page says is down, and which failed deployments no success has followed yet."""
    first = text.rpartition("Down now ")[2].partition("What changed")[0]
    down, _, failed = first.partition("Failed deployments not yet followed by a success")
    since = r" since 20\d\d-\d\d-\d\d \d\d:\d\d[^:]*: deployment [0-9a-f]+"
    return re.findall(since, down), re.findall(since, failed)


def test_open_outages_come_first() -> None:
    """F8: what is down comes first, then what failed before it was live, each since when."""
    page = demo()
    still_open = [
        one.never_live for it in page.samples for one in it.episodes if one.ended_at is None
    ]
    down, failed = open_failures(Reader(demo_text()).text)
    assert (still_open.count(False), still_open.count(True)) == (len(down), len(failed))
    assert min(len(down), len(failed)) > 0


def never_succeeded(*more: Any) -> Page:
    """A page of a deployment that failed before it was live, and of what is given besides."""
    return page_of(
        tables(
            line(a=50 * DAY, b=20 * DAY),
            deployment(1, "a", 45 * DAY),
            deployment(2, "b", 3 * DAY, ("failure", 3 * DAY)),
            *more,
        )
    )


def test_a_deployment_that_never_was_live_is_not_down() -> None:
    """F8: a failed deployment that no success followed is listed apart, in words of its own."""
    text = Reader(render_page(never_succeeded())).text
    assert "Down now Nothing in production: what is open below never went live." in text
    down, failed = open_failures(text)
    assert ([], 1) == (down, len(failed))
    assert "production 1 not yet followed by a success" in text
    assert "outage" not in text


def test_what_failed_after_it_was_live_is_down() -> None:
    """F8: a deployment that succeeded and then failed is down until the next success."""
    live = deployment(3, "b", 2 * DAY, ("success", 2 * DAY), ("failure", 2 * DAY - 1))
    text = Reader(render_page(never_succeeded(live))).text
    down, failed = open_failures(text)
    assert (1, []) == (len(down), failed)
    assert "production 1 outage open" in text


def test_page_says_that_nothing_is_down() -> None:
    """Where all has recovered it says so."""
    said = "Nothing in production: the one failure that began in this time has recovered."
    assert said in Reader(PAGES["small"]()).text


@pytest.mark.parametrize("compare", [False, True])
def test_page_without_rows_does_not_say_that_nothing_is_down(*, compare: bool) -> None:
    """C1: where nothing was looked at, nothing is said of it but why."""
    read = Reader(render_page(page_of(no_deployments(), compare=compare)))
    why = "No rows: the only repository of medica-flow has no Deployments."
    init = "Run dora init --org medica-flow: it looks for releases, workflows, tags or merges"
    advice = f"{init} to make rows from."
    assert f"Down now {why} {advice} What changed {why}" in read.text
    assert "Nothing:" not in read.text
    assert "Nothing got better" not in read.text


def test_page_says_to_what_it_was_narrowed() -> None:
    """The options that leave rows out are told on top, and that nothing is down is of the rest."""
    asked = page_of(failed_attempts(), since="30d", repo=("ap*",), tier=("production",))
    read = Reader(render_page(asked))
    assert "Only repositories ap*; tier production: all else was left out" in read.text
    assert "Nothing in production of what was asked for: the one failure" in read.text
    everything = page_of(failed_attempts(), since="30d", tier=("all",))
    assert "Only " not in Reader(render_page(everything)).text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("production", (True, False)), ("qa", (False, True))],
)
def test_page_says_which_tiers_it_shows(environment: str, expected: tuple[bool, bool]) -> None:
    """G1: production by default, and every tier where nothing was deployed to production."""
    made = page_of(tables(deployment(1, "a", 9 * DAY, environment=environment)))
    read = Reader(render_page(made))
    told = (
        "Only tier production: all else was left out" in read.text,
        "Nothing was deployed to the tier production: rows of every tier are shown." in read.text,
    )
    assert expected == told


def test_page_says_that_some_could_not_be_read() -> None:
    """C1: where repositories are unreadable, that nothing is down is said of the others alone."""
    page = plain_page(compare=True)
    repositories = replace(
        page.report.coverage.repositories, unreadable=(Unreadable("web", "Not Found"),)
    )
    coverage = replace(page.report.coverage, repositories=repositories)
    read = Reader(render_page(replace(page, report=replace(page.report, coverage=coverage))))
    assert "Nothing in production of what could be read: the one failure" in read.text
    assert "Nothing in production of what could be read got better or worse" in read.text


def test_what_is_down_since_before_the_window_is_told() -> None:
    """R1: a failure that is open is told whichever window is asked for, in words of its own."""
    page = page_of(demo_tables(), since="2h")
    read = Reader(render_page(page))
    first = read.text.rpartition("Down now ")[2].partition("What changed")[0]
    lasting = sum(row.metrics.recovery_time.open for row in demo().repositories.rows)
    told = re.findall(r", began before this window: deployment [0-9a-f]{7}", first)
    carried_in = sum(row.metrics.recovery_time.carried_in for row in page.repositories.rows)
    assert lasting == len(told) <= carried_in
    assert "Open since before this window, all 1" in read.text


def test_page_without_comparison_says_how_to_get_one() -> None:
    """What changed is told with --compare alone, and the page says so."""
    assert "With --compare it says" in Reader(PAGES["small"]()).text
    assert "With --compare" not in Reader(PAGES["compared"]()).text


def test_what_is_not_shown_is_counted() -> None:
    """Beside what is shown stands of how many; what has no room is named with its number."""
    read = Reader(demo_text())
    for row, sample in zip(demo().repositories.rows, demo().samples, strict=True):
        total = row.metrics.change_lead_time.changes
        if 0 < len(sample.slowest) < total:
            assert f"Slowest changes, {len(sample.slowest)} of {total:,}" in read.text


def test_window_of_the_page_is_written_to_the_second() -> None:
    """The command of a section shows this very window, both its ends."""
    page = plain_page()
    since = page.report.window.since.replace(second=7, microsecond=5)
    report = in_window(page.report, since=since)
    text = Reader(render_page(replace(page, report=report))).text
    assert "--since 2026-10-24T06:00:07.000005Z --until 2026-11-23T06:00:00Z" in text


def test_changes_out_of_order_are_counted_beside() -> None:
    """J2: what came to a tier before or without the one it follows is told, by repository, too."""
    read = Reader(demo_text())
    assert "Came before or without it" in read.text
    ways = read.text.rpartition("The same by repository")[2].partition("Every repository")[0]
    direct = [step.direct for step in demo().promotion.repositories if step.origin and step.direct]
    assert direct
    found = re.findall(r"changes? ?([\d,]+) before or without", ways)
    assert sorted(direct) == sorted(int(one.replace(",", "")) for one in found)


def test_first_and_last_week_say_that_they_are_cut() -> None:
    """T1: the buckets that the window cuts are named."""
    assert "The first and the last week are cut by the window" in Reader(demo_text()).text


@pytest.mark.parametrize(
    ("url", "is_safe"),
    [
        ("https://github.com/acme/api", True),
        ("http://127.0.0.1:8000/acme/a.b-c_d", True),
        ("https://github.com/acme/web/releases/tag/@acme/web@1.2.0-rc.1+build.5", True),
        ("https://github.com/acme/web/releases/tag/%40acme%2Fweb%401.2.0", True),
        ("javascript:alert(1)", False),
        ("https://x/\"onclick='", False),
        ("https://x/a b", False),
        ("//x/y", False),
        ("https://u:p@x/", False),
        ("https://x/\n", False),
        ("", False),
    ],
)
def test_only_web_addresses_become_links(url: str, *, is_safe: bool) -> None:
    """An address is http or https, and has nothing in it that could end an attribute."""
    assert (url if is_safe else None) == address(url)


@given(st.text(min_size=1), st.text(min_size=1))
def test_command_is_one_command_for_any_name(repository: str, environment: str) -> None:
    """A shell reads the names back as they are; where they cannot be written there is none."""
    command = explain(slow(place(repository, environment), "production"))
    if command:
        read = shlex.split(command)
        assert ["dora", "explain"] == read[:2]
        assert [repository, environment] == read[-2:]
        assert "\n" not in command


@given(st.lists(st.text(), min_size=3, max_size=3))
def test_no_name_becomes_markup(names: list[str]) -> None:
    """Whatever repository, environment and organization are called, elements stay the same."""
    page = plain_page()

    def named(repository: str, environment: str, organization: str) -> Page:
        def renamed(rows: Any) -> Any:
            return tuple(replace(row, key=place(repository, environment)) for row in rows)

        made = replace(page.report, organization=organization, rows=renamed(page.report.rows))
        sections = replace(page.repositories, rows=renamed(page.repositories.rows))
        return replace(page, report=made, repositories=sections)

    usual = Reader(render_page(named("api", "production", "acme")))
    strange = Reader(render_page(named(*names)))
    for tag in ("script", "a", "td", "svg", "path", "li", "h4"):
        assert usual.tags[tag] == strange.tags[tag]
    assert usual.attributes.keys() == strange.attributes.keys()


@pytest.mark.thorough
def test_hundred_rows_of_half_a_year_are_small() -> None:
    """A page of 102 rows of production and 26 weeks takes less than 300 kB."""
    tables = many_tables(Shape(34, 300, 1000), 26)
    page = page_of(tables, since="26w", environments={"qa": "prod-b", "dev": "prod-c"})
    assert (102, 27) == (len(page.repositories.rows), len(page.repositories.rows[0].trend))
    assert len(render_page(page).encode()) < 300_000


def test_report_without_rows_says_why() -> None:
    """A page of nothing is a page all the same."""
    page = replace(page_of(no_deployments()), report=report(()))
    assert "No rows:" in Reader(render_page(page)).text


def test_what_got_worse_and_better_is_told_with_what_moved_it() -> None:
    """K5, K6: a verdict stands in the summary, before and now, each contributor with its link."""
    page = demo()
    number, row = next((n, row) for n, row in enumerate(page.report.rows) if row.comparison)
    contributor = Contributor(
        "deployment", "now", "api", "production", 7, "https://github.com/acme/api/deployments/7",
        datetime(2026, 11, 4, tzinfo=UTC), 90_000.0, 12,
    )  # fmt: skip
    assert row.comparison is not None
    lead_time = replace(row.comparison.change_lead_time, verdict="worse", moved_by=(contributor,))
    rework = replace(row.comparison.rework_rate, verdict="better")
    comparison = replace(row.comparison, change_lead_time=lead_time, rework_rate=rework)
    rows = list(page.report.rows)
    rows[number] = replace(row, comparison=comparison)
    made = replace(page.report, rows=tuple(rows))
    drawn = list(page.repositories.rows)
    drawn[number] = replace(drawn[number], comparison=comparison)
    sections = replace(page.repositories, rows=tuple(drawn))
    read = Reader(render_page(replace(page, report=made, repositories=sections)))
    told = read.text.rpartition("Got worse")[2].partition("The organization")[0]
    name = " · ".join(row.key.values())
    assert f"{name}: change lead time" in told
    assert "moved by deployment 7 2026-11-04, 12 changes, median 25 h" in told
    assert f"{name}: rework rate" in told.partition("Got better")[2]
    assert 2 == read.links.count(contributor.url)  # in the summary, and in the section


def test_the_surest_change_is_told_first() -> None:
    """K5: what got worse is in the order of its adjusted p-value, so that no cut hides the surest.

    The organization's own changes come before.
    """
    page = demo()

    def clear(row: Row, p_value: float) -> Row:
        assert row.comparison is not None
        said = Compared("worse", p_value, p_value)
        return replace(row, comparison=replace(row.comparison, rework_rate=said))

    first, second, *others = [
        row if row.comparison is None else clear(row, 0.04 - number / 1000)
        for number, row in enumerate(page.report.rows)
    ]
    made = replace(page.report, rows=(first, second, *others))
    whole = tuple(clear(row, 0.049) for row in page.organization.rows)
    organization = replace(page.organization, rows=whole)
    text = Reader(render_page(replace(page, report=made, organization=organization))).text
    told = text.rpartition("Got worse")[2].partition("Got better")[0]
    compared = [row for row in made.rows if row.comparison is not None]
    expected = [*whole, *reversed(compared)]
    names = [" · ".join(row.key.values()) for row in expected]
    found = [told.index(f"{name}: rework rate") for name in names]
    assert sorted(found) == found


def test_rows_that_are_new_or_gone_are_named() -> None:
    """K1: rows that only one of the windows has are named, and so are tables not compared."""
    page = demo()
    assert page.report.before is not None
    text = Reader(demo_text()).text
    told = text.rpartition("What changed")[2].partition("The organization")[0]
    new = [" · ".join(row.key.values()) for row in page.report.rows if row.previous is None]
    gone = [" · ".join(key.values()) for key in page.report.before.gone]
    assert f"New since then: {', '.join(new)}. Gone since then: {', '.join(gone)}." in told
    assert "The tables of teams and environments are not compared." in told


def test_rows_are_sorted_by_numbers() -> None:
    """Each row has its numbers: what lasts and never ended is endless, what is missing is none."""
    page = plain_page()
    (own,) = page.repositories.rows
    lasts = changed(own, recovery_time=RecoveryTime(1, 0, 1))
    empty = changed(own, recovery_time=RecoveryTime(0, 0, 0), change_lead_time=ChangeLeadTime(0))
    found = []
    for row in (lasts, empty):
        report = replace(page.report, rows=(row,))
        text = render_page(replace(page, report=report, repositories=report))
        found += re.findall('data-v="([^"]*)"', text)
    assert ["0.03333 9.72e+04 Infinity 0.6667 0 0", "0.03333 - - 0.6667 0 0"] == found


def test_changes_of_one_request_are_told_apart() -> None:
    """LT1: several changes of one pull request have its number each, and their own sha."""
    page = plain_page()
    slowest = (SlowChange("a" * 40, 7, 60.0), SlowChange("b" * 40, 7, 60.0))
    samples = (replace(page.samples[0], slowest=slowest),)
    text = Reader(render_page(replace(page, samples=samples))).text
    assert "#7 aaaaaaa, 1 min#7 bbbbbbb, 1 min" in text


def test_the_organization_is_told_of_first() -> None:
    """K5: what is clear of all rows pooled stands in the summary, too, with whose it was."""
    page = demo()
    (row, *others) = page.organization.rows
    assert row.comparison is not None
    contributor = Contributor(
        "outage", "now", "api", "prod-eu", 7, "https://github.com/acme/api/deployments/7",
        datetime(2026, 11, 4, tzinfo=UTC), 90_000.0, open=True,
    )  # fmt: skip
    recovery = replace(row.comparison.recovery_time, verdict="worse", moved_by=(contributor,))
    comparison = replace(row.comparison, recovery_time=recovery)
    made = replace(page.organization, rows=(replace(row, comparison=comparison), *others))
    text = Reader(render_page(replace(page, organization=made))).text
    told = text.rpartition("Got worse")[2].partition("The organization")[0]
    assert f"{' · '.join(row.key.values())}: recovery time" in told
    assert "moved by api prod-eu outage 7 2026-11-04, 25 h, still open" in told


def test_large_page_is_folded() -> None:
    """Where there are many sections all of them are closed, few are all open."""
    assert "<details open" not in demo_text()
    assert 1 == PAGES["small"]().count("<details open")


def judged(page: Page, benchmark: str, **changes: Any) -> str:
    """The text of *page* under *benchmark*, with the only row of each report changed."""
    parts = {
        name: replace(
            made,
            benchmark=benchmark,
            rows=tuple(changed(row, **changes) for row in made.rows),
        )
        for name in ("report", "repositories", "organization")
        for made in [getattr(page, name)]
    }
    return Reader(render_page(replace(page, **parts))).text


def test_number_has_its_interval_and_its_place_and_the_survey_is_named_once() -> None:
    """B3, B5: the interval stands in brackets, the place below it, and one legend says of whom."""
    lead_time = ChangeLeadTime(
        9, 2 * 86_400.0, median_interval=Interval(86_400.0, 5e5), place=Place(0.24, 0.56)
    )
    text = judged(plain_page(), "2025", change_lead_time=lead_time)
    assert "Change lead time2.0 d (24 h – 5.8 d)top 24–56 %; 9 changes" in text
    assert "2.0 d (24 h – 5.8 d)9 changestop 24–56 %" in text
    assert 1 == text.count("respondents of DORA's 2025 survey")
    assert "performer" not in text


def test_level_is_words_of_its_own_with_its_year() -> None:
    """B3: of a number that may be of several levels all are named, and none is beside it."""
    rate = ChangeFailRate(2, 10, 0.2, Interval(0.06, 0.5), level_range=LevelRange("low", "medium"))
    text = judged(plain_page(benchmark="2023"), "2023", change_fail_rate=rate)
    assert "20 % (6.0–50 %)2 of 10low to medium performer 2023" in text
    assert "respondents" not in text


def test_metrics_are_in_the_order_of_the_factors_which_are_named() -> None:
    """DORA's two factors: throughput with recovery, then instability, in table and cards."""
    text = Reader(PAGES["small"]()).text
    names = (
        "Throughput", "Deployment frequency", "Change lead time", "Recovery time",
        "Instability", "Change fail rate", "Rework rate",
    )  # fmt: skip
    cards = text.partition("The organization Production")[2]
    found = [cards.index(name) for name in names]
    assert sorted(found) == found
    assert (
        "Throughput Instability Repository Environment Deployment frequency Change lead time "
        "Recovery time Change fail rate Rework rate Waiting changes"
    ).replace(" ", "") in text.replace(" ", "")


def test_verdict_has_the_interval_of_its_effect() -> None:
    """K2: beside a word is how much of a change it is, in the summary, the card and the table."""
    page = plain_page(compare=True)

    def worse(row: Row) -> Row:
        found = Compared(
            "worse", 0.001, 0.01, difference=0.3, difference_interval=Interval(0.02, 0.5)
        )
        assert row.comparison is not None
        return replace(row, comparison=replace(row.comparison, change_fail_rate=found))

    made = replace(page.report, rows=tuple(map(worse, page.report.rows)))
    text = Reader(render_page(replace(page, report=made, repositories=made))).text
    assert 3 == text.count("+2 to +50 points")


def test_frequencies_that_were_not_compared_are_counted() -> None:
    """K2: a window of less than four whole weeks has no word on frequency, and the page says so."""
    said = "The frequency of 1 of 1 rows is not compared: that takes four whole weeks"
    assert said in Reader(render_page(page_of(failed_attempts(), since="14d", compare=True))).text
    assert said not in Reader(PAGES["small"]()).text
