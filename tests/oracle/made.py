"""What a deployment of another source than GitHub's Deployments is, and their order (D8)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from dora.demo.organization.model import Deployment, Repository, Status
from tests.oracle.source_settings import Kind

WEB = "https://github.com"


@dataclass(frozen=True, kw_only=True)
class Made(Deployment):
    """A deployment with what it was taken from; *id* is a number that puts it in order."""

    source: Kind = "deployments"
    entry: int = 0  #: number of the entry, from 1; 0 where none fits the repository
    name: str = ""  #: its text id; none of GitHub's Deployments
    page: str = ""  #: its address; none of GitHub's Deployments


def called(deployment: Deployment) -> int | str:
    """Give the id that outputs show: a text, or the number of a GitHub Deployment."""
    return (deployment.name if isinstance(deployment, Made) else "") or deployment.id


def page_of(deployment: Deployment) -> str:
    """Give its page, empty of a GitHub Deployment."""
    return deployment.page if isinstance(deployment, Made) else ""


def source_of(deployment: Deployment) -> Kind:
    """Give the kind of its source."""
    return deployment.source if isinstance(deployment, Made) else "deployments"


def entry_of(deployment: Deployment) -> int:
    """Give the number of the entry that it was taken by."""
    return deployment.entry if isinstance(deployment, Made) else 0


@dataclass(frozen=True)
class Place:
    """Where deployments are looked for, and how far back."""

    owner: str
    repository: Repository
    horizon: datetime  #: beginning of the look-back (W3)
    until: datetime

    @property
    def site(self) -> str:
        """The repository's page."""
        return f"{WEB}/{self.owner}/{self.repository.name}"


def in_order_of_names(made: Iterable[Made]) -> list[Made]:
    """Deployments in the order of their ids: runs of digits compare as numbers."""
    return sorted(made, key=lambda one: natural(one.name))


def natural(name: str) -> tuple[tuple[tuple[str, int], ...], str]:
    """What puts *name* in order: texts and numbers by turns, then the whole."""
    parts = re.split("([0-9]+)", name)
    texts, numbers = parts[::2], [*map(int, parts[1::2]), -1]
    return tuple(zip(texts, numbers, strict=True)), name


def numbered(made: Sequence[Made]) -> list[Made]:
    """Give each a number below 0, the last the greatest: GitHub's ids are above."""
    return [replace(one, id=place - len(made)) for place, one in enumerate(made)]


def succeeded(
    source: Kind, named: str, *, sha: str, at: datetime, environment: str, ref: str, page: str
) -> Made:
    """Give what succeeded when it was made."""
    return Made(
        id=0,
        sha=sha,
        environment=environment,
        created_at=at,
        statuses=(Status("success", at),),
        ref=ref,
        task="",
        payload=None,
        creator="",
        source=source,
        name=f"{source}:{named}",
        page=page,
    )
