"""Builds small organizations by hand, and sends requests to a stand-in that serves one."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from dora.demo.github.server import TOKEN, Server
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status

T0 = datetime(2026, 3, 2, 9, tzinfo=UTC)


def sha(number: int) -> str:
    """A sha that shows its number."""
    return f"{number:040x}"


def after(hours: float) -> datetime:
    """So many hours after the beginning of time."""
    return T0 + timedelta(hours=hours)


def line(count: int) -> dict[str, Commit]:
    """Commits in a line, one an hour: number 1 is the first."""
    return {
        sha(n): Commit(
            sha(n), (sha(n - 1),) if n > 1 else (), after(n), after(n), f"Change {n}", "amara"
        )
        for n in range(1, count + 1)
    }


def deployment(number: int, *states: str, **more: Any) -> Deployment:
    """Deployment *number* of commit *number*, created that hour; a status a minute."""
    statuses = tuple(
        Status(state, after(number) + timedelta(minutes=at + 1)) for at, state in enumerate(states)
    )
    values = {"sha": sha(number), "environment": "prod", "created_at": after(number), **more}
    return Deployment(id=number, statuses=statuses, **values)


def repository(name: str = "api", commits: int = 0, **more: Any) -> Repository:
    """A repository with a line of commits."""
    given = {"commits": line(commits), "head": sha(commits) if commits else None}
    identity = len(name) * 100 + ord(name[0])
    return Repository(name, more.pop("database_id", identity), T0, **{**given, **more})


def organization(*repositories: Repository, **more: Any) -> Organization:
    """The organization `acme`."""
    return Organization("acme", after(10_000), repositories, **more)


def post(server: Server, query: str, token: str = TOKEN, **variables: Any) -> requests.Response:
    """The raw answer to a GraphQL query."""
    return requests.post(
        f"{server.url}/graphql",
        json={"query": query, "variables": variables},
        headers={"authorization": f"bearer {token}"},
        timeout=10,
    )


def ask(server: Server, query: str, **variables: Any) -> Any:
    """The JSON answer to a GraphQL query."""
    return post(server, query, **variables).json()


def get(server: Server, path: str, token: str = TOKEN) -> requests.Response:
    """The raw answer to a REST request."""
    headers = {"authorization": f"bearer {token}"}
    return requests.get(server.url + path, headers=headers, timeout=10)


def ids(rows: Sequence[dict[str, Any]]) -> list[int]:
    """The database ids of nodes."""
    return [row["databaseId"] for row in rows]
