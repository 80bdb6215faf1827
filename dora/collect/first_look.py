"""Takes a first look at an organization: which things can be deployments, repository by repository.

A page of each kind is asked for, several repositories in one request; of GitHub Actions, which
only REST tells of, the workflows of the repositories whose Deployments do not already say enough,
and a page of runs of the workflows that deploy by their name.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC
from math import ceil
from typing import Any

from dora.collect.github import page_size
from dora.collect.github.client import Client
from dora.collect.github.rest import RestQuery
from dora.collect.records import ListedRepository
from dora.collect.repositories import list_repositories
from dora.collect.repository.context import RepositoryContext, find
from dora.collect.repository.deployment_record import parse_instant
from dora.config import Config
from dora.config.globs import compile_globs
from dora.errors import CannotRead, DoraError
from dora.model.deploy_workflows import find_deploy_word
from dora.model.first_look import (
    FirstLook,
    LookCost,
    RepositoryLook,
    SeenDeployment,
    SeenPage,
    SeenRelease,
    SeenRequest,
    SeenRun,
    SeenTag,
    SeenWorkflow,
)
from dora.model.label_words import looks_like_incident
from dora.model.seen_deployments import has_production

#: Rows of each kind that are asked for; pages of four repositories share a request.
ROWS = 50
#: Connections of the query: a request for a hundred of them costs a point.
CONNECTIONS = 7
#: Requests beside those about repositories: teams and incidents.
BESIDE = 2
#: Workflows of one repository whose runs are asked for.
MOST_CANDIDATES = 5
#: Repositories of which Actions were refused, and none allowed, before no more are asked.
MOST_REFUSED = 3

#: A page of a repository's workflows.
WORKFLOWS = RestQuery("REST workflows", "/repos/{owner}/{name}/actions/workflows", ("page",))
#: A page of the runs of a workflow on a branch, newest first.
BRANCH_RUNS = RestQuery(
    "REST runs of a branch",
    "/repos/{owner}/{name}/actions/workflows/{id}/runs",
    ("branch", "created", "page"),
)


def look_at(
    client: Client,
    config: Config,
    names: Iterable[str] | None = None,
    *,
    most: int | None = None,
    says: Callable[[LookCost], None] | None = None,
) -> FirstLook:
    """What can be deployments in the repositories of these *names*, or in all that are chosen.

    Of more than *most* repositories only those with the newest commits are asked about. Teams and
    incidents are looked at with all repositories alone.
    *says* is told the cost once the repositories are listed. A repository that cannot be read has
    the reason; CannotRead, NoAccess, CannotReach or RateLimited are raised if not even the list
    of repositories could be read.
    """
    return client.run(_Look(client, config, says).run(names, most))


def estimate_look(client: Client, config: Config) -> LookCost:
    """What a first look costs at most: only the repositories are listed."""

    async def estimating() -> LookCost:
        look = _Look(client, config)
        await look.list_all(None)
        return look.cost()

    return client.run(estimating())


@dataclass
class _Look:
    """What has been seen so far."""

    client: Client
    config: Config
    says: Callable[[LookCost], None] | None = None
    archived: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    asked: list[ListedRepository] = field(default_factory=list)
    _refused: list[str] = field(default_factory=list)  #: why Actions may not be read
    _has_actions: bool = False

    async def run(self, names: Iterable[str] | None, most: int | None) -> FirstLook:
        """Look at everything, many repositories at a time."""
        await self.list_all(names)
        if most is not None:
            self.asked.sort(key=_age, reverse=True)
            self.others += [one.name for one in self.asked[most:]]
            del self.asked[most:]
        if self.says is not None:
            self.says(self.cost())
        is_whole = names is None and most is None
        teams = asyncio.create_task(self._teams() if is_whole else _no_teams())
        self.client.progress.found(len(self.asked))
        try:
            seen = await asyncio.gather(*(self._see(one) for one in self.asked))
            incidents = await self._incidents(seen) if is_whole else {}
            named = await teams
        finally:
            teams.cancel()
        return FirstLook(
            self.config.organization,
            tuple(sorted(seen, key=lambda one: one.name.casefold())),
            archived=tuple(sorted(self.archived)),
            empty=tuple(sorted(self.empty)),
            others=tuple(sorted(self.others)),
            incidents=incidents,
            teams=named,
            actions_refused=next(iter(self._refused), None),
            requests=self.client.requests,
            points=self.client.points,
        )

    async def list_all(self, names: Iterable[str] | None) -> None:
        """List the repositories, and tell those apart that are asked about."""
        chosen = compile_globs(self.config.repo or ("*",)).fullmatch
        wanted = None if names is None else {name.casefold() for name in names}
        listing = list_repositories(self.client, self.config.organization)
        async with aclosing(listing) as repositories:
            async for listed in repositories:
                name = listed.name
                if wanted is not None and name.casefold() not in wanted:
                    self.others.append(name)
                elif listed.archived_at is not None:
                    self.archived.append(name)
                elif listed.is_empty:
                    self.empty.append(name)
                elif wanted is None and chosen(name) is None:
                    self.others.append(name)
                else:
                    self.asked.append(listed)

    def cost(self) -> LookCost:
        """What looking at the listed repositories costs at most."""
        start = self.config.lookback_start
        silent = sum(
            one.newest_deployment_at is None or one.newest_deployment_at < start
            for one in self.asked
        )
        asked = len(self.asked)
        queries = ceil(asked * ROWS / page_size.FULL_SHARE) + BESIDE
        return LookCost(
            listed=asked + len(self.archived) + len(self.empty) + len(self.others),
            asked=asked,
            queries=queries,
            rest=asked + silent,
            points=max(queries, ceil(asked * CONNECTIONS / page_size.FULL_PAGE) + BESIDE),
        )

    # -- a repository ---------------------------------------------------------------------------

    async def _see(self, listed: ListedRepository) -> RepositoryLook:
        context = RepositoryContext(self.client, self.config.organization, listed.name)
        try:
            result = await context.ask("look", rows=ROWS)
            look = read_look(listed.name, find(result, "repository"))
            if not has_production(look, self.config):
                look = replace(look, workflows=await self._workflows(context, look))
        except DoraError as wrong:
            look = RepositoryLook(listed.name, unreadable=listed.unreadable or wrong.what)
        self.client.progress.read(listed.name)
        return look

    async def _workflows(
        self, context: RepositoryContext, look: RepositoryLook
    ) -> tuple[SeenWorkflow, ...] | None:
        """The workflows that deploy by their name, with their runs; None where refused."""
        if not look.branch or (len(self._refused) >= MOST_REFUSED and not self._has_actions):
            return None
        try:
            answer = await context.get(WORKFLOWS, page=1)
            listed = (answer or {}).get("workflows") or []
            self._has_actions = True
            candidates = [one for one in listed if _is_candidate(one)][:MOST_CANDIDATES]
            return tuple(
                await asyncio.gather(*(self._runs(context, look.branch, one) for one in candidates))
            )
        except DoraError as wrong:
            self._refused.append(wrong.what)
            return None

    async def _runs(
        self, context: RepositoryContext, branch: str, workflow: dict[str, Any]
    ) -> SeenWorkflow:
        since = self.config.window.since.astimezone(UTC)
        answer = await context.get(
            BRANCH_RUNS,
            id=workflow["id"],
            branch=branch,
            created=f">={since:%Y-%m-%dT%H:%M:%SZ}",
            page=1,
        )
        found = answer or {}
        runs = tuple(
            SeenRun(str(one.get("event") or ""), one.get("conclusion"))
            for one in found.get("workflow_runs") or []
        )
        total = int(found.get("total_count") or 0)
        page = SeenPage(runs, total > len(runs))
        return SeenWorkflow(str(workflow["name"]), _file(workflow), runs=page, total=total)

    # -- the organization -----------------------------------------------------------------------

    async def _incidents(self, seen: Iterable[RepositoryLook]) -> dict[str, int]:
        """Issues of the look-back and window with a label like an incident's, by repository."""
        labels = sorted({one for look in seen for one in look.labels if looks_like_incident(one)})
        if not labels:
            return {}
        start = self.config.lookback_start.astimezone(UTC)
        named = ",".join('"{}"'.format(one.replace('"', "")) for one in labels)
        words = f"org:{self.config.organization} is:issue label:{named} created:>={start:%Y-%m-%d}"
        try:
            result = await self.client.ask("incident_places", search=words)
            nodes = find(result, "search")["nodes"]
        except CannotRead:
            return {}
        return dict(Counter(one["repository"]["name"] for one in nodes if one))

    async def _teams(self) -> tuple[str, ...] | None:
        try:
            result = await self.client.ask("team_names", org=self.config.organization)
            nodes = find(result, "organization", "teams")["nodes"]
        except DoraError:
            return None
        return tuple(sorted(one["name"] for one in nodes if one))


