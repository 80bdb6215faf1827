"""Small repositories of ordinary life, and what the oracle says of them; instants in hours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Organization,
    Repository,
    Status,
)
from tests.oracle.evidence import expected_answers
from tests.oracle.settings import Settings

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
ALL = frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"})
HOUR = 3600.0
RUNS = "https://github.com/acme/api/actions/runs"
OURS = '{{"dora": 1, "stack": "{}"}}'


def hour(hours: float) -> datetime:
    """Instant so many hours after the beginning; the window is hours 240 to 720."""
    return BEGIN + timedelta(hours=hours)


def commits(*told: tuple[str, str, float], **messages: str) -> dict[str, Commit]:
    """Commits as (sha, parents, hour), a sha a letter; *messages* by sha."""
    made = [
        Commit(sha(name), tuple(map(sha, parents)), hour(at), hour(at), messages.get(name, ""))
        for name, parents, at in told
    ]
    return {one.sha: one for one in made}


def sha(letter: str) -> str:
    """Forty digits of one letter."""
    return letter * 40


def deploy(number: int, letter: str, at: float, *statuses: Any, **other: Any) -> Deployment:
    """Make a deployment to production; statuses are (state, hour, description, log address)."""
    told = [(*one, "", None)[: 4 if len(one) < 3 else 5] for one in statuses or (("success", at),)]
    made = tuple(Status(one[0], hour(one[1]), description=one[2], log_url=one[3]) for one in told)
    environment = other.pop("environment", "production")
    return Deployment(number, sha(letter), environment, hour(at), made, **other)


def repository(known: dict[str, Commit], *deployments: Deployment, **other: Any) -> Repository:
    """Make a repository whose head is the last of its commits."""
    head = other.pop("head", list(known)[-1] if known else None)
    name = other.pop("name", "api")
    return Repository(
        name, 1, hour(-9999), head=head, commits=known, deployments=deployments, **other
    )


def ask(*repositories: Repository, **asked: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and evidence of hours 240 to 720, every signal on; *asked* names settings, too."""
    fields = set(Settings.__dataclass_fields__) - {"environments", "tiers", "ephemeral"}
    configured = {name: asked.pop(name) for name in fields & set(asked)}
    if "spared" in asked:
        configured["ephemeral"] = asked.pop("spared")
    if "mapped" in asked:
        configured["environments"] = asked.pop("mapped")
    settings = Settings(**{"signals": ALL, **configured})
    organization = Organization("acme", hour(720), repositories)
    asked |= {"since": hour(240), "until": hour(720)}
    return expected_answers(organization, settings=settings, **asked)


def row(*repositories: Repository, **asked: Any) -> dict[str, Any]:
    """The only row."""
    (only,) = ask(*repositories, **asked)[0]["rows"]
    assert isinstance(only, dict)
    return only


def summary(one: dict[str, Any]) -> tuple[Any, ...]:
    """Deployments, failed, finished, rework, hours down and changes of a row."""
    recovery = one["recovery_time"]["mean"]
    return (
        one["deployment_frequency"]["deployments"],
        one["change_fail_rate"]["failed"],
        one["change_fail_rate"]["deployments"],
        one["rework_rate"]["rework"],
        None if recovery is None else recovery / HOUR,
        one["change_lead_time"]["changes"],
    )


def counted(report: dict[str, Any], *names: str) -> tuple[int, ...]:
    """What coverage counts of deployments under *names*."""
    return tuple(report["coverage"]["deployments"][name] for name in names)


LINE = commits(("a", "", 0), ("b", "a", 249), ("c", "b", 290))
