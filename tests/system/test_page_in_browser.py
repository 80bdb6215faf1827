"""The page as a reader meets it: in a real browser, by mouse, keyboard and audit."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dora.render import formatting
from dora.render.html.page import render_page
from dora.render.html.sections import visible
from tests.support.browser import Theme, browser, opened
from tests.support.pages import demo, demo_tables, demo_text, hostile, hostile_text, page_of

WIDTHS = (360, 800, 1600)
OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true })"
TEXTS = "found => found.map(one => one.textContent)"
ADDRESSES = "() => [...document.links].map(one => one.href)"
ACTIVE = "script, img, iframe, object, [onload], [onerror], [onmouseover], [style]"


@pytest.fixture(scope="module")
def running() -> Iterator[Browser]:
    """Chromium for the tests of this module."""
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pages, as files that somebody was sent."""
    made = tmp_path_factory.mktemp("pages")
    for name, text in (("demo", demo_text()), ("hostile", hostile_text())):
        (made / f"{name}.html").write_text(text, encoding="utf-8")
    return made


@pytest.fixture(params=["demo", "hostile"])
def file(request: pytest.FixtureRequest, folder: Path) -> Path:
    """One page after the other."""
    return folder / f"{request.param}.html"


def test_nothing_is_asked_for_and_nothing_is_said(running: Browser, file: Path) -> None:
    """The page needs no network: one request, its own, no word on the console, no policy broken."""
    with opened(running, file) as page:
        page.ask(OPEN_ALL)
        page.page.wait_for_load_state("networkidle")
        assert [file.as_uri()] == page.requests
        assert [] == page.console
        assert page.ask("window.broken") is None


def test_policy_holds(running: Browser, folder: Path) -> None:
    """Whatever gets into the page all the same neither runs, nor styles, nor loads anything."""
    with opened(running, folder / "demo.html") as page:
        page.ask(
            """() => {
                document.body.insertAdjacentHTML("beforeend",
                    '<p id=probe style="color: red" onclick="hit = 1">x</p>'
                    + '<img src="https://example.test/x.png" onerror="hit = 1">'
                    + '<link rel=stylesheet href="https://example.test/x.css">');
                const script = document.createElement("script");
                script.textContent = "hit = 1";
                document.body.append(script);
                document.getElementById("probe").click();
                return new Promise(done => setTimeout(done, 200));
            }"""
        )
        assert page.ask("typeof hit") == "undefined"
        expect(page.page.locator("#probe")).not_to_have_css("color", "rgb(255, 0, 0)")
        assert len(page.ask("window.broken")) >= 4
        loaded = ["https://example.test/x.css", "https://example.test/x.png"]
        assert dict.fromkeys(loaded, "csp") == dict(sorted(page.refused.items()))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_audit_finds_nothing(running: Browser, file: Path, theme: Theme, width: int) -> None:
    """axe-core finds nothing amiss, contrast among it, with everything unfolded."""
    with opened(running, file, theme=theme, width=width) as page:
        page.ask(OPEN_ALL)
        assert [] == page.audit()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_sticks_out(running: Browser, file: Path, width: int) -> None:
    """At a phone's, a tablet's and a wide screen's width only regions made for it scroll."""
    with opened(running, file, width=width) as page:
        assert [] == page.overflow()
        page.ask(OPEN_ALL)
        assert [] == page.overflow()


