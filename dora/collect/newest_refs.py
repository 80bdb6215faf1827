"""Reads what the newest deployments to production were filed for, as the doctor asks (D9)."""

import asyncio
from dataclasses import replace

import numpy as np

from dora.collect.github.client import Client
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.refs import read_refs
from dora.config import Config
from dora.errors import CannotRead
from dora.model.columns import texts_of
from dora.model.environments import environment_reader
from dora.model.exclusions import ref_test
from dora.model.tables import Deployments, Tables

#: Repositories that are asked, those that deploy most: one request for each.
MOST_REPOSITORIES = 100


async def read_newest_refs(client: Client, tables: Tables, config: Config) -> Tables:
    """*tables* with the refs of each repository's newest hundred Deployments.

    As they are where the configuration had asked for refs; other sources tell theirs anyway.
    Repositories that do not deploy to production are not asked, and one that refuses has no refs.
    """
    if ref_test(config.deployments.exclude) is not None:
        return tables
    tier_of = environment_reader(config)
    deployments = tables.deployments
    is_production = [tier_of(name).tier == "production" for name in deployments["environment"]]
    is_asked = np.array(is_production, dtype="bool") & (deployments["source"] == "deployments")
    busiest = deployments.loc[is_asked, "repository"].value_counts(sort=True)

    async def read(name: str) -> dict[tuple[str, int], str]:
        context = RepositoryContext(client, config.organization, name)
        try:
            page = await read_refs(context, 1)
        except CannotRead:
            return {}
        return {(name, number): ref for number, (ref, _) in page.items()}

    names = [str(name) for name in busiest.index[:MOST_REPOSITORIES]]
    found: dict[tuple[str, int], str] = {}
    for refs in await asyncio.gather(*map(read, names)):
        found |= refs
    keys = zip(deployments["repository"].tolist(), deployments["deployment"].tolist(), strict=True)
    told = zip(keys, deployments["ref"].tolist(), strict=True)
    refs_read = texts_of([found.get(key, ref) for key, ref in told])
    return replace(tables, deployments=Deployments(deployments.assign(ref=refs_read)))
