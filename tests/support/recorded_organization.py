"""An organization made of what the real GitHub answered, as public recordings keep it.

`recorded_deployments.txt` has the deployments, `REQUESTS` the pull requests of `panjf2000/ants`.
Made up is how commits follow each other: in a line, each deployment's on the one before. So are the
releases of `ants`: each request is squashed, and live an hour after its merge.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    PullRequest,
    Repository,
    Status,
)

TABLE = Path(__file__).with_name("recorded_deployments.txt")
LOGIN = "recorded"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
SINCE = datetime(2018, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: Pull requests: number, opened and merged (seconds since 1970), and for each commit of its branch,
#: in GitHub's order, how many seconds after the opening it was authored.
REQUESTS = (
    (4, 1532506770, 1532572361, (22121,), "pre_allocate"),
    (23, 1548068295, 1548135694, (-52, 66800), "panichandler"),
    (30, 1554378768, 1556017918, (-36,), "patch-1"),
    (53, 1570436240, 1570640359, (-14981, -137680, 3600), "feature/loopQueue"),
    (114, 1602578257, 1602732956, (154087, 2000, 153000), "master"),
    (206, 1641636396, 1643597343, (-2417, -57911), "add_binarysearch_of_loop_q"),
    (210, 1643443284, 1644846700, (-1256,), "feat/instantly-scale-up-capacity"),
)


class Recorded(NamedTuple):
    """A line of the table: a deployment, and how long before it its commit was made."""

    repository: str
    deployment: Deployment
    committed_at: datetime


def instant(seconds: float) -> datetime:
    """The instant so many seconds after 1970 began."""
    return datetime.fromtimestamp(seconds, UTC)


def made_sha(*parts: object) -> str:
    """A sha of its own for whatever it is named after."""
    return hashlib.sha1(repr(parts).encode(), usedforsecurity=False).hexdigest()


def read_line(line: str) -> Recorded:
    """The deployment of one line."""
    name, number, created, before, environment, creator, ref, payload, *told = line.split()
    created_at = instant(int(created))
    statuses = []
    for one in told:
        event, _, log = one.partition("@")
        state, seconds = event.split("+")
        at = created_at + timedelta(seconds=int(seconds))
        address = log.replace("gh:", "https://github.com/") or None
        statuses.append(Status(state, at, address, creator=creator))
    deployment = Deployment(
        id=int(number),
        sha=made_sha(name, int(number)),
        environment=environment,
        created_at=created_at,
        statuses=tuple(statuses),
        ref=ref,
        payload={"null": None, '""': ""}.get(payload, payload),
        creator=creator,
    )
    return Recorded(name, deployment, created_at - timedelta(seconds=int(before)))


def line_of(commits: Sequence[tuple[str, datetime]]) -> dict[str, Commit]:
    """The commits, each on the one before."""
    shas = [sha for sha, _ in commits]
    return {
        sha: Commit(sha, tuple(shas[max(0, at - 1) : at]), moment, moment)
        for at, (sha, moment) in enumerate(commits)
    }


def recorded_repositories() -> list[Repository]:
    """The repositories of the table."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    read = [read_line(line) for line in lines if not line.startswith("#")]
    made = []
    for number, (name, rows) in enumerate(groupby(read, lambda one: one.repository), 900_000_001):
        own = list(rows)
        commits = line_of([(one.deployment.sha, one.committed_at) for one in own])
        deployments = tuple(one.deployment for one in own)
        head = deployments[-1].sha
        made.append(
            Repository(name, number, SINCE, head=head, commits=commits, deployments=deployments)
        )
    return made


def ants() -> Repository:
    """Seven squashed pull requests, and the releases that shipped them."""
    begun = made_sha("ants", 0)
    landed = [(made_sha("ants", one[0]), instant(one[2])) for one in REQUESTS]
    trunk = [(begun, SINCE + HOUR), *landed]
    commits = line_of(trunk)
    requests = []
    for at, (number, opened, merged, authored, branch) in enumerate(REQUESTS):
        parent, squash = trunk[at][0], made_sha("ants", number)
        own = [made_sha("ants", number, part) for part in range(len(authored))]
        for sha, before, seconds in zip(own, [parent, *own], authored, strict=False):
            moment = instant(opened + seconds)
            commits[sha] = Commit(sha, (before,), moment, moment)
        requests.append(
            PullRequest(
                number,
                instant(opened),
                merged_at=instant(merged),
                closed_at=instant(merged),
                merge_commit_sha=squash,
                base_ref="master",
                head_ref=branch,
                commits=tuple(own),
                associated=(*own, squash),
            )
        )
    releases = tuple(
        Deployment(
            3_881_430_000 + place,
            sha,
            "production",
            commits[sha].committed_at + HOUR,
            (Status("success", commits[sha].committed_at + HOUR, creator="panjf2000"),),
            creator="panjf2000",
        )
        for place, (sha, _) in enumerate(trunk)
    )
    return Repository(
        "ants",
        900_000_100,
        SINCE,
        default_branch="master",
        head=trunk[-1][0],
        commits=commits,
        pull_requests=tuple(requests),
        deployments=releases,
    )


def recorded_organization() -> Organization:
    """All of them."""
    return Organization(LOGIN, NOW, (*recorded_repositories(), ants()))
