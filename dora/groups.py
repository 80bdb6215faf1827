"""Outcomes in, the rows of the report and what belongs to each out: G0, G1."""

from dataclasses import dataclass

import pandas as pd

from dora.config import Config
from dora.environments import TIERS
from dora.history import ENVIRONMENT
from dora.outcomes import Outcomes


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


def find_environments(outcomes: Outcomes, config: Config) -> pd.DataFrame:
    """Every environment that has a row (G0): `repository, environment_key, name, tier`.

    It had a deployment that finished since the look-back began, and is neither ephemeral (unless
    asked for) nor left out.
    """
    start = config.window.since - config.lookback
    shown = outcomes[~outcomes["is_left_out"] & (config.ephemeral | ~outcomes["is_ephemeral"])]
    recent = shown[(shown["created_at"] >= start) & shown["finished_at"].notna()]
    return recent.drop_duplicates(ENVIRONMENT, keep="last")[
        [*ENVIRONMENT, "name", "tier", "created_at", "deployment"]
    ]


def find_groups(environments: pd.DataFrame, config: Config) -> Groups:
    """Rows by `config.by`, of the tiers asked for, sorted as the contract says."""
    tiers = config.tier or (("production",) if config.by == "organization" else TIERS)
    shown = environments[environments["tier"].isin(tiers)]
    if config.by == "repository":
        keys = ENVIRONMENT
    elif config.by == "environment":
        keys = ["environment_key"]
    else:
        keys = ["tier"]
    # The spelling shown is the most recently created deployment's (D1).
    newest = shown.sort_values(["created_at", "deployment"]).drop_duplicates(keys, keep="last")
    newest = newest.assign(tier_rank=newest["tier"].map(TIERS.index))
    order = ["tier_rank", "name"] if config.by != "repository" else [
        "repository", "tier_rank", "name"
    ]  # fmt: skip
    newest = newest.sort_values(order, ignore_index=True)
    rows = pd.DataFrame({"key": _keys(newest, config), "tier": newest["tier"]})
    numbered = newest[keys].assign(group=newest.index)
    members = shown[[*ENVIRONMENT, "tier"]].merge(numbered, on=keys)
    return Groups(rows, members[[*ENVIRONMENT, "group"]])


def _keys(newest: pd.DataFrame, config: Config) -> list[dict[str, str]]:
    if config.by == "repository":
        pairs = zip(newest["repository"], newest["name"], strict=True)
        return [{"repository": name, "environment": own} for name, own in pairs]
    if config.by == "environment":
        return [{"environment": name} for name in newest["name"]]
    return [{"organization": config.organization, "tier": tier} for tier in newest["tier"]]
