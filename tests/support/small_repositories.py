"""Small repositories made by hand, and what `dora` and the oracle say failed in them.

A sha is spelt by its first digits: commit `b` is `bbbb…`. Instants are days after `SINCE`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.analysis.analysis import analyse
from dora.config import Config
from dora.config.settings import FailureSettings, IncidentSettings, ServiceSettings
from dora.demo.github.views import state_reason
from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    Organization,
    PullRequest,
    Repository,
    Status,
)
from dora.model.incident_texts import find_named
from dora.model.tables import INCIDENTS, LABELS, Tables, frame
from dora.model.tables import Incidents as IncidentRows
from dora.model.tables import Labels as LabelRows
from dora.report.build import report_of
from dora.report.build_evidence import build_evidence
from dora.report.report_json import as_document
from tests.oracle.evidence import expected_answers, place_of
from tests.oracle.settings import TIERS, Settings
from tests.support.oracle_settings import config_for, tables_for

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = datetime(2026, 3, 31, tzinfo=UTC)  # a window of thirty days
DAY = timedelta(days=1)
SECOND = 1 / 86_400  #: of a day
LOGIN = "org"
ALL = frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"})


# Builders


def day(days: float) -> datetime:
    """Instant so many days after the window's beginning."""
    return SINCE + timedelta(days=days)


def sha(name: str) -> str:
    """The forty digits that *name* begins and fills."""
    return (name * 40)[:40]


def commit(name: str, *parents: str, at: float = -30, message: str = "") -> Commit:
    """Make a commit of day *at*."""
    return Commit(sha(name), tuple(map(sha, parents)), day(at), day(at), message)


def line(names: str, **messages: str) -> list[Commit]:
    """Make a line of commits, one a letter, an hour apart; *messages* by name."""
    return [
        commit(
            name,
            *names[place - 1 : place] if place else (),
            at=-30 + place / 24,
            message=messages.get(name, ""),
        )
        for place, name in enumerate(names)
    ]


def deploy(
    number: int, name: str, at: float, *statuses: tuple[str, float], **other: Any
) -> Deployment:
    """Make a deployment of day *at* to production; it succeeds at once unless told otherwise."""
    told = tuple(Status(state, day(when)) for state, when in statuses or (("success", at),))
    environment = other.pop("environment", "production")
    return Deployment(number, sha(name), environment, day(at), told, **other)


def request(
    number: int, *names: str, labels: Sequence[str] = (), branch: str = "feature", at: float = -25
) -> PullRequest:
    """Make a request merged at day *at* as the commits *names*, the last its merge commit."""
    return PullRequest(
        number,
        day(at),
        merged_at=day(at),
        merge_commit_sha=sha(names[-1]),
        head_ref=branch,
        associated=tuple(map(sha, names)),
        labels=tuple(labels),
    )


def incident(
    number: int, opened: float, closed: float | None = None, *, body: str = "", labels: str = ""
) -> Issue:
    """Make an issue labelled `incident` (and *labels*, split at commas)."""
    further = tuple(label for label in labels.split(",") if label)
    ended = None if closed is None else day(closed)
    return Issue(number, "It burns", day(opened), ended, body, ("incident", *further))


def repository(
    commits: Sequence[Commit], *deployments: Deployment, name: str = "api", **other: Any
) -> Repository:
    """Make a repository whose head is the last of *commits*."""
    return Repository(
        name,
        database_id=1,
        created_at=day(-1000),
        head=commits[-1].sha if commits else None,
        commits={one.sha: one for one in commits},
        deployments=deployments,
        **other,
    )


# Asking


def configure(config: Config, settings: Settings) -> Config:
    """*config* with every setting that the oracle knows and `config_for` may leave out."""
    on = settings.signals
    failures = FailureSettings(
        status=settings.failures_status if "status" in on else "off",
        rollback="rollback" in on and settings.rollback,
        revert="revert" in on,
        hotfix="hotfix" in on,
        hotfix_labels=settings.hotfix_labels,
        hotfix_branches=settings.hotfix_branches,
        label="label" in on,
        labels=settings.failure_labels,
        tag="tag" in on,
        tags=settings.failure_tags,
        incident="incident" in on,
    )
    incidents = IncidentSettings(
        labels=settings.incident_labels,
        repositories=settings.incident_repositories,
        attribution=settings.attribution,
        dismissed=settings.dismissed,
    )
    services = ServiceSettings(source="none")
    if settings.services is not None:
        services = ServiceSettings(**asdict(settings.services))
    changed = {
        "failures": failures,
        "incidents": incidents,
        "services": services,
        "teams": dict(settings.teams),
    }
    return config.model_copy(update=changed)


