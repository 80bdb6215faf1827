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
from datetime import UTC, timedelta
from math import ceil
from typing import Any

from dora.collect.github import page_size
from dora.collect.github.client import Client
from dora.collect.github.rest import RestQuery
from dora.collect.look_rows import file_of, read_look, read_workflow
from dora.collect.records import ListedRepository
from dora.collect.repositories import list_repositories
from dora.collect.repository.context import RepositoryContext, find
from dora.config import Config
from dora.config.globs import compile_globs
from dora.errors import DoraError
from dora.model.deploy_workflows import DEPLOYING, find_deploy_word
from dora.model.first_look import FirstLook, LookCost, RepositoryLook, SeenWorkflow
from dora.model.label_words import looks_like_incident
from dora.model.seen_deployments import has_production

#: Rows of each kind that are asked for; pages of four repositories share a request.
ROWS = 50
#: Connections of the query: a request for a hundred of them costs a point.
CONNECTIONS = 8
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
    _one_by_one: asyncio.Lock = field(default_factory=asyncio.Lock)

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
        """What a look costs at most, what the list of the repositories took included."""
        start = self.config.lookback_start
        silent = sum(
            one.newest_deployment_at is None or one.newest_deployment_at < start
            for one in self.asked
        )
        asked = len(self.asked)
        listing = self.client.requests
        queries = ceil(asked * ROWS / page_size.FULL_SHARE) + BESIDE + listing
        points = ceil(asked * CONNECTIONS / page_size.FULL_PAGE) + BESIDE + self.client.points
        return LookCost(
            listed=asked + len(self.archived) + len(self.empty) + len(self.others),
            asked=asked,
            queries=queries,
            rest=asked + silent,
            most_rest=asked * (1 + MOST_CANDIDATES),
            points=max(queries, points),
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
        """The workflows that are turned on; None where refused.

        Those that deploy by their name have their runs.
        """
        listed = await self._list_in_turn(context) if look.branch else None
        if listed is None:
            return None
        candidates = _candidates(listed)
        runs = (self._runs(context, look.branch, one) for one in candidates)
        others = [
            read_workflow(one, None)
            for one in listed
            if one not in candidates and one.get("state") == "active"
        ]
        try:
            return (*await asyncio.gather(*runs), *others)
        except DoraError as wrong:
            self._refused.append(wrong.what)
            return None

    async def _list_in_turn(self, context: RepositoryContext) -> list[dict[str, Any]] | None:
        """The same as `_list_workflows`, in turn until it is known whether they may be read."""
        if not self._has_actions:
            async with self._one_by_one:
                if not self._has_actions:
                    return await self._list_workflows(context)
        return await self._list_workflows(context)

    async def _list_workflows(self, context: RepositoryContext) -> list[dict[str, Any]] | None:
        """A page of a repository's workflows; None where they may not be read."""
        if len(self._refused) >= MOST_REFUSED and not self._has_actions:
            return None
        try:
            answer = await context.get(WORKFLOWS, page=1)
        except DoraError as wrong:
            self._refused.append(wrong.what)
            return None
        self._has_actions = True
        return (answer or {}).get("workflows") or []

    async def _runs(
        self, context: RepositoryContext, branch: str, workflow: dict[str, Any]
    ) -> SeenWorkflow:
        window = self.config.window
        last = window.until - timedelta(microseconds=1)  # GitHub gives what is of that second, too
        since, last = window.since.astimezone(UTC), last.astimezone(UTC)
        answer = await context.get(
            BRANCH_RUNS,
            id=workflow["id"],
            branch=branch,
            created=f"{since:%Y-%m-%dT%H:%M:%SZ}..{last:%Y-%m-%dT%H:%M:%SZ}",
            page=1,
        )
        return read_workflow(workflow, answer or {})

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
        except DoraError:
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


def _candidates(workflows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The workflows that deploy by their name and are turned on, the clearest names first."""
    words = [(find_deploy_word(str(one["name"]), file_of(one)), one) for one in workflows]
    found = [
        (DEPLOYING.index(word), one)
        for word, one in words
        if word is not None and one.get("state") == "active"
    ]
    return [one for _, one in sorted(found, key=lambda pair: pair[0])][:MOST_CANDIDATES]
