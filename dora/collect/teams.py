"""Reads which teams of an organization own which repositories (G2)."""

from typing import Any

from dora.collect.github.client import Client
from dora.collect.github.pagination import read_pages
from dora.collect.repository.context import find
from dora.collect.repository.pull_requests import Rows
from dora.config import Config

#: The permissions that make a team an owner of a repository.
OWNING = {"MAINTAIN", "ADMIN"}


async def read_teams(client: Client, config: Config) -> Rows:
    """Rows of the organization's teams; none unless rows are by team and none is configured."""
    if config.by != "team" or config.teams:
        return {"teams": []}
    organization = config.organization

    async def ask(cursor: str | None) -> dict[str, Any]:
        result = await client.ask("teams", org=organization, after=cursor)
        return find(result, "organization", "teams")

    rows = []
    for team in await read_pages(ask):
        page = team["repositories"]
        edges = list(page["edges"])
        if page["pageInfo"]["hasNextPage"]:
            edges += await _more(client, organization, team["slug"], page["pageInfo"]["endCursor"])
        rows += [
            (team["name"], edge["node"]["name"])
            for edge in edges
            if edge and edge["permission"] in OWNING
        ]
    return {"teams": list(dict.fromkeys(rows))}


async def _more(client: Client, organization: str, slug: str, first: str) -> list[dict[str, Any]]:
    async def ask(cursor: str | None) -> dict[str, Any]:
        result = await client.ask("team", org=organization, slug=slug, after=cursor or first)
        found = find(result, "organization", "team", "repositories")
        return {"nodes": found["edges"], "pageInfo": found["pageInfo"]}

    return await read_pages(ask)
