"""Outcomes in, the rows of the report and what belongs to each out: G0 to G3."""

from dataclasses import dataclass

import pandas as pd

from dora.config import Config
from dora.config.globs import compile_globs
from dora.model.environments import TIERS
from dora.model.tables import ENVIRONMENT, Tables
from dora.report.model import NO_TEAM


@dataclass(frozen=True)
class Groups:
    """The report's rows.

    - `rows`: one row a line of the report, in its order: `key` (a dict, as in the contract) and
      `tier`; its index is the group's number
    - `members`: one row an environment and group that pools it: `repository, environment_key,
      group`
    """

    rows: pd.DataFrame
    members: pd.DataFrame

    def grouped(self, events: pd.DataFrame) -> pd.DataFrame:
        """*events* of environments that have a row, with the `group` each counts for."""
        return events.merge(self.members, on=ENVIRONMENT)


def find_groups(environments: pd.DataFrame, tables: Tables, config: Config) -> Groups:
    """Rows by `config.by`, of the tiers asked for, sorted as the contract says."""
    pooled = config.by in {"organization", "team"}
    tiers = config.tier or (("production",) if pooled else TIERS)
    shown = environments[environments["tier"].isin(tiers)]
    if config.by == "team":
        shown = shown.merge(find_teams(shown, tables, config), on="repository")
    keys = {
        "repository": ENVIRONMENT,
        "environment": ["name_key"],
        "team": ["team", "tier"],
        "organization": ["tier"],
    }[config.by]
    # The spelling shown is the most recently created deployment's (D1).
    newest = shown.sort_values(["created_at", "deployment"]).drop_duplicates(keys, keep="last")
    newest = newest.assign(tier_rank=newest["tier"].map(TIERS.index))
    order = {
        "repository": ["repository", "tier_rank", "name", "service"],
        "environment": ["tier_rank", "name"],
        "team": ["team", "tier_rank"],
        "organization": ["tier_rank"],
    }[config.by]
    newest = newest.sort_values(order, ignore_index=True)
    rows = pd.DataFrame({"key": _keys(newest, config), "tier": newest["tier"]})
    numbered = newest[keys].assign(group=newest.index)
    wanted = dict.fromkeys([*ENVIRONMENT, *keys])
    members = shown[list(wanted)].merge(numbered, on=keys)
    return Groups(rows, members[[*ENVIRONMENT, "group"]])


def find_teams(environments: pd.DataFrame, tables: Tables, config: Config) -> pd.DataFrame:
    """Which teams each repository counts for (G2): `repository, team`, one row a pair.

    By the configuration, else by the organization's teams; `(no team)` where none has it.
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


def _keys(newest: pd.DataFrame, config: Config) -> list[dict[str, str]]:
    if config.by == "repository":
        columns = (newest[name] for name in ("repository", "name", "service"))
        return [
            {"repository": repository, "environment": name}
            | ({"service": service} if service else {})
            for repository, name, service in zip(*columns, strict=True)
        ]
    if config.by == "environment":
        return [{"environment": name} for name in newest["name"]]
    if config.by == "team":
        pairs = zip(newest["team"], newest["tier"], strict=True)
        return [{"team": team, "tier": tier} for team, tier in pairs]
    return [{"organization": config.organization, "tier": tier} for tier in newest["tier"]]
