"""Writes gauges in Prometheus' text exposition format.

No sample has a time: a node exporter's textfile collector refuses those, and the report's own
time is a gauge.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from dora.errors import BadUsage
from dora.publish.gauges import Gauge

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

#: The exporter must be able to read it, whatever user it runs as.
MODE = 0o644


def check_installed() -> None:
    """Refuse to go on without prometheus-client."""
    try:
        import prometheus_client  # noqa: F401  # an optional extra
    except ImportError:
        raise BadUsage(
            "prometheus: the package prometheus-client is not installed; allowed: with the extra, "
            "`pip install 'dora-report[prometheus]'`"
        ) from None


def name_of(gauge: Gauge) -> str:
    """Give the metric's name: `dora_change_lead_time_median_seconds`."""
    return f"dora_{gauge.of}_{gauge.name}"


def registry_of(gauges: Iterable[Gauge]) -> "CollectorRegistry":
    """Give what prometheus-client writes and pushes."""
    from prometheus_client import CollectorRegistry

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(gauges))
    return registry


def exposition(gauges: Iterable[Gauge]) -> bytes:
    """Give the text of all *gauges*, each metric with its HELP and TYPE."""
    from prometheus_client import generate_latest

    return generate_latest(registry_of(gauges))


class _Families:
    """Gauges, gathered by the metric that they belong to."""

    def __init__(self, gauges: Iterable[Gauge]) -> None:
        self._gauges = tuple(gauges)

    def collect(self) -> "Iterator[GaugeMetricFamily]":
        """Give each metric with all its samples, in the order in which metrics first came."""
        from prometheus_client.core import GaugeMetricFamily

        families: dict[str, GaugeMetricFamily] = {}
        for one in self._gauges:
            name = name_of(one)
            family = families.setdefault(name, GaugeMetricFamily(name, one.help))
            family.add_sample(name, dict(one.labels), one.value)
        yield from families.values()