def test_table_is_sorted_by_keyboard(running: Browser, folder: Path) -> None:
    """Enter on a heading sorts by it, once more the other way; what is missing stays last."""
    with opened(running, folder / "demo.html") as page:
        heading = page.page.locator("table[data-names] th", has_text="Deployment frequency")
        assert "none" == heading.get_attribute("aria-sort")
        heading.get_by_role("button").focus()
        column = heading.evaluate("one => one.cellIndex + 1")
        rates = {
            formatting.frequency(
                row.metrics.deployment_frequency.per_day
            ): row.metrics.deployment_frequency.per_day
            for row in demo().repositories.rows
        }
        for direction, is_backwards in (("ascending", False), ("descending", True)):
            page.page.keyboard.press("Enter")
            assert direction == heading.get_attribute("aria-sort")
            cells = page.page.locator(f"table[data-names] tbody td:nth-child({column})")
            shown = [rates[_rate(text)] for text in cells.evaluate_all(TEXTS)]
            assert [round(rate, 1) for rate in sorted(shown, reverse=is_backwards)] == [
                round(rate, 1) for rate in shown
            ]


def test_none_is_sorted_before_one(running: Browser, folder: Path) -> None:
    """What waits for production is sorted by how much it is, none of it first."""
    with opened(running, folder / "demo.html") as page:
        page.page.get_by_role("button", name="Waiting changes").click()
        cells = page.page.locator("table[data-names] tbody td:last-child").evaluate_all(
            "found => found.map(one => one.firstElementChild?.textContent ?? '')"
        )
        counts = [row.waiting.changes for row in demo().repositories.rows if row.waiting]
        shown = ["none" if not one else str(one) for one in sorted(counts)]
        assert "none" in shown
        assert [*shown, *[""] * (len(cells) - len(shown))] == cells


def _rate(cell: str) -> str:
    for unit in ("/week", "/day"):
        if unit in cell:
            return cell.partition(unit)[0] + unit
    return cell


def test_table_is_filtered_by_keyboard(running: Browser, folder: Path) -> None:
    """What is typed leaves the rows with all its words, and a live region tells how many."""
    with opened(running, folder / "demo.html") as page:
        rows = demo().repositories.rows
        page.page.locator("#find").focus()
        page.page.keyboard.type("PATIENT-api prod")
        told = page.page.get_by_role("status")
        fits = [
            row
            for row in rows
            if all(
                word in " ".join(row.key.values()).lower() + row.tier
                for word in ("patient-api", "prod")
            )
        ]
        expect(told).to_have_text(f"{len(fits)} of {len(rows)} rows shown")
        visible = page.page.locator("table[data-names] tbody tr:visible")
        assert len(fits) == visible.count() > 0
        page.page.keyboard.press("Escape")
        expect(told).to_have_text(f"{len(rows)} of {len(rows)} rows shown")


def test_keyboard_reaches_everything_and_shows_where_it_is(running: Browser, folder: Path) -> None:
    """Tab begins with the link past the list of parts, and whatever has the focus is outlined."""
    with opened(running, folder / "demo.html") as page:
        seen = []
        for _ in range(60):
            page.page.keyboard.press("Tab")
            seen.append(page.ask("document.activeElement.outerHTML.slice(0, 60)"))
            assert page.ask("getComputedStyle(document.activeElement).outlineStyle") != "none"
        assert "Skip to the report" in seen[0]
        assert any('id="find"' in one for one in seen)
        assert len(set(seen)) > 30


@pytest.mark.parametrize("with_script", [True, False])
def test_number_leads_to_its_section(running: Browser, folder: Path, *, with_script: bool) -> None:
    """A link from the table opens the section it leads to, with or without script."""
    with opened(running, folder / "demo.html", with_script=with_script) as page:
        last = len(demo().repositories.rows) - 1
        section = page.page.locator(f'[id="{last}"]')
        expect(section).to_be_hidden()
        page.page.locator(f'table[data-names] a[href="#{last}"]').first.click()
        expect(section).to_be_visible()
        expect(section).to_be_in_viewport()


def test_page_is_complete_without_script(running: Browser, folder: Path) -> None:
    """Without script every row is there, and nothing that would not work."""
    with opened(running, folder / "demo.html", with_script=False) as page:
        rows = demo().repositories.rows
        assert len(rows) == page.page.locator("table[data-names] tbody tr:visible").count()
        expect(page.page.locator("#tools")).to_be_hidden()
        assert 0 == page.page.locator("button:visible").count()
        assert len(rows) == page.page.locator(".rows details").count()