def with_incidents(
    tables: Tables,
    organization: Organization,
    settings: Settings,
    further: Sequence[Sequence[object]],
) -> Tables:
    """*tables* with the issues that have one of the incident labels, whichever these are."""
    labels = {label.casefold() for label in settings.incident_labels}
    told = [
        (repository.name, issue)
        for repository in organization.repositories
        if not repository.forbidden
        for issue in repository.issues
        if not labels.isdisjoint(label.casefold() for label in issue.labels)
    ]
    incidents = [
        (name, one.number, f"{name}#{one.number}", None, one.created_at, one.closed_at,
         find_named(one.body), "", state_reason(one), None, None)
        for name, one in told
    ]  # fmt: skip
    labelled = [(name, one.number, label) for name, one in told for label in one.labels]
    labelled += [
        (repository.name, one.number, label)
        for repository in organization.repositories
        if not repository.forbidden
        for one in repository.pull_requests
        for label in one.labels
    ]
    return replace(
        tables,
        incidents=IncidentRows(frame(INCIDENTS, [*incidents, *further])),
        labels=LabelRows(frame(LABELS, labelled)),
    )


Document = dict[str, Any]


def ask(
    organization: Organization,
    asked: Mapping[str, Any],
    settings: Settings,
    further: Sequence[Sequence[object]] = (),
) -> tuple[Document, dict[str, list[Document]]]:
    """Report and evidence that `dora` makes of the organization's truth.

    *further* incidents are those of PagerDuty, as rows of the table.
    """
    tables = tables_for(organization, asked, settings)
    tables = with_incidents(tables, organization, settings, further)
    config = configure(config_for(organization, asked, settings), settings)
    analysis = analyse(tables, config)
    every = config.model_copy(update={"tier": ()})
    evidence = build_evidence(analysis, tables, every)
    told = {
        name: sorted(map(comparable_item, getattr(evidence, name)), key=place_of)
        for name in ("deployments", "changes", "episodes", "waiting")
    }
    return as_document(report_of(analysis, tables, config)), told


def comparable_item(item: Any) -> Document:
    """An item of the evidence as the oracle gives it: less addresses and authors."""
    fields: Document = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in vars(item).items()
        if name not in {"url", "author"}
    }
    if "reasons" in fields:
        reasons = sorted(fields["reasons"], key=lambda one: (one.signal, one.by))
        fields["reasons"] = [asdict(one) for one in reasons]
    return fields


# What is told


@dataclass(frozen=True)
class Told:
    """What a report and its evidence say of failures; instants in days."""

    #: failed deployment → why: (signal, from, to, what says so)
    failed: Mapping[int, Any] = field(default_factory=dict)
    #: (from, to, failed deployments)
    episodes: Sequence[tuple[float, float | None, Sequence[int]]] = field(default_factory=list)
    rework: Sequence[int] = field(default_factory=list)
    never_live: int = 0
    unattributed: int | None = 0


def told_of(report: Document, evidence: Mapping[str, list[Document]]) -> Told:
    """What *report* and *evidence* say."""
    deployments = evidence["deployments"]
    failed = {
        one["id"]: [
            (reason["signal"], days(reason["began_at"]), days(reason["ended_at"]), reason["by"])
            for reason in one["reasons"]
        ]
        for one in deployments
        if one["reasons"]
    }
    episodes = [
        ((one["began_at"] - SINCE) / DAY, days(one["ended_at"]), one["deployments"])
        for one in evidence["episodes"]
    ]
    return Told(
        failed,
        sorted(episodes, key=lambda one: (one[0], one[2])),
        sorted(one["id"] for one in deployments if one["rework"]),
        sum(row["change_fail_rate"]["never_live"] for row in report["rows"]),
        report["coverage"]["incidents"]["unattributed"],
    )


def days(at: datetime | None) -> float | None:
    """Days since the window's beginning."""
    return None if at is None else (at - SINCE) / DAY


