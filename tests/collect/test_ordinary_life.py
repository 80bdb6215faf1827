"""Re-runs, services and applies of nothing are read as the analysis judges them (W3, D3, D6)."""

from dataclasses import replace
from typing import Literal

import pytest

from dora.demo.github.server import serve
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from tests.collect.test_organization import QUARTER, every_signal, expected, pages_of
from tests.oracle.settings import Services, Settings
from tests.support.oracle_settings import config_for
from tests.support.random_organizations import DAY, MINUTE, NOW
from tests.support.runs import document_of, read_from
from tests.support.small_repositories import configure

RUN = "https://github.com/acme/api/actions/runs/"
SETTINGS = Settings(collapse="run", services=Services("task", "(?P<service>[a-z]+)"))


def sha(number: int) -> str:
    """The commit made so many days ago; a branch of its own leaves the line below 1000."""
    return f"{number:040x}"


def line(branches: dict[int, int]) -> dict[str, Commit]:
    """A commit a day for 200 days; *branches* are further ones, each with its parent."""
    made = [(n, n + 1 if n < 200 else None, n) for n in range(200, 0, -1)]
    made += [(1000 + at, parent, at) for at, parent in branches.items()]
    return {
        sha(n): Commit(
            sha(n), () if parent is None else (sha(parent),), NOW - days * DAY, NOW - days * DAY
        )
        for n, parent, days in made
    }


def job(
    number: int,
    commit: int,
    days: float,
    run: int,
    state: str = "success",
    *,
    task: str = "api",
    description: str = "",
) -> Deployment:
    """A job of a workflow run that ends after ten minutes."""
    at = NOW - days * DAY
    ended = Status(state, at + 10 * MINUTE, f"{RUN}{run}/job/{number}", description=description)
    begun = Status("in_progress", at + MINUTE, f"{RUN}{run}/job/{number}")
    return Deployment(number, sha(commit), "production", at, (begun, ended), task=task)


CASES = {
    # What was live before the window is known by a re-run alone, older than the look-back.
    "an earlier success that ran again": [
        job(1, 190, 180, 1),
        job(2, 140, 130, 2, "failure"),
        job(3, 140, 130 - 1 / 24, 2),
        job(4, 100, 95, 3, "error"),
        job(5, 30, 20, 4),
    ],
    # One run deploys two services: what fails is one of them.
    "two services in a run": [
        job(1, 150, 140, 1),
        job(2, 150, 140, 1, task="web"),
        job(3, 60, 50, 2),
        job(4, 60, 50, 2, "failure", task="web"),
        job(5, 60, 49, 2, task="web"),
        job(6, 20, 10, 3),
    ],
    # What went back is seen past an apply of nothing on a branch of its own.
    "a rollback past nothing": [
        job(1, 150, 140, 1),
        job(2, 60, 50, 2),
        job(3, 1040, 35, 3, description="nothing to change"),
        job(4, 70, 30, 4),
        job(5, 1025, 20, 5, description="Nothing to change"),
        job(6, 15, 10, 6),
    ],
    # An apply of nothing is all that came before the window, and receives most of what is in it.
    "received by nothing": [
        job(1, 150, 140, 1, description="nothing to change"),
        job(2, 30, 25, 2, description="nothing to change"),
        job(3, 28, 20, 3),
        job(4, 10, 5, 4, description="nothing to change"),
    ],
}


@pytest.mark.parametrize("size", [2, 7])
@pytest.mark.parametrize("collapse", ["none", "run"])
def test_what_is_read_is_enough(size: int, collapse: Literal["none", "run"]) -> None:
    """W3: pages of any size give the report that the truth gives, with joined runs and without."""
    repositories = tuple(
        Repository(
            f"api-{number}", number, NOW - 900 * DAY, head=sha(1), deployments=tuple(deployments),
            commits=line({40: 45, 25: 45}),
        )
        for number, deployments in enumerate(CASES.values(), start=1)
    )  # fmt: skip
    organization = Organization("acme", NOW, repositories)
    settings = every_signal(replace(SETTINGS, collapse=collapse))
    config = configure(config_for(organization, QUARTER, settings), settings)
    with pages_of(size, tiny_lists=False), serve(organization) as server:
        found = document_of(read_from(server, config).tables, config)
    assert expected(organization, QUARTER, settings) == found
    counted = found["coverage"]["deployments"]["unchanged"]
    assert 4 == counted
