"""An organization in, what the collector reads of it through HTTP out: tools of the tests here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dora.collect.client import Client
from dora.collect.organization import collect, connect
from dora.config import Config, load_config
from dora.demo.faults import Faults
from dora.demo.model import Organization
from dora.demo.server import TOKEN, Server, serve
from dora.render.document import as_document
from dora.report import build_report
from dora.tables import Tables
from tests.oracle.settings import Settings


@dataclass
class Told:
    """Progress that is remembered."""

    repositories: list[str] = field(default_factory=list)
    waits_: list[tuple[datetime, str]] = field(default_factory=list)
    requests: int = 0

    def found(self, repositories: int) -> None:
        """Nothing to remember."""

    def read(self, repository: str) -> None:
        """Remember the repository."""
        self.repositories.append(repository)

    def asked(self, requests: int, remaining: int | None) -> None:  # noqa: ARG002  # as promised
        """Remember how often GitHub was asked."""
        self.requests = max(self.requests, requests)

    def waits(self, until: datetime, why: str) -> None:
        """Remember the wait."""
        self.waits_.append((until, why))


@dataclass
class Reading:
    """One run of the collector: what it was asked to do, who asked for it, what came of it."""

    config: Config
    client: Client
    told: Told
    tables: Tables


def config_of(organization: Organization, **options: Any) -> Config:
    """The settings of a run at the organization's present; *options* as the command line's."""
    options = {key: _written(value) for key, value in options.items()}
    given = {"org": organization.login, **options}
    return load_config(given, now=organization.now, directory=Path("no such folder"))


def options_of(settings: Settings) -> dict[str, Any]:
    """The oracle's settings as the configuration spells them."""
    return {
        "lookback": settings.lookback,
        "stale_after": settings.stale_after,
        "environments": dict(settings.environments),
        "deployments": {"collapse": settings.collapse},
        "lead_time": {"start": settings.lead_time_start},
        "changes": {"exclude_authors": settings.exclude_authors},
        "failures": {"status": settings.failures_status, "rollback": settings.rollback},
        "collect": {"older_deployments": settings.lookback_budget},
    }


def options_asking(question: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the oracle as options of the command line."""
    names = {"tiers": "tier", "repositories": "repo", "environments": "environment"}
    return {names.get(key, key): value for key, value in question.items()}


def read_from(server: Server, config: Config, *, token: str = TOKEN) -> Reading:
    """Read the organization that *server* serves."""
    told = Told()
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": token}
    client = connect(config, variables, told)
    return Reading(config, client, told, collect(client, config, told))


@contextmanager
def reading(
    organization: Organization, *, faults: Faults | None = None, **options: Any
) -> Iterator[tuple[Reading, Server]]:
    """One run against a stand-in of its own."""
    with serve(organization, faults=faults) as server:
        yield read_from(server, config_of(organization, **options)), server


def document_of(tables: Tables, config: Config) -> dict[str, Any]:
    """The report without what differs from run to run, and without the reason of a refusal."""
    document = as_document(build_report(tables, config))
    del document["generated"], document["coverage"]["requests"]
    for one in document["coverage"]["repositories"]["unreadable"]:
        one["reason"] = "forbidden"
    return document


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
