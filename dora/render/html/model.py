"""What the page's template shows, piece by piece: records of words, links and charts."""

from dataclasses import dataclass

from dora.render.html.charts import Chart


@dataclass(frozen=True)
class Link:
    """Some text, and where it leads; nowhere where that is no web address."""

    text: str
    url: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One metric of one row in words, and how it did against the window before."""

    title: str
    value: str
    level: str
    sample: str
    interval: str
    verdict: str = ""
    before: str = ""


@dataclass(frozen=True)
class Line:
    """One row of a table: its name, the section that it leads to, its cells."""

    names: tuple[str, ...]
    tier: str
    cells: tuple[Cell, ...]
    section: int | None
    members: tuple[tuple[int, str], ...] = ()
    more: int = 0  #: members that are not listed
    order: str = ""  #: a number for each cell to sort it by, `-` where it has none


@dataclass(frozen=True)
class EvidenceList:
    """One list of evidence: what of, how many there were, and those that are shown."""

    title: str
    noun: str
    total: int
    items: tuple[Link, ...]


@dataclass(frozen=True)
class ChangedMetric:
    """What moved one metric of a row."""

    title: str
    verdict: str
    before: str
    now: str
    contributors: tuple[Link, ...]


@dataclass(frozen=True)
class RowSection:
    """One repository and environment."""

    number: int
    repository: str
    environment: str
    line: Line
    down: int  #: outages that last
    charts: tuple[Chart, ...]
    evidence: tuple[EvidenceList, ...]
    changed: tuple[ChangedMetric, ...]
    unseen: str  #: what there was of which nothing is shown
    command: str