Answers = tuple[Document, dict[str, list[Document]]]
Question = tuple[Organization, Mapping[str, Any], Settings]
Ask = Callable[[Organization, Mapping[str, Any], Settings], Answers]
#: What was asked last, by who answered.
_last: dict[Ask, tuple[Question, Answers]] = {}
#: What a report is asked, where settings have a field of that name, too.
QUESTIONS = {"tiers", "environments", "ephemeral"}


def ask_oracle(organization: Organization, asked: Mapping[str, Any], settings: Settings) -> Answers:
    """Report and evidence that the organization's truth must give."""
    return expected_answers(organization, settings=settings, **asked)


def answers(repositories: Sequence[Repository], by: Ask, other: Mapping[str, Any]) -> Answers:
    """Report and evidence of an organization of *repositories*, every signal on.

    The last answers are kept: a test that looks at the same ones twice asks once.
    """
    names = set(Settings.__dataclass_fields__) - QUESTIONS
    configured = {name: value for name, value in other.items() if name in names}
    asked = {name: value for name, value in other.items() if name not in {*names, "of_teams"}}
    if asked.get("by", "repository") in {"repository", "environment"}:
        asked = {"tiers": TIERS, **asked}
    settings = Settings(**{"signals": ALL, **configured})
    organization = Organization(LOGIN, UNTIL, tuple(repositories), other.get("of_teams", ()))
    question = organization, {"since": SINCE, "until": UNTIL, **asked}, settings
    if by not in _last or _last[by][0] != question:
        _last[by] = question, by(*question)
    return _last[by][1]


def tell(*repositories: Repository, by: Ask = ask, **other: Any) -> Told:
    """What is told of an organization of *repositories*, every signal on.

    *other* names settings in the oracle's words, what a report may be asked, and the
    organization's own teams (`of_teams`).
    """
    return told_of(*answers(repositories, by, other))


def check(expected: Told, *repositories: Repository, **other: Any) -> None:
    """Hold what `dora` tells, and what the oracle does, against what was worked out by hand."""
    assert expected == tell(*repositories, **other)
    assert expected == tell(*repositories, by=ask_oracle, **other)


def check_each(expected: Told, scenes: Sequence[Repository], **other: Any) -> None:
    """Hold *expected* against each of several repositories `api`, all in one organization.

    They are told apart by numbers behind their names, wherever a text of theirs says `api`.
    """
    numbered = [renamed(scene, f"api{place}") for place, scene in enumerate(scenes)]
    for by in (ask, ask_oracle):
        report, evidence = answers(numbered, by, other)
        for one in numbered:
            rows_of_one = [row for row in report["rows"] if row["key"]["repository"] == one.name]
            items = {
                name: [item for item in items if item["repository"] == one.name]
                for name, items in evidence.items()
            }
            told = told_of({**report, "rows": rows_of_one}, items)
            failed = {
                number: [(*why, called.replace(one.name, "api")) for *why, called in reasons]
                for number, reasons in told.failed.items()
            }
            unattributed = expected.unattributed
            assert (one, expected) == (
                one,
                replace(told, failed=failed, unattributed=unattributed),
            )
        total = (expected.unattributed or 0) * len(scenes)
        assert total == report["coverage"]["incidents"]["unattributed"]


def renamed(scene: Repository, name: str) -> Repository:
    """The repository under another name, which its texts use, too."""

    def said(text: str) -> str:
        return re.sub(r"(?i)(?<=/)api(?=[/#])(?!/v3/)", name, text)

    commits = {one.sha: replace(one, message=said(one.message)) for one in scene.commits.values()}
    issues = tuple(replace(one, body=said(one.body)) for one in scene.issues)
    return replace(scene, name=name, commits=commits, issues=issues)


def rows(*repositories: Repository, **other: Any) -> list[Document]:
    """Rows of the report that `dora` makes, and the oracle, too."""
    found: list[Document] = answers(repositories, ask, other)[0]["rows"]
    expected = answers(repositories, ask_oracle, other)[0]["rows"]
    assert [row["key"] for row in expected] == [row["key"] for row in found]
    return found


def coverage(*repositories: Repository, **other: Any) -> Document:
    """Coverage of the report that `dora` makes."""
    found: Document = answers(repositories, ask, other)[0]["coverage"]
    return found
