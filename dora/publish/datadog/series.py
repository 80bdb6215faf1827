"""Makes series of Datadog's metrics API (v2) from gauges, in parts that it takes at once.

Limits and rules: https://docs.datadoghq.com/api/latest/metrics/submit-metrics/ and
https://docs.datadoghq.com/getting_started/tagging/
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from dora.publish.gauges import LABELS, SECONDS, Gauge, Labels

#: Points may be at most an hour old; this leaves time to send them.
FRESH = timedelta(minutes=50)
#: Bytes of a part, unpacked: the API takes 512,000 packed, and packing never adds that much.
PART = 500_000
GAUGE = 3  #: the API's number for a gauge
LONGEST_TAG = 200  #: characters, with its key
#: What a tag may not hold and Datadog would replace: replaced here, so that two names which become
#: one are noticed.
_OTHERS = re.compile(r"[^\w.:/-]+")


@dataclass(frozen=True)
class DatadogSeries:
    """The series, and the rows left out because another has the same tags."""

    series: tuple[dict[str, Any], ...]
    doubles: tuple[Labels, ...]


def instant_of(until: datetime, now: datetime) -> datetime:
    """The time that points bear: the report's own where Datadog takes it, else *now*.

    With the report's own, a second run writes the same points again.
    """
    return until if timedelta(0) <= now - until <= FRESH else now


def figures_of(gauges: Iterable[Gauge], at: datetime) -> DatadogSeries:
    """Every gauge as a series of one point, with no host."""
    owners: dict[tuple[str, ...], Labels] = {}
    doubles: dict[Labels, None] = {}
    series = []
    for one in gauges:
        row = tuple(label for label in one.labels if label[0] in LABELS)
        if owners.setdefault(_tags(row), row) != row:
            doubles[row] = None
            continue
        series.append(
            {
                "metric": name_of(one),
                "type": GAUGE,
                "points": [{"timestamp": int(at.timestamp()), "value": one.value}],
                "tags": list(_tags(one.labels)),
                **({"unit": "second"} if one.unit == SECONDS else {}),
            }
        )
    return DatadogSeries(tuple(series), tuple(doubles))


def name_of(gauge: Gauge) -> str:
    """Give the metric's name, apart from Datadog's own `dora.`."""
    return ".".join(("dora_report", *(() if gauge.of == "report" else (gauge.of,)), gauge.name))


def tag(name: str, text: str) -> str:
    """Give a tag as Datadog keeps it: in small letters, other signs as `_`, not too long."""
    whole = f"{name}:{_OTHERS.sub('_', text.lower())}"
    if len(whole) <= LONGEST_TAG:
        return whole
    digest = sha256(text.encode(errors="replace")).hexdigest()[:12]
    return f"{whole[: LONGEST_TAG - 13]}_{digest}"


def parts(series: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """*series* in parts that the API takes, each as the body of a request."""
    part: list[Mapping[str, Any]] = []
    size = empty = len(json.dumps({"series": []}))
    for one in series:
        length = len(json.dumps(one)) + 2
        if part and size + length > PART:
            yield part
            part, size = [], empty
        part.append(one)
        size += length
    if part:
        yield part


def _tags(labels: Labels) -> tuple[str, ...]:
    return tuple(tag(name, text) for name, text in labels)
