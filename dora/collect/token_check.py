"""Finds out what a token may do while it reads an organization's tables.

The test of a right is what can be read with it: GitHub reports the scopes of a classic token, but
nothing about any other kind of token.
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from github import GithubException
from requests.exceptions import RequestException

from dora.collect.github.access import Access
from dora.collect.github.client import Client
from dora.collect.github.connections import in_thread
from dora.collect.github.rest import WORKFLOWS
from dora.collect.newest_refs import read_newest_refs
from dora.collect.organization import read_organization
from dora.collect.progress import Progress
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.deployment_record import parse_instant
from dora.config import Config
from dora.errors import CannotRead, DoraError, Forbidden
from dora.model.source_entries import fitting_entries
from dora.model.tables import Tables
from dora.model.token_rights import ACTIONS, Checkup, Limit, Probe

#: Number of unreadable repositories that are probed for what is refused, one request each.
MOST_PROBES = 20
#: The rights that a report needs on a repository, each with its part of the query.
PARTS = {
    "deployments": "deployments",
    "contents": "contents",
    "pull requests": "requests",
    "issues": "issues",
}
#: `github-authentication-token-expiration` is not ISO 8601: `2026-12-01 10:00:00 UTC` or `… +0200`.
EXPIRY = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:UTC|([+-]\d{4}))")


def examine(
    client: Client,
    access: Access,
    config: Config,
    progress: Progress,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Tables, Checkup]:
    """Everything a report needs, and what is known about the token that read it.

    Reads what a report reads, so `requests` and `points` are what a report costs. Sends about four
    requests more, one for each unreadable repository, and one for each that deploys to production;
    where runs of a workflow are deployments, one for each repository whose rights are tried.
    Raises what `collect` raises.
    """

    async def reading() -> tuple[Tables, Checkup]:
        checkup, private = await _check_token(client, access, config)
        requests, points = client.requests, client.points
        tables = await read_organization(client, config, progress, variables)
        checkup = replace(
            checkup, requests=tables.requests - requests, points=tables.points - points
        )
        tables = await read_newest_refs(client, tables, config)
        return tables, await _check_rights(client, checkup, private, tables, config)

    return client.run(reading())


async def _check_token(client: Client, access: Access, config: Config) -> tuple[Checkup, list[str]]:
    """Who the token belongs to, what it sees, and the names of the private repositories."""
    organization = config.organization
    try:
        result = await client.ask("checkup", org=organization, viewer=True)
    except CannotRead:  # the token belongs to no user, for which GitHub gives no data
        result = await client.ask("checkup", org=organization, viewer=False)
    found = result.data.get("organization") or {}
    hidden = found.get("hidden") or {}
    limit = result.data.get("rateLimit")
    headers = await in_thread(lambda: _headers(access))
    return Checkup(
        login=(result.data.get("viewer") or {}).get("login"),
        scopes=_scopes(headers.get("x-oauth-scopes")),
        expires_at=_expiry(headers.get("github-authentication-token-expiration")),
        limit=limit and Limit(limit["limit"], limit["remaining"], parse_instant(limit["resetAt"])),
        visible=(found.get("repositories") or {}).get("totalCount", 0),
        private=hidden.get("totalCount", 0),
    ), [node["name"] for node in hidden.get("nodes") or [] if node]


def _headers(access: Access) -> dict[str, Any]:
    """Headers of a response that costs no points; empty if the request fails."""
    try:
        _, headers, _ = access.requester().requestJson("GET", "/rate_limit")
    except (GithubException, RequestException):
        return {}
    return headers


def _scopes(header: str | None) -> tuple[str, ...] | None:
    if header is None:
        return None
    return tuple(sorted(scope.strip() for scope in header.split(",") if scope.strip()))


def _expiry(header: str | None) -> datetime | None:
    found = EXPIRY.fullmatch((header or "").strip())
    if found is None:
        return None
    day, time, offset = found.groups()
    return datetime.fromisoformat(f"{day}T{time}{offset or '+0000'}").astimezone(UTC)


async def _check_rights(
    client: Client, checkup: Checkup, private: list[str], tables: Tables, config: Config
) -> Checkup:
    """*checkup* with what is refused on one readable repository and on the unreadable ones."""
    repositories = tables.repositories
    is_unread = repositories["unreadable"].notna()
    names = sorted(repositories.loc[is_unread, "repository"])[:MOST_PROBES]
    unread = tuple(await asyncio.gather(*(_probe(client, config, name) for name in names)))
    read = _likeliest(tables, private, config)
    sample = next(iter(unread), None) if read is None else await _probe(client, config, read)
    refused = None if config.teams else await _teams_refused(client, config)
    return replace(checkup, sample=sample, unread=unread, teams_refused=refused)


def _likeliest(tables: Tables, private: list[str], config: Config) -> str | None:
    """A repository with commits to test rights on, preferably private and with deployments.

    And if runs of a workflow are deployments, preferably one where they are.

    A public repository proves little, because any token may read it.
    """
    repositories = tables.repositories[tables.repositories["unreadable"].isna()]
    deployed, hidden = set(tables.deployments["repository"]), set(private)
    filled = repositories.loc[~repositories["is_empty"], "repository"]
    names = [str(name) for name in filled]

    def place(name: str) -> tuple[bool, bool, bool, str]:
        is_of_workflow = _is_of_workflow(config, name)
        return (name not in hidden, not is_of_workflow, name not in deployed, name)

    return min(names, key=place, default=None)


def _is_of_workflow(config: Config, name: str) -> bool:
    """Whether runs of a workflow are deployments of a repository (D8)."""
    return any(one.source.kind == "workflow" for one in fitting_entries(config.sources, name))


async def _probe(client: Client, config: Config, name: str) -> Probe:
    """What GitHub refuses of a repository; names no right if it refuses the whole repository."""
    try:
        result = await client.ask("checkup_repository", owner=config.organization, name=name)
    except DoraError as wrong:
        return Probe(name, reason=wrong.what)
    paths = [error.get("path") or [] for error in result.errors]
    refused = {path[0] for path in paths if len(path) > 1}
    contents = result.data.get("contents") or {}
    if contents.get("isEmpty") is False and contents["defaultBranchRef"] is None:
        refused.add("contents")
    messages = dict.fromkeys(str(error.get("message", "")) for error in result.errors)
    rights = [right for right, part in PARTS.items() if part in refused]
    is_of_workflow = _is_of_workflow(config, name)
    if is_of_workflow:
        try:
            await RepositoryContext(client, config.organization, name).get(WORKFLOWS, page=1)
        except Forbidden as wrong:
            rights.append(ACTIONS)
            messages[wrong.reason] = None
        except DoraError as wrong:
            messages[wrong.what] = None
    return Probe(name, tuple(rights), "; ".join(messages), is_of_workflow)


async def _teams_refused(client: Client, config: Config) -> str | None:
    """Why the organization's teams cannot be read; None if they can."""
    try:
        result = await client.ask("checkup_teams", org=config.organization)
    except DoraError as wrong:
        return wrong.what
    return result.message or None