async def _no_teams() -> None:
    """Nothing, where teams are not asked for."""


def _age(listed: ListedRepository) -> float:
    return listed.head_at.timestamp() if listed.head_at is not None else 0.0


def _is_candidate(workflow: dict[str, Any]) -> bool:
    is_active = workflow.get("state") == "active"
    return is_active and find_deploy_word(str(workflow["name"]), _file(workflow)) is not None


def _file(workflow: dict[str, Any]) -> str:
    return str(workflow.get("path") or "").rpartition("/")[2]


# -- reading one answer -------------------------------------------------------------------------


def read_look(name: str, node: dict[str, Any]) -> RepositoryLook:
    """What the query about one repository tells."""
    branch = node.get("defaultBranchRef") or {}
    history = (branch.get("target") or {}).get("history")
    return RepositoryLook(
        name=name,
        branch=branch.get("name") or "",
        is_fork=bool(node.get("isFork")),
        deployments=_page(node.get("deployments"), _deployment),
        releases=_page(node.get("releases"), _release),
        tags=_page(node.get("refs"), _tag),
        commits=_page(history, lambda one: parse_instant(one["committedDate"])),
        requests=_page(node.get("pullRequests"), _request),
        labels=tuple(one["name"] for one in (node.get("labels") or {}).get("nodes") or [] if one),
    )


