"""An organization made by hand and what the doctor finds in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck

from dora.analysis.analysis import analyse
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from dora.doctor.diagnose import diagnose
from dora.doctor.model import Diagnosis, Finding
from dora.model.token_rights import Checkup, Limit, Probe
from tests.support.examples import examples
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
LAW = examples(
    25,
    few=5,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
FINE = Checkup(
    login="ada",
    scopes=("read:org", "repo"),
    expires_at=NOW + 100 * DAY,
    limit=Limit(5000, 4999, NOW + HOUR),
    visible=3,
    private=2,
    sample=Probe("api"),
    requests=7,
    points=9,
)


def deployed(number: int, environment: str = "prod", **more: Any) -> Deployment:
    """A deployment *number* days ago; it succeeded after an hour, unless told otherwise."""
    at = NOW - number * DAY
    values = {"statuses": (Status("success", at + HOUR),), **more}
    return Deployment(1000 - number, sha(number), environment, at, **values)


def sha(number: int) -> str:
    """The commit made so many days ago."""
    return f"{number:040x}"


def repository(name: str, *deployments: Deployment, **more: Any) -> Repository:
    """A repository of a hundred commits in a row, one a day, and *deployments* of them."""
    commits = {
        sha(n): Commit(sha(n), (sha(n + 1),) if n < 99 else (), NOW - n * DAY, NOW - n * DAY)
        for n in range(99, -1, -1)
    }
    ordered = tuple(sorted(deployments, key=lambda one: one.id))
    values = {"head": sha(0), "commits": commits, **more}
    return Repository(name, len(name), NOW - 900 * DAY, deployments=ordered, **values)


def diagnosis_of(
    *repositories: Repository,
    checkup: Checkup = FINE,
    tables: dict[str, Any] | None = None,
    **options: Any,
) -> Diagnosis:
    """What the doctor finds in an organization of *repositories*; *tables* are changed so."""
    organization = Organization("acme", NOW, repositories)
    config = config_of(organization, **options)
    read = replace(tables_of(organization), **(tables or {}))
    return diagnose(checkup, read, analyse(read, config), config)


def found(check: str, *repositories: Repository, **more: Any) -> list[Finding]:
    """The findings of one check, without words on what to do."""
    own = [one for one in diagnosis_of(*repositories, **more).findings if one.check == check]
    assert all(one.severity == "ok" or (one.meaning and one.mend) for one in own)
    return [replace(one, meaning="", mend="") for one in own]


API = repository("api", deployed(9), deployed(5))