def test_hostile_names_stay_text(running: Browser, folder: Path) -> None:
    """Names are shown as they are, less what nobody could see; none became an element or ran."""
    with opened(running, folder / "hostile.html") as page:
        page.ask(OPEN_ALL)
        page.ask("document.querySelectorAll('body *').forEach(one => one.click?.())")
        assert page.ask("typeof hit") == "undefined"
        assert 1 == page.page.locator(ACTIVE).count()  # the page's own script
        names = [visible(row.key["repository"]) for row in hostile().repositories.rows]
        shown = page.page.locator("table[data-names] tbody th").evaluate_all(TEXTS)
        assert sorted(names) == sorted(shown)
        links = page.ask(ADDRESSES)
        here = (folder / "hostile.html").as_uri()
        assert [] == [one for one in links if not one.startswith((here, "http"))]
        assert [] == [one for one in links if "evil" in one]


def test_page_prints(running: Browser, folder: Path) -> None:
    """It becomes a PDF of some pages, without what only helps on a screen."""
    with opened(running, folder / "demo.html") as page:
        pdf = page.page.pdf(format="A4")
        assert pdf.startswith(b"%PDF-")
        assert 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 30
        page.page.emulate_media(media="print")
        expect(page.page.locator("nav")).to_be_hidden()
        expect(page.page.locator("table[data-names]")).to_be_visible()


def test_only_open_sections_print(running: Browser, folder: Path) -> None:
    """On paper is what is open, under its own headings, and no heading of nothing."""
    with opened(running, folder / "demo.html") as page:
        expect(page.page.get_by_text("Open a section to print it.")).to_be_visible()
        page.page.emulate_media(media="print")
        heading, names = page.page.locator("#repositories"), page.page.locator(".rows h3")
        expect(heading).to_be_hidden()
        page.ask("() => { document.querySelector('.rows details').open = true }")
        expect(heading).to_be_visible()
        expect(names.first).to_be_visible()
        expect(names.last).to_be_hidden()
        expect(page.page.get_by_text("Open a section to print it.")).to_be_hidden()


def test_names_of_tiers_stay_whole(running: Browser, tmp_path: Path) -> None:
    """A tier's name is not broken where there is room for it."""
    file = tmp_path / "teams.html"
    made = page_of(demo_tables(), by="team", since="30d", compare=True)
    file.write_text(render_page(made), encoding="utf-8")
    with opened(running, file, width=1280) as page:
        heights = page.page.locator("table[data-names] .e").evaluate_all(
            """found => found.map(one => {
                const range = document.createRange();
                range.selectNodeContents(one);
                return range.getClientRects().length;
            })"""
        )
        assert {1} == set(heights)


def test_thousand_rows_stay_usable(running: Browser, tmp_path: Path) -> None:
    """A large table shows 200 rows until more are asked for, sections are closed, filters work."""
    page, times = demo(), 1_000 // len(demo().repositories.rows) + 1
    made = replace(
        page,
        report=replace(page.report, rows=page.report.rows * times),
        repositories=replace(page.repositories, rows=page.repositories.rows * times),
        samples=page.samples * times,
    )
    file = tmp_path / "large.html"
    file.write_text(render_page(made), encoding="utf-8")
    count = len(made.report.rows)
    with opened(running, file) as shown:
        told = shown.page.get_by_role("status")
        expect(told).to_have_text(f"200 of {count} rows shown")
        assert 0 == shown.page.locator("details[open]").count()
        shown.page.locator("#find").fill("patient-api")
        expect(told).not_to_have_text(f"200 of {count} rows shown")
        shown.page.locator("#find").fill("")
        shown.page.get_by_role("button", name="Show all").click()
        expect(told).to_have_text(f"{count} of {count} rows shown")
        assert [] == shown.console
