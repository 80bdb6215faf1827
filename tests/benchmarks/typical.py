"""What an engineer writes in an afternoon to have DORA metrics: the script that `dora` is held to.

PyGithub's REST objects with its throttle off, eight threads, a request for each deployment's
statuses and one for each comparison of two deployed commits. In: an organization, a window. Out:
JSON, a row for each repository and environment.
"""

import argparse
import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any, NamedTuple

from github import Auth, Github
from github.Repository import Repository

THREADS = 8
LOOKBACK = timedelta(days=30)


class Deployed(NamedTuple):
    """A deployment that ended: when, of which commit, and whether it succeeded."""

    at: datetime
    sha: str
    succeeded: bool


class Window(NamedTuple):
    """The time the metrics are about."""

    since: datetime
    until: datetime


def read_deployments(repository: Repository, window: Window) -> dict[str, list[Deployed]]:
    """The deployments that ended, by environment, back to the look-back."""
    found: dict[str, list[Deployed]] = defaultdict(list)
    for deployment in repository.get_deployments():
        if deployment.created_at < window.since - LOOKBACK:
            break
        ends = {status.state: status.created_at for status in deployment.get_statuses()}
        succeeded = "success" in ends
        at = ends.get("success") or ends.get("failure") or ends.get("error")
        if at is not None and at < window.until:
            found[deployment.environment].append(Deployed(at, deployment.sha, succeeded))
    return found


def lead_times(
    repository: Repository, successes: list[Deployed], window: Window
) -> Iterator[float]:
    """Hours from each commit to the deployment that brought it, of deployments in the window."""
    for before, after in pairwise(successes):
        if after.at < window.since:
            continue
        for commit in repository.compare(before.sha, after.sha).commits:
            yield (after.at - commit.commit.author.date).total_seconds() / 3600


def measure(repository: Repository, window: Window) -> list[dict[str, Any]]:
    """The metrics of one repository, a row for each environment."""
    rows = []
    for environment, deployed in read_deployments(repository, window).items():
        successes = sorted(one for one in deployed if one.succeeded)
        ended = [one for one in deployed if one.at >= window.since]
        shipped = [one for one in successes if one.at >= window.since]
        hours = list(lead_times(repository, successes, window))
        rows.append(
            {
                "repository": repository.name,
                "environment": environment,
                "deployments": len(shipped),
                "per_week": len(shipped) / ((window.until - window.since) / timedelta(weeks=1)),
                "median_lead_time_hours": median(hours) if hours else None,
                "fail_rate": 1 - len(shipped) / len(ended) if ended else None,
            }
        )
    return rows


def main() -> None:
    """Measure every repository of the organization."""
    parser = argparse.ArgumentParser()
    parser.add_argument("organization")
    parser.add_argument("since", type=datetime.fromisoformat)
    parser.add_argument("until", type=datetime.fromisoformat)
    given = parser.parse_args()
    window = Window(given.since, given.until)
    github = Github(
        base_url=os.environ["GITHUB_API_URL"],
        auth=Auth.Token(os.environ["GITHUB_TOKEN"]),
        per_page=100,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    repositories = github.get_organization(given.organization).get_repos()
    with ThreadPoolExecutor(THREADS) as pool:
        rows = [
            row for some in pool.map(lambda one: measure(one, window), repositories) for row in some
        ]
    json.dump(rows, sys.stdout)


if __name__ == "__main__":
    main()
