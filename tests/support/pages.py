"""Pages for tests: of the made-up organization, of names meant to break out, of many rows."""

from dataclasses import replace
from functools import cache
from typing import Any

from dora.analysis.analysis import analyse
from dora.demo.organization.build import build_organization
from dora.model.tables import Tables
from dora.render.html.page import render_page
from dora.report.build import analyse_before, report_of
from dora.report.page.build import build_page
from dora.report.page.model import Page
from tests.support.reports import HOSTILE_NAMES
from tests.support.tables import DAY, NOW, Rows, configured, deployment, line, tables
from tests.support.truth_tables import tables_of

BREAKING = (
    "<script>hit = 1</script>",
    "<img src=x onerror='hit = 1'>",
    '"><svg onload=hit=1>',
    "' onmouseover='hit=1",
    "&lt;b&gt;&amp;&#x3c;",
    "</style></script></title>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:hit=1",
    "\u202eevil\u2066",
    "\u0627\u0644\u0645\u062e\u062a\u0628\u0631 production",
    "--output=x",
    "$(id)`id`; 'x",
    "W" * 300,
)
NAMES = (*BREAKING, *HOSTILE_NAMES)
ADDRESSES = (
    "javascript:hit=1",
    'https://evil.test/"><script>hit=1</script>',
    "data:text/html,<script>hit=1</script>",
    "https://evil.test/a b",
    "//evil.test",
    "https://user@evil.test/x",
)


def page_of(read: Tables, **options: Any) -> Page:
    """The page of the ninety days before NOW, changed by *options*."""
    asked = configured({"org": "medica-flow", **options})
    analysis, before = analyse(read, asked), analyse_before(read, asked)
    report = report_of(analysis, read, asked, before)
    return build_page(analysis, read, asked, report, before)


@cache
def demo_tables() -> Tables:
    """Tables of the made-up organization."""
    return tables_of(build_organization(NOW))


@cache
def demo() -> Page:
    """The page of the made-up organization, compared, with its teams."""
    return page_of(demo_tables(), since="56d", compare=True)


@cache
def demo_text() -> str:
    """That page as a document."""
    return render_page(demo())


@cache
def hostile() -> Page:
    """A page on which every name is meant to be more than text."""
    parts: list[Rows] = []
    rows: list[tuple[object, ...]] = []
    for number, name in enumerate(NAMES):
        url = ADDRESSES[number % len(ADDRESSES)]
        rows.append((name, None, False, True, False, url, None, None, name, name))
        parts += [
            line(name, a=80 * DAY, b=20 * DAY),
            deployment(10 * number + 1, "a", 70 * DAY, repository=name, environment=name),
            deployment(
                10 * number + 2,
                "b",
                9 * DAY,
                ("failure", 9 * DAY),
                repository=name,
                environment=name,
            ),
        ]
    teams: Rows = {"teams": [(name, name) for name in NAMES], "repositories": rows}
    read = replace(tables(*parts, teams), gaps={"incidents": BREAKING[0]})
    readable = read.repositories.assign(unreadable=None, incomplete=read.repositories["incomplete"])
    readable = readable.astype(read.repositories.dtypes.to_dict())
    made = page_of(
        replace(read, repositories=readable),
        ephemeral=True,
        tier=("production", "staging", "testing", "development", "other"),
    )
    return replace(made, report=replace(made.report, organization=BREAKING[0]))


@cache
def hostile_text() -> str:
    """That page as a document."""
    return render_page(hostile())