def _page(
    connection: dict[str, Any] | None, read: Callable[[dict[str, Any]], Any]
) -> SeenPage[Any]:
    """The rows of a connection; what *read* gives None for is left out."""
    if not connection:
        return SeenPage()
    rows = [read(one) for one in connection["nodes"] or [] if one]
    return SeenPage(
        tuple(one for one in rows if one is not None), bool(connection["pageInfo"]["hasNextPage"])
    )


def _deployment(node: dict[str, Any]) -> SeenDeployment:
    return SeenDeployment(
        environment=node["environment"] or "",
        created_at=parse_instant(node["createdAt"]),
        state=node["state"] or "",
        task=node["task"] or "",
        creator=(node["creator"] or {}).get("login") or "",
        description=node["description"] or "",
        payload=node["payload"],
    )


def _release(node: dict[str, Any]) -> SeenRelease | None:
    if node["isDraft"] or not node["publishedAt"]:
        return None
    return SeenRelease(node["tagName"], parse_instant(node["publishedAt"]), node["isPrerelease"])


def _tag(node: dict[str, Any]) -> SeenTag:
    target = node["target"] or {}
    own = (target.get("tagger") or {}).get("date") or target.get("committedDate")
    at = own or (target.get("target") or {}).get("committedDate")
    return SeenTag(node["name"], at and parse_instant(at))


def _request(node: dict[str, Any]) -> SeenRequest:
    return SeenRequest(parse_instant(node["mergedAt"]), node["baseRefName"], node["headRefName"])
