"""Incidents in, the deployments they belong to out: F7."""

import re

import pandas as pd

from dora.analysis.outcomes import Outcomes
from dora.analysis.repositories import find_read
from dora.analysis.signals import REASON
from dora.config import Config
from dora.model.references import ADDRESS
from dora.model.tables import ENVIRONMENT, Tables

SHA = re.compile(r"[0-9a-f]{7,40}", re.IGNORECASE)
REPOSITORY_LABEL = "repo:"


def find_incidents(tables: Tables, config: Config) -> pd.DataFrame:
    """Incidents opened in the look-back or window, one row for each repository they are about.

    Those of repositories that were skipped are nobody's (C1).

    `by, opened_at, closed_at` (before `until`, else missing), `named`, `about` (a repository's
    name, case folded). Several `repo:` labels of a central repository's issue are several rows.
    """
    window = config.window
    incidents = tables.incidents
    opened = incidents["opened_at"]
    is_read = incidents["repository"].isin(find_read(tables.repositories, config))
    incidents = incidents[
        (opened >= config.lookback_start)
        & (opened < window.until)
        & (is_read | incidents["repository"].isna())
    ]
    closed_at = incidents["closed_at"].where(incidents["closed_at"] < window.until)
    told = incidents[["repository", "number", "owner", "named"]].astype(object)
    values = told.where(told.notna(), None).to_numpy().tolist()
    about = pd.Series([_about(tables, config, *one) for one in values], index=incidents.index)
    every = incidents.assign(closed_at=closed_at, about=about.astype(object)).explode("about")
    every["about"] = every["about"].astype("str")
    return every[["by", "opened_at", "closed_at", "named", "about"]].reset_index(drop=True)


def _about(
    tables: Tables,
    config: Config,
    own: str | None,
    number: int,
    owner: str | None,
    named: str | None,
) -> list[str]:
    """Names, case folded, of the repositories an incident is about."""
    if own is None:
        return [str(owner).casefold()]
    central = {name.casefold() for name in config.incidents.repositories}
    if own.casefold() not in central:
        return [own.casefold()]
    labels = tables.labels[
        (tables.labels["repository"] == own) & (tables.labels["number"] == number)
    ]["label"]
    said = {
        label[len(REPOSITORY_LABEL) :].strip().casefold()
        for label in labels
        if label.casefold().startswith(REPOSITORY_LABEL)
    }
    if said:
        return sorted(said)
    address = ADDRESS.fullmatch(named or "")
    if address and address["owner"].casefold() == config.organization.casefold():
        return [address["name"].casefold()]
    return [own.casefold()]


def attribute(
    incidents: pd.DataFrame, outcomes: Outcomes, successes: pd.DataFrame, config: Config
) -> tuple[pd.DataFrame, int]:
    """Reasons of F7, and how many incidents of the window belong to no deployment (C1).

    *successes* are in D7's order. An incident on a deployment that never finished belongs to it,
    but is the reason of nothing (D3).
    """
    by_name = incidents[incidents["named"].notna()]
    belonging = pd.concat(
        [
            _named(by_name, outcomes, successes, config),
            _live(incidents[incidents["named"].isna()], successes, config),
        ],
        ignore_index=True,
    )
    in_window = incidents[incidents["opened_at"] >= config.window.since]
    orphans = int((~in_window["by"].drop_duplicates().isin(belonging["by"])).sum())
    finished = outcomes.loc[outcomes["finished_at"].notna(), ["repository", "deployment"]]
    reasons = belonging.merge(finished, on=["repository", "deployment"])
    return reasons.assign(
        signal="incident", began_at=reasons["opened_at"], ended_at=reasons["closed_at"]
    )[REASON].drop_duplicates(), orphans


def _live(incidents: pd.DataFrame, successes: pd.DataFrame, config: Config) -> pd.DataFrame:
    """What was live in production when an incident was opened, if it had not been for too long."""
    production = _production(successes)
    pairs = incidents.merge(production, on="about")
    pairs = pairs[pairs["succeeded_at"] <= pairs["opened_at"]]
    live = pairs.drop_duplicates(["by", "about", "environment_key"], keep="last")
    return live[live["opened_at"] - live["succeeded_at"] <= config.incidents.attribution]


def _named(
    incidents: pd.DataFrame, outcomes: Outcomes, successes: pd.DataFrame, config: Config
) -> pd.DataFrame:
    """The deployments that incidents name: by id or address, else by a sha in production."""
    everything = outcomes.assign(about=outcomes["repository"].str.casefold())
    number = _numbers(incidents, config)
    by_id = incidents.assign(part=number).dropna(subset="part").astype({"part": "int64"})
    parts = everything.assign(part=everything["parts"]).explode("part").astype({"part": "int64"})
    by_id = by_id.merge(parts, on=["about", "part"])
    others = incidents[~incidents["by"].isin(by_id["by"])]
    others = others[others["named"].str.fullmatch(SHA.pattern, case=False)]
    pairs = others.merge(_production(successes), on="about")
    fits = [
        sha.startswith(name.lower()) for sha, name in zip(pairs["sha"], pairs["named"], strict=True)
    ]
    pairs = pairs[pd.Series(fits, index=pairs.index, dtype="bool")]
    pairs = pairs[pairs["succeeded_at"] <= pairs["opened_at"]]
    by_sha = pairs.drop_duplicates(["by", "about", "environment_key"], keep="last")
    return pd.concat([by_id, by_sha], ignore_index=True)


def _numbers(incidents: pd.DataFrame, config: Config) -> pd.Series:
    """Id of the deployment each incident names by its number or address, <NA> for none."""
    numbers: list[int | None] = []
    for about, name in zip(incidents["about"], incidents["named"], strict=True):
        address = ADDRESS.fullmatch(name)
        if address is not None:
            place = (address["owner"].casefold(), address["name"].casefold())
            is_own = place == (config.organization.casefold(), about)
            numbers.append(int(address["id"]) if is_own else None)
        else:
            numbers.append(int(name) if name.isascii() and name.isdigit() else None)
    fits = [number if number is not None and number < 1 << 63 else None for number in numbers]
    return pd.Series(fits, index=incidents.index, dtype="Int64")


def _production(successes: pd.DataFrame) -> pd.DataFrame:
    """Successes of production-tier environments, in order, with `about` to join by."""
    production = successes[successes["tier"] == "production"]
    return production.assign(about=production["repository"].str.casefold())


def find_incident_rework(reasons: pd.DataFrame, successes: pd.DataFrame) -> pd.DataFrame:
    """RW1: the first success after an incident of an environment was opened, before it closed."""
    opened = reasons[[*ENVIRONMENT, "began_at", "ended_at"]].drop_duplicates()
    pairs = opened.merge(successes[[*ENVIRONMENT, "deployment", "succeeded_at"]], on=ENVIRONMENT)
    during = pairs[
        (pairs["succeeded_at"] > pairs["began_at"]) & ~(pairs["succeeded_at"] >= pairs["ended_at"])
    ].sort_values(["succeeded_at", "deployment"])
    first = during.drop_duplicates([*ENVIRONMENT, "began_at", "ended_at"])
    return first[["repository", "deployment"]].drop_duplicates()
