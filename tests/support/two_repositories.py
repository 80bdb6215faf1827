"""The organization `acme` with two small repositories, `api` and `web`, deployed until today."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
#: A name that would give orders to a terminal.
HOSTILE = "prod\x1b]0;owned\x07\x1b[2J\u202e[bold]"


def repository(name: str, environment: str = "production", **more: Any) -> Repository:
    """A repository of four commits, deployed one by one, ten days apart."""
    shas = [f"{ord(name[0]):02x}{n:038x}" for n in range(4)]
    at = [NOW - (40 - 10 * n) * DAY for n in range(4)]
    commits = {
        sha: Commit(sha, tuple(shas[max(0, n - 1) : n]), at[n] - DAY, at[n] - DAY)
        for n, sha in enumerate(shas)
    }
    deployments = tuple(
        Deployment(
            100 * ord(name[0]) + n,
            sha,
            environment,
            at[n],
            (Status("success", at[n] + DAY / 24),),
        )
        for n, sha in enumerate(shas)
    )
    values = {"head": shas[-1], "commits": commits, "deployments": deployments, **more}
    return Repository(name, ord(name[0]), NOW - 900 * DAY, **values)


API, WEB = repository("api"), repository("web", "staging")
#: A repository that the token may not read.
VAULT = repository("vault", forbidden=True)
ACME = Organization("acme", NOW, (API, WEB))
