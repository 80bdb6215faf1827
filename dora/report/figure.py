"""The figure: one number or word of a row, with its names in every table and store of time series.

`figures` lists them all.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

COUNT, NUMBER, TEXT = "bigint", "double precision", "text"
#: The names under which waiting changes, and what was merged, are reported with the metrics.
WAITING, DELIVERY = "waiting", "delivery"
#: Units of the figures in time series databases: the last word of a figure's name there.
UNITS = ("ratio", "seconds", "deployments", "changes", "outages", "repositories")
#: Fields of a metric that only the whole window has (B3).
OF_WINDOW = ("level", "level_range", "place")


@dataclass(frozen=True)
class Figure:
    """One number or word of a row: its column in tables, its time series and its path."""

    metric: str  #: or WAITING, or DELIVERY
    column: str
    kind: str  #: type of the column
    meaning: str  #: with the unit, unless the column's name has it
    path: tuple[str | int, ...]  #: where it is in a row
    series: str = ""  #: its name after the metric's in time series databases; "" if it is not there
    help: str = ""  #: its description there
    label: tuple[str, str] | None = None  #: distinguishes it from others of the same series

    @property
    def is_of_rows(self) -> bool:
        """Whether only the whole window has it, and not the parts of a trend."""
        return self.metric in {WAITING, DELIVERY} or any(one in OF_WINDOW for one in self.path)

    @property
    def unit(self) -> str:
        """Unit in time series databases; "" for a number without one."""
        last = self.series.rpartition("_")[2]
        return last if last in UNITS else ""


def figures_of(metric: str, *entries: tuple[Any, ...]) -> Iterator[Figure]:
    """The figures of *metric*, each given as the rest of its column and its other fields."""
    home = (metric,) if metric in {WAITING, DELIVERY} else ("metrics", metric)
    for name, kind, meaning, path, *more in entries:
        steps = (path,) if isinstance(path, str) else path
        column = f"{metric}_{name}" if name else metric
        yield Figure(metric, column, kind, meaning, (*home, *steps), *more)


def ends_of(name: str, meaning: str, field: str, what: str, unit: str = "") -> Iterator[Any]:
    """The figures of both ends of the 95 % interval of *what* in *field*."""
    for place, (end, word) in enumerate((("low", "Lower"), ("high", "Upper"))):
        column = "_".join(filter(None, (name, end, "" if unit == "ratio" else unit)))
        series = "_".join(filter(None, (name, end, unit)))
        text = "its other end" if place else meaning
        help_ = f"{word} end of the 95 % confidence interval of {what}."
        yield column, NUMBER, text, (field, place), series, help_
