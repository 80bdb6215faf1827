"""An organization in, which of its teams look after which repository out: G2."""

from typing import Any

from dora.collect.client import Client, pages
from dora.collect.deployments import find
from dora.collect.pull_requests import Rows
from dora.config import Config

#: The rights on a repository that make it a team's own.
OWNING = {"MAINTAIN", "ADMIN"}


def read_teams(client: Client, config: Config) -> Rows:
    """Rows of the organization's teams, where rows are by team and no team is configured."""
    if config.by != "team" or config.teams:
        return {"teams": []}
    organization = config.organization

    def ask(cursor: str | None) -> dict[str, Any]:
        return find(client.ask("teams", org=organization, after=cursor), "organization", "teams")

    rows = []
    for team in pages(ask):
        page = team["repositories"]
        edges = list(page["edges"])
        if page["pageInfo"]["hasNextPage"]:
            edges += _more(client, organization, team["slug"], page["pageInfo"]["endCursor"])
        rows += [
            (team["name"], edge["node"]["name"])
            for edge in edges
            if edge and edge["permission"] in OWNING
        ]
    return {"teams": rows}


def _more(client: Client, organization: str, slug: str, first: str) -> list[dict[str, Any]]:
    def ask(cursor: str | None) -> dict[str, Any]:
        answer = client.ask("team", org=organization, slug=slug, after=cursor or first)
        found = find(answer, "organization", "team", "repositories")
        return {"nodes": found["edges"], "pageInfo": found["pageInfo"]}

    return list(pages(ask))
