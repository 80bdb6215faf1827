"""Compares the metrics of a row with levels, a survey's respondents or scores (B1 to B5)."""

from dataclasses import replace
from typing import Any

from dora.metrics import benchmarks
from dora.report import figures
from dora.report.model import PLACES, QUICK_CHECK, Metrics
from dora.report.ranges import LevelRange, Place


def benchmark_of_rows(benchmark: str, by: str) -> str:
    """The *benchmark* that rows *by* something have: pooled ones have places alone (B3)."""
    return benchmark if by == "repository" or benchmark == PLACES else "none"


def judge(metrics: Metrics, benchmark: str) -> Metrics:
    """*metrics* with the levels, places or scores that *benchmark* gives them.

    A metric without a 95 % interval has none of them (B3).
    """
    if benchmark == "none":
        return metrics
    judged = {
        name: replace(one.of(metrics), **_judgement(one, metrics, benchmark))
        for name, one in figures.METRICS.items()
    }
    return Metrics(**judged)


def _judgement(metric: figures.Metric, metrics: Metrics, benchmark: str) -> dict[str, Any]:
    """The fields of the record of *metric* that *benchmark* fills."""
    interval = metric.interval_of(metrics)
    if interval is None:
        return {}
    if benchmark == QUICK_CHECK:
        return {"score": _score(metric, metrics)}
    if benchmark == PLACES:
        place = benchmarks.place(metric.name, interval)
        return {"place": place and Place(*place)}
    levels = benchmarks.levels(benchmark, metric.name, interval)
    if levels is None:
        return {}
    worst, best = levels
    return {"level": best} if worst == best else {"level_range": LevelRange(worst, best)}


def _score(metric: figures.Metric, metrics: Metrics) -> float | None:
    """The Quick Check's score of the headline number, None without one (B4)."""
    value = metric.value(metrics)
    if value is None:
        return None
    if metric.total:
        total = getattr(metric.of(metrics), metric.total)
        return benchmarks.share_score(metric.counted(metrics), total)
    return benchmarks.score(metric.name, value)
