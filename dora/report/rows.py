"""Finds the rows of the report, and which environments each of them pools (G0 to G3)."""

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.columns import frame_of, take_rows, texts_of
from dora.model.environment_index import EnvironmentIndex, index_environments
from dora.model.environments import TIERS
from dora.model.tables import ENVIRONMENT, Tables
from dora.report.model import NO_TEAM


@dataclass(frozen=True)
class Groups:
    """The report's rows.

    - `rows`: one row for each row of the report, in its order: `key` (a dict, as in the contract)
      and `tier`; its index is the group's number
    - `members`: one row for each environment and group that pools it: `repository,
      environment_key, group`
    """

    rows: pd.DataFrame
    members: pd.DataFrame

    def grouped(
        self, events: pd.DataFrame, *, where: NDArray[np.bool_] | pd.Series | None = None
    ) -> pd.DataFrame:
        """The *events*, or those *where* it says so, of environments that have a row.

        Each has its `group`; one whose environment belongs to several groups is there for each.
        """
        chosen = np.arange(len(events)) if where is None else np.flatnonzero(where)
        positions = self._index.positions_of(events)[chosen]
        groups, starts = self._groups
        sizes = np.append(np.diff(starts, append=len(groups)), 0)  # 0 for unknown ones
        counts = sizes[positions]
        rows = np.repeat(chosen, counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        firsts = np.append(starts, 0)[positions]
        return take_rows(events, rows, group=groups[np.repeat(firsts, counts) + within])

    @cached_property
    def _index(self) -> EnvironmentIndex:
        return index_environments(self.members)

    @cached_property
    def _groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The groups of all environments in sequence, and the index at which each one's begin."""
        positions = self._index.positions_of(self.members)
        order = np.argsort(positions, kind="stable")
        starts = np.searchsorted(positions[order], np.arange(len(self._index.keys)))
        return self.members["group"].to_numpy()[order], starts


def choose_tiers(environments: pd.DataFrame, config: Config) -> tuple[str, ...]:
    """The tiers that have rows: those asked for, else production (G1).

    Every tier if none was asked for and no environment is of the tier production.
    """
    if config.tier:
        return TIERS if "all" in config.tier else config.tier
    return ("production",) if environments["tier"].eq("production").any() else TIERS


def lacks_production(environments: pd.DataFrame, config: Config) -> bool:
    """Whether rows of every tier are shown because there is none of the tier production (G1)."""
    return not (config.tier or environments.empty or environments["tier"].eq("production").any())


def find_groups(
    environments: pd.DataFrame, tables: Tables, config: Config, tiers: Collection[str] | None = None
) -> Groups:
    """The rows by `config.by` of *tiers* (`choose_tiers` if None), in the order of the contract.

    Ephemeral environments that are asked for have rows beside those of any tier (D5).
    """
    tiers = choose_tiers(environments, config) if tiers is None else tiers
    shown = environments[environments["tier"].isin(tiers) | environments["is_ephemeral"]]
    if config.by == "team":
        shown = shown.merge(find_teams(shown, tables, config), on="repository")
    keys = {
        "repository": ENVIRONMENT,
        "environment": ["name_key"],
        "team": ["team", "tier"],
        "organization": ["tier"],
    }[config.by]
    order = {
        "repository": ["repository", "tier_rank", "name", "service"],
        "environment": ["tier_rank", "name"],
        "team": ["team", "tier_rank"],
        "organization": ["tier_rank"],
    }[config.by]
    environments_shown = [
        one | {"tier_rank": TIERS.index(one["tier"])} for one in shown.to_dict("records")
    ]
    # A name is spelt as in the most recently created deployment (D1).
    newest = {
        tuple(one[name] for name in keys): one
        for one in sorted(environments_shown, key=itemgetter("created_at", "deployment"))
    }
    numbers = sorted(newest, key=lambda key: [newest[key][name] for name in order])
    group_of = {key: group for group, key in enumerate(numbers)}
    ordered = [newest[key] for key in numbers]
    rows = pd.DataFrame(
        {
            "key": pd.Series([_key(one, config) for one in ordered], dtype="object"),
            "tier": texts_of([one["tier"] for one in ordered]),
        }
    )
    groups = [group_of[tuple(one[name] for name in keys)] for one in environments_shown]
    members = frame_of(
        repository=texts_of([one["repository"] for one in environments_shown]),
        environment_key=texts_of([one["environment_key"] for one in environments_shown]),
        group=np.array(groups, dtype="int64"),
    )
    return Groups(rows, members)


def find_teams(environments: pd.DataFrame, tables: Tables, config: Config) -> pd.DataFrame:
    """The teams of each repository (G2): `repository, team`, one row for each pair.

    From the configuration if it has teams, else from the organization; `(no team)` if it has none.
    """
    names = pd.Series(environments["repository"].unique(), dtype="str")
    if config.teams:
        globs = {team: compile_globs(own) for team, own in config.teams.items()}
        pairs = [
            (name, team) for name in names for team, own in globs.items() if own.fullmatch(name)
        ]
        teams = pd.DataFrame(pairs, columns=["repository", "team"]).astype("str")
    else:
        teams = tables.teams[["repository", "team"]].drop_duplicates()
    everyone = names.rename("repository").to_frame().merge(teams, on="repository", how="left")
    return everyone.fillna({"team": NO_TEAM})


def _key(row: dict[Hashable, Any], config: Config) -> dict[str, str]:
    """The key of a row in the contract, made from the environment that gives it its name."""
    if config.by == "repository":
        key = {"repository": row["repository"], "environment": row["name"]}
        return key | ({"service": row["service"]} if row["service"] else {})
    if config.by == "environment":
        return {"environment": row["name"]}
    if config.by == "team":
        return {"team": row["team"], "tier": row["tier"]}
    return {"organization": config.organization, "tier": row["tier"]}
