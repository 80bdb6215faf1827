"""The numbers of a row of the report: what each is called in tables, what it means, where it is."""

from dataclasses import dataclass
from typing import Any

from dora.report.model import METRICS, SIGNALS, Bucket, Row

COUNT, NUMBER, TEXT = "bigint", "double precision", "text"


@dataclass(frozen=True)
class Number:
    """One column: its type, its meaning with its unit, and the way to it from a row."""

    name: str
    kind: str
    meaning: str
    path: tuple[str | int, ...]
    is_of_rows: bool = False  #: whether only the whole window has it, and no part of a trend


def _numbers(
    metric: str, *lines: tuple[str, str, str, str | tuple[str | int, ...]]
) -> list[Number]:
    return [
        Number(f"{metric}_{name}" if name else metric, kind, meaning,
               (*(["metrics"] if metric in METRICS else []), metric,
                *([path] if isinstance(path, str) else path)),
               name == "level" or metric == "waiting")
        for name, kind, meaning, path in lines
    ]  # fmt: skip


#: In the order of `dora report --format csv`, whose columns they are.
NUMBERS: tuple[Number, ...] = (
    *_numbers(
        "deployment_frequency",
        ("deployments", COUNT, "successful deployments (DF1)", "deployments"),
        ("per_day", NUMBER, "of them a day (DF2)", "per_day"),
        ("per_week", NUMBER, "of them a week (DF2)", "per_week"),
        ("active_days", COUNT, "calendar days with at least one (DF2)", "active_days"),
        ("per_day_low", NUMBER, "95 % interval of `per_day` (DF3)", ("per_day_interval", 0)),
        ("per_day_high", NUMBER, "its other end", ("per_day_interval", 1)),
        ("level", TEXT, "level of the benchmark (B1)", "level"),
    ),
    *_numbers(
        "change_lead_time",
        ("changes", COUNT, "changes shipped (LT6)", "changes"),
        ("median_seconds", NUMBER, "median lead time (LT6)", "median"),
        ("mean_seconds", NUMBER, "mean lead time", "mean"),
        ("p75_seconds", NUMBER, "three in four are not longer", "p75"),
        ("p90_seconds", NUMBER, "nine in ten are not longer", "p90"),
        ("median_low_seconds", NUMBER, "95 % interval of the median", ("median_interval", 0)),
        ("median_high_seconds", NUMBER, "its other end", ("median_interval", 1)),
        ("level", TEXT, "likewise", "level"),
        ("coding_seconds", NUMBER, "median from start to request (LT7)", ("stages", "coding")),
        ("review_seconds", NUMBER, "median from request to merge (LT7)", ("stages", "review")),
        ("delivery_seconds", NUMBER, "median from merge to live (LT7)", ("stages", "delivery")),
    ),
    *_numbers(
        "change_fail_rate",
        ("failed", COUNT, "failed deployments (F9)", "failed"),
        ("deployments", COUNT, "finished deployments (F9)", "deployments"),
        ("", NUMBER, "failed ÷ finished, a fraction of 1 (F9)", "rate"),
        ("low", NUMBER, "95 % interval of the rate", ("interval", 0)),
        ("high", NUMBER, "its other end", ("interval", 1)),
        ("level", TEXT, "likewise", "level"),
        *((name, COUNT, f"of the failed, those that the signal `{name}` marked",
           ("reasons", name)) for name in SIGNALS),
        ("never_live", COUNT, "of the failed, those that never were live (F8)", "never_live"),
    ),
    *_numbers(
        "recovery_time",
        ("episodes", COUNT, "outages that began (R3)", "episodes"),
        ("recovered", COUNT, "of them, those that ended", "recovered"),
        ("open", COUNT, "of them, those that had not ended", "open"),
        ("mean_seconds", NUMBER, "mean time to recovery (R4)", "mean"),
        ("median_seconds", NUMBER, "its median by Kaplan–Meier (R4)", "median"),
        ("level", TEXT, "likewise", "level"),
    ),
    *_numbers(
        "rework_rate",
        ("rework", COUNT, "deployments that were rework (RW1)", "rework"),
        ("deployments", COUNT, "successful deployments", "deployments"),
        ("", NUMBER, "rework ÷ successful, a fraction of 1 (RW1)", "rate"),
        ("low", NUMBER, "95 % interval of the rate", ("interval", 0)),
        ("high", NUMBER, "its other end", ("interval", 1)),
    ),
    *_numbers(
        "waiting",
        ("changes", COUNT, "changes that production has not received (LT8)", "changes"),
        ("oldest_seconds", NUMBER, "age of the oldest of them (LT8)", "oldest"),
    ),
)  # fmt: skip
#: What a row and each of its parts have, and what only a row has.
OF_PARTS = tuple(one for one in NUMBERS if not one.is_of_rows)
OF_ROWS = tuple(one for one in NUMBERS if one.is_of_rows)


def values(of: Row | Bucket, numbers: tuple[Number, ...]) -> list[Any]:
    """The *numbers* of a row or bucket; a signal that marked nothing marked 0."""
    is_part = isinstance(of, Bucket)
    return [None if is_part and one.is_of_rows else _at(of, one.path) for one in numbers]


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        if value is None:
            return None
        if isinstance(value, dict):
            value = value.get(step, 0)
        else:
            value = value[step] if isinstance(step, int) else getattr(value, step)
    return value
