"""Measures how changes travel from tier to tier (J1 to J3)."""

from typing import Any

import numpy as np
import pandas as pd

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.model.environments import TIERS
from dora.model.tables import COMMIT, DEPLOYMENT, ENVIRONMENT
from dora.report.page.model import Promotion, Step

#: The tiers in the order of a change (J1); environments without a tier are not part of it.
WAY = tuple(tier for tier in reversed(TIERS) if tier != "other")

QUARTILES = {"p25": 0.25, "median": 0.5, "p75": 0.75}

PATH = ["repository", "service"]


def find_promotion(analysis: Analysis, config: Config) -> Promotion:
    """The steps that changes made in the window, except those of excluded authors (LT9).

    A change arrives in a tier when a deployment to any environment of it first ships it (J1); of
    a repository's tiers, each with a row (G0) is a station.
    """
    steps = _find_steps(_arrivals(analysis), config)
    return Promotion(
        _measure(steps, ["origin", "tier"]), _measure(steps, [*PATH, "origin", "tier"])
    )


def _arrivals(analysis: Analysis) -> pd.DataFrame:
    """One row for each change and tier that it reached: *PATH*, `tier, origin, place`.

    The other columns are the numbers `station` and `change`, and `started_at`, `arrived_at`.
    Stations of one repository and service follow each other. Only changes that were shipped to some
    environment in the window are included.
    """
    stations = analysis.environments[[*ENVIRONMENT, "service", "tier"]]
    stations = stations[stations["tier"].isin(WAY)]
    ways = stations[[*PATH, "tier"]].drop_duplicates()
    ways = ways.assign(place=ways["tier"].map(WAY.index))
    ways = ways.sort_values([*PATH, "place"], ignore_index=True)
    ways["origin"] = ways.groupby(PATH)["tier"].shift(fill_value="")
    ways["station"] = ways.index
    stations = stations.merge(ways[[*PATH, "tier", "station"]], on=[*PATH, "tier"])
    changes = analysis.changes.loc[~analysis.changes["is_excluded"], [*COMMIT, "started_at"]]
    changes = changes.drop_duplicates(COMMIT)
    # Numbers are faster than names: there may be a million rows.
    changes = changes.assign(change=np.arange(len(changes)))
    shipped = analysis.history.shipped.merge(changes, on=COMMIT)
    shipped = shipped.merge(stations[[*ENVIRONMENT, "station"]], on=ENVIRONMENT)
    shipped = shipped.merge(analysis.outcomes[[*DEPLOYMENT, "succeeded_at"]], on=DEPLOYMENT)
    arrived = shipped.groupby(["station", "change"], as_index=False, sort=False).agg(
        started_at=("started_at", "first"), arrived_at=("succeeded_at", "min")
    )
    return arrived.merge(ways, on="station")


def _find_steps(arrivals: pd.DataFrame, config: Config) -> pd.DataFrame:
    """One row for each step: *PATH*, `origin, tier, place, seconds`; missing if it was direct."""
    window = config.window
    inside = arrivals["arrived_at"].between(window.since, window.until, inclusive="left")
    # The arrival at a station starts the step to the next one.
    before = arrivals[["station", "change"]].assign(left_at=arrivals["arrived_at"])
    before["station"] += 1
    steps = arrivals[inside].merge(before, on=["station", "change"], how="left")
    is_first = steps["origin"] == ""
    steps["left_at"] = steps["left_at"].mask(is_first, steps["started_at"])
    seconds = (steps["arrived_at"] - steps["left_at"]).dt.total_seconds()
    # Clock skew counts as 0 (LT5); reaching a tier before its origin is not a step.
    steps["seconds"] = seconds.mask(is_first, seconds.clip(lower=0))
    steps["seconds"] = steps["seconds"].where(steps["seconds"] >= 0)
    return steps


def _measure(steps: pd.DataFrame, keys: list[str]) -> tuple[Step, ...]:
    """The steps pooled by *keys*, in the order of the tiers."""
    grouped = steps.groupby(keys, sort=False)
    found = grouped.agg(
        place=("place", "first"), changes=("seconds", "count"), came=("seconds", "size")
    )
    for name, share in QUARTILES.items():
        found[name] = grouped["seconds"].quantile(share)
    found = found.reset_index()
    own = [key for key in keys if key in PATH]
    found["from"] = found["origin"].map({"": -1} | {tier: n for n, tier in enumerate(WAY)})
    found = found.sort_values([*own, "place", "from"])
    return tuple(_step(row) for row in found.to_dict("records"))


def _step(row: dict[Any, Any]) -> Step:
    p25, median, p75 = (None if pd.isna(row[name]) else float(row[name]) for name in QUARTILES)
    return Step(
        repository=row.get("repository", ""),
        service=row.get("service", ""),
        origin=row["origin"],
        tier=row["tier"],
        changes=int(row["changes"]),
        p25=p25,
        median=median,
        p75=p75,
        direct=int(row["came"] - row["changes"]),
    )
