"""Runs the collector against a stand-in over HTTP: tools of the tests here."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dora.collect.github.client import Client
from dora.collect.organization import collect, connect
from dora.config import Config, load_config
from dora.demo.github.server import TOKEN, Middleware, RequestRecord, Server, serve
from dora.demo.organization.model import Deployment, Organization
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.report_json import as_document

#: A directory without a `dora.toml`.
NOWHERE = Path(__file__).parent


@dataclass
class Told:
    """Progress that is remembered."""

    repositories: list[str] = field(default_factory=list)
    waited: list[tuple[datetime, str]] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    requests: int = 0

    def found(self, repositories: int) -> None:
        """Nothing to remember."""

    def read(self, repository: str) -> None:
        """Remember the repository."""
        self.repositories.append(repository)

    def requested(self, requests: int, remaining: int | None) -> None:  # noqa: ARG002  # as promised
        """Remember the number of requests sent."""
        self.requests = max(self.requests, requests)

    def waits(self, until: datetime, why: str) -> None:
        """Remember the wait."""
        self.waited.append((until, why))

    def warns(self, what: str) -> None:
        """Remember what went wrong."""
        self.warned.append(what)


@dataclass
class Reading:
    """One run of the collector: what it was asked to do, who asked for it, what came of it."""

    config: Config
    client: Client
    told: Told
    tables: Tables


def config_of(organization: Organization, **options: Any) -> Config:
    """The settings of a run at the organization's present; *options* as the command line's.

    Nothing is kept for another run unless asked to.
    """
    given = {"org": organization.login, "since": "90d", **options}
    given["collect"] = {"cache": False, **given.get("collect", {})}
    return load_config(given, now=organization.now, directory=NOWHERE)


def known_states(organization: Organization) -> Organization:
    """The organization without states that GitHub's schema does not know: none serves those."""
    repositories = tuple(
        replace(repository, deployments=tuple(_known(one) for one in repository.deployments))
        for repository in organization.repositories
    )
    return replace(organization, repositories=repositories)


def _known(deployment: Deployment) -> Deployment:
    statuses = tuple(
        replace(one, state="pending") if one.state == "a_state_of_tomorrow" else one
        for one in deployment.statuses
    )
    return replace(deployment, statuses=statuses)


def read_from(server: Server, config: Config, *, token: str = TOKEN) -> Reading:
    """Read the organization that *server* serves."""
    told = Told()
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": token}
    client = connect(config, variables, told)
    return Reading(config, client, told, collect(client, config, told))


@contextmanager
def reading(
    organization: Organization, *, middleware: Sequence[Middleware] = (), **options: Any
) -> Iterator[tuple[Reading, Server]]:
    """One run against a stand-in of its own."""
    with serve(organization, middleware=middleware) as server:
        yield read_from(server, config_of(organization, **options)), server


def document_of(tables: Tables, config: Config) -> dict[str, Any]:
    """The report without what differs from run to run; of a refusal only that there is one."""
    document = as_document(build_report(tables, config))
    del document["generated"], document["coverage"]["requests"]
    del document["coverage"]["incidents"]["not_found"]  # likewise
    for own in ("scope", "teams"):  # what the oracle does not tell
        document.pop(own, None)
    for one in document["coverage"]["repositories"]["unreadable"]:
        one["reason"] = "forbidden"
    return document


def nearly(expected: Any) -> Any:
    """A document that equals one whose floats differ by a billionth at most."""
    if isinstance(expected, dict):
        return {key: nearly(value) for key, value in expected.items()}
    if isinstance(expected, list):
        return [nearly(value) for value in expected]
    return pytest.approx(expected, rel=1e-9, abs=1e-9) if isinstance(expected, float) else expected


def query_of(record: RequestRecord) -> str:
    """Which of the collector's queries a request was."""
    return (record.operation or "").lower()


def asked_of(server: Server) -> Counter[tuple[str, str | None]]:
    """How often each query was asked of each repository (None for the organization).

    A request that several repositories share counts for each of them.
    """
    return Counter(
        (query_of(one), name) for one in server.requests for name in names_of(one.variables)
    )


def names_of(variables: Mapping[str, Any]) -> list[str | None]:
    """The repositories that a request is about; None where it is about none."""
    names = [value for key, value in variables.items() if re.fullmatch(r"name(_\d+)?", key)]
    return names or [None]
