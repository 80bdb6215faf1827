"""An organization that needs every kind of query, and what may become of it while it is read."""

import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

import pytest

from dora.collect.github import client, page_size, request_queue
from dora.collect.github.batching import Query, load_query
from dora.demo.github.messages import Response
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from tests.support.github.faults import PartialError
from tests.support.random_organizations import (
    BUSY_COMMIT_GAPS,
    DAY,
    HOUR,
    LOGIN,
    NOW,
    STILL,
    Seeded,
    Size,
    build_repository,
)
from tests.support.runs import known_states

#: Seeds and deployments of repositories that between them need every kind of query.
RECIPES = ((18, 24), (40, 5), (25, 5), (54, 8), (3, 3), (11, 4))
#: A repository of several pages, and one that shares its requests.
BIG, SMALL = "service-1", "service-3"
#: Every kind of query that a report asks, and where what it asks for stands in the answer.
QUERIES = {
    "Repositories": "organization.repositories",
    "Incidents": "search",
    "Deployments": "repository.deployments",
    "Statuses": "node.statuses",
    "Tags": "repository.refs",
    "Commits": "repository.object.history",
    "Commit": "repository.object.parents",
    "Request": "repository.pullRequest",
    "Object": "repository.object",
}
OF_REPOSITORIES = [name for name in QUERIES if name not in {"Repositories", "Incidents"}]

Becomes = Callable[[Organization], Organization]


def service(number: int, seed: int, deployments: int) -> Repository:
    """A repository that began seventy days ago and was deployed so often since."""
    gaps = (DAY, 5 * HOUR, 2 * DAY, STILL, 9 * DAY)
    size = Size(
        deployments=deployments,
        issues=2,
        skewed=False,
        commit_gaps=BUSY_COMMIT_GAPS,
        deployment_gaps=gaps,
        ages=(70 * DAY,),
    )
    choices = Seeded(random.Random(seed))  # noqa: S311  # reproducible, not secret
    made = build_repository(choices, number, size)
    created_at = NOW - (1000 - number) * DAY
    return replace(made, archived_at=None, forbidden=False, created_at=created_at)


@cache
def organization(*recipes: tuple[int, int]) -> Organization:
    """A repository of each recipe: one of several pages, and small ones that share requests."""
    made = [service(number, *recipe) for number, recipe in enumerate(recipes or RECIPES, 1)]
    return known_states(Organization(LOGIN, NOW, tuple(made)))


@cache
def reverting() -> Organization:
    """An organization where a branch is named after the request that its revert takes back.

    That request was shipped before the window, and what shipped it is not read for itself.
    """
    days = (200, 100, 97, 96, 60, 20, 6)
    shas = [f"{number:040x}" for number in range(len(days))]
    made = zip(
        shas, ((), *((sha,) for sha in shas)), (NOW - day * DAY for day in days), strict=False
    )
    requests = [
        PullRequest(
            number,
            at - DAY,
            merged_at=at,
            closed_at=at,
            merge_commit_sha=sha,
            head_ref=branch,
            associated=(sha,),
        )
        for number, sha, at, branch in (
            (1, shas[1], NOW - 100 * DAY, "feature"),
            (2, shas[6], NOW - 6 * DAY, "revert-1-feature"),
        )
    ]
    filed = [
        Deployment(at, sha, "production", NOW - day * DAY, (Status("success", NOW - day * DAY),))
        for at, sha, day in zip(
            range(1, 7), (shas[0], shas[1], *shas[3:]), (150, 99, 95, 59, 19, 5), strict=True
        )
    ]
    web = Repository(
        "web",
        1,
        NOW - 900 * DAY,
        head=shas[-1],
        commits={sha: Commit(sha, parents, at, at) for sha, parents, at in made},
        pull_requests=tuple(requests),
        deployments=tuple(filed),
    )
    return Organization("acme", NOW, (web,))


@contextmanager
def small_pages(full: int = 5, small: int = 3) -> Iterator[None]:
    """Pages of *full* rows, shared up to *small*; one status, parent and request beside a node."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_size, "FULL_PAGE", full)
        patch.setattr(page_size, "FIRST_PAGE", small)
        patch.setattr(request_queue, "SMALL_PAGE", small)
        patch.setattr(request_queue, "FULL_SHARE", 4 * small)
        patch.setattr(client, "load_query", _tiny)
        yield


@cache
def _tiny(name: str) -> Query:
    text = load_query(name).text
    for whole in (
        "statuses(first: 30",
        "parents(first: 10",
        "associatedPullRequests(first: 2",
        'refs(refPrefix: "refs/tags/", first: 100',
    ):
        text = text.replace(whole, whole.rpartition(" ")[0] + " 1")
    return Query(name, text)


# -- What may become of it ----------------------------------------------------------------------


def altered(which: str, **values: Any) -> Becomes:
    """What gives a repository other *values*."""
    return lambda one: replace(
        one,
        repositories=tuple(
            replace(each, **values) if each.name == which else each for each in one.repositories
        ),
    )


def renamed(name: str) -> Becomes:
    """What gives a repository another name."""
    return altered(name, name=f"{name}-new", former_names=(name,))


def emptied(name: str) -> Becomes:
    """What takes all commits from a repository."""
    return altered(name, commits={}, head=None, pull_requests=(), tags=())


def deleted(name: str) -> Becomes:
    """What deletes a repository."""
    return lambda one: replace(
        one, repositories=tuple(each for each in one.repositories if each.name != name)
    )


def arriving(name: str) -> Becomes:
    """What brings a repository one more deployment each time."""
    numbers = count(1)

    def arrive(one: Organization) -> Organization:
        at = NOW + next(numbers) * timedelta(minutes=1)
        (old,) = (each for each in one.repositories if each.name == name)
        number, environment = 10**8 + int(at.timestamp()), old.deployments[-1].environment
        statuses = (Status("success", at + timedelta(seconds=1)),)
        new = Deployment(number, str(old.head), environment, at, statuses)
        return altered(name, deployments=(*old.deployments, new))(one)

    return arrive


@dataclass(frozen=True)
class Hole(PartialError):
    """A hole in good data, and an error that explains it, wherever the path leads to something.

    In a request for several repositories it is in what is said of the first of them.
    """

    message: str = "Lost."

    def change(self, answer: Response) -> Response:
        """The answer with the hole."""
        body = json.loads(answer.body)
        data = body.get("data") or {}
        first, *rest = self.path.split(".")
        steps: list[str | int] = [first if first in data else "r0"]
        steps += [int(step) if step.isdigit() else step for step in rest]
        *way, last = steps
        try:
            for step in way:
                data = data[step]
            found, data[last] = data[last], None
        except (LookupError, TypeError):
            return answer
        if found is None:
            return answer
        error = {"type": self.type, "path": steps, "message": self.message}
        body["errors"] = [*body.get("errors", ()), error]
        return replace(answer, body=json.dumps(body).encode())
