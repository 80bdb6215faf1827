"""Changes shipped in the window in, how long they took out: LT5–LT7."""

import pandas as pd

from dora.metrics.intervals import median_ranks

STAGES = ["coding", "review", "delivery"]


def change_lead_time(changes: pd.DataFrame, groups: pd.Index) -> pd.DataFrame:
    """How long each group's changes took to be live, one row a group of *groups*, in seconds.

    *changes* has `group`, `lead_time_seconds` and the three stages, one row a change. Gives
    `changes`, `median`, `mean`, `p75`, `p90` (linear interpolation), `median_low`, `median_high`
    (95 %, missing below six changes), and medians of `coding`, `review`, `delivery`.
    """
    lead_times = changes.groupby("group")["lead_time_seconds"]
    counts = lead_times.size().reindex(groups, fill_value=0)
    low, high = _median_interval(changes)
    stages = changes.groupby("group")[[f"{stage}_seconds" for stage in STAGES]].median()
    columns = {
        "median": lead_times.median(),
        "mean": lead_times.mean(),
        "p75": lead_times.quantile(0.75),
        "p90": lead_times.quantile(0.9),
        "median_low": low,
        "median_high": high,
        **{stage: stages[f"{stage}_seconds"] for stage in STAGES},
    }
    return pd.DataFrame({name: values.reindex(groups) for name, values in columns.items()}).assign(
        changes=counts
    )


def _median_interval(changes: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The two order statistics that bound each group's median (LT6)."""
    sample = changes[["group", "lead_time_seconds"]].sort_values(["group", "lead_time_seconds"])
    by_group = sample.groupby("group")["lead_time_seconds"]
    size = by_group.transform("size")
    rank = by_group.cumcount() + 1
    sizes = size.unique()
    bound = size.map(dict(zip(sizes, median_ranks(sizes), strict=True)))
    values = sample.set_index("group")["lead_time_seconds"]
    is_low = ((rank == bound) & (bound > 0)).to_numpy()
    is_high = ((rank == size + 1 - bound) & (bound > 0)).to_numpy()
    return values[is_low], values[is_high]
