"""The records of texts, links and charts that the page's template shows."""

from dataclasses import dataclass

from dora.render.html.charts import Chart


@dataclass(frozen=True)
class Link:
    """A text and the web address that it links to; None for a text without a link."""

    text: str
    url: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One metric of one row as text, and its comparison with the window before."""

    title: str
    value: str
    level: str  #: the year's, with the year (B3)
    sample: str
    beside: str  #: details that stand beside the value (DF2, LT12, F8, R4)
    interval: str
    place: str = ""  #: among the survey's respondents (B5)
    verdict: str = ""
    effect: str = ""  #: interval of the effect behind the verdict (K2)
    before: str = ""
    strip: tuple[tuple[str, str], ...] = ()  #: paths by class: the survey's answers and our place


@dataclass(frozen=True)
class Line:
    """One row of a table: its name, the section that it leads to, its cells."""

    names: tuple[str, ...]
    tier: str
    cells: tuple[Cell, ...]
    section: int | None
    members: tuple[tuple[int, str], ...] = ()
    more: int = 0  #: members that are not listed
    mark: str = ""  #: of a row that is not of GitHub Deployments, behind its environment
    order: str = ""  #: for each cell, the number to sort it by; `-` for none


@dataclass(frozen=True)
class EvidenceList:
    """One list of evidence: its title, the total number of items, and the items shown."""

    title: str
    noun: str
    total: int
    items: tuple[Link, ...]


@dataclass(frozen=True)
class ChangedMetric:
    """A clear change of one metric of a row, and what caused it."""

    title: str
    verdict: str
    before: str
    now: str
    effect: str
    contributors: tuple[Link, ...]


@dataclass(frozen=True)
class RowSection:
    """The section of one repository and environment."""

    number: int
    repository: str
    environment: str
    line: Line
    down: int  #: open outages
    failing: int  #: open failures of deployments that never went live
    charts: tuple[Chart, ...]
    evidence: tuple[EvidenceList, ...]
    changed: tuple[ChangedMetric, ...]
    unseen: str  #: kinds of evidence of which no item is shown, with their numbers
    command: str
