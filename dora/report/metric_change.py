"""The record of a metric that changed, between two windows or between two reports."""

from dataclasses import dataclass

from dora.report.model import Contributor, Metrics, Row


@dataclass(frozen=True)
class NotedContributor:
    """A deployment or an outage that changed a metric, and in a few words in what way."""

    contributor: Contributor
    note: str = ""


@dataclass(frozen=True)
class MetricChange:
    """One metric of one row that changed; *row* is that of now.

    *verdict* is `better` or `worse`, None where the change is not clear (K2).
    """

    row: Row
    metric: str
    verdict: str | None
    before: Metrics
    contributors: tuple[NotedContributor, ...] = ()
    left: int = 0  #: how many of what the metric counts left the window, between two reports
