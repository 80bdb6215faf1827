"""Made-up organizations for laws: small ones that Hypothesis shrinks, large ones from a seed.

Both come from the same builder, which asks a source of choices.
"""

import random
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from dora.demo.organization.model import Issue, Organization, Repository, Tag, Team
from tests.oracle.settings import TIERS, Exclude, Settings
from tests.support.random_choices import (
    BUSY_COMMIT_GAPS,
    BUSY_DEPLOYMENT_GAPS,
    DAY,
    HOUR,
    LOGIN,
    MINUTE,
    NOW,
    QUICK_GAPS,
    SLOW_GAPS,
    SPAN,
    STILL,
    Choices,
    Drawn,
    Seeded,
    Size,
    repeat,
)
from tests.support.random_commits import LABELS, History
from tests.support.random_deployments import ENVIRONMENTS, Deployer

__all__ = [
    "BUSY_COMMIT_GAPS",
    "BUSY_DEPLOYMENT_GAPS",
    "DAY",
    "HOUR",
    "LABELS",
    "LOGIN",
    "MINUTE",
    "NOW",
    "STILL",
    "Seeded",
    "Size",
    "build_organization",
    "build_repository",
    "configurations",
    "instants_of",
    "organizations",
    "questions",
    "random_organization",
    "turning_organization",
    "views",
    "windows",
]

#: how the body of an incident names a deployment
NAMED = (
    "What a day.\ndeployment: {} \nBye.",
    "### Service\n\nweb\n\n### Deployment\n\n{}\n\n### More\n\n_No response_",
    "**Deployment:** `{}`",
    "- Deployment: [{}](https://example.org/it)",
    "> Deployment: <{}>",
    "| Deployment | {} |",
)
#: bodies that name none
UNNAMED = (
    "What a day.",
    "### Deployment\n\n_No response_\n\n### More\n\nNothing",
    "The deployment: 1",
)
#: labels that narrow an incident
NARROWING = (
    (),
    (),
    ("environment:Production",),
    ("Service: net",),
    ("service:web", "environment:prod-eu", "environment: LIVE2"),
)
REASONS = ("completed", "completed", "not_planned", "duplicate")


def body_of(choices: Choices, deployer: Deployer) -> str:
    """Give the body of an issue: it names a recent deployment, or none."""
    named = ""
    if deployer.made:
        made = deployer.made[-1 - choices.whole(0, min(5, len(deployer.made) - 1))]
        site = f"https://github.com/{LOGIN}/{deployer.name}/deployments"
        other = "HTTPS://API.GitHub.com/repos/MEDICA-flow/" + deployer.name.upper() + "/deployments"
        named = choices.pick(
            ("", str(made.id), f"{site}/{made.id}", made.sha[:7], "nonsense", f"{other}/{made.id}")
        )
    return choices.pick(NAMED).format(named) if named else choices.pick(UNNAMED)


def build_issues(choices: Choices, deployer: Deployer, most: int) -> tuple[Issue, ...]:
    """Make issues, most of them incidents, some naming a deployment."""
    issues = []
    for number in repeat(choices, most):
        at = [one.created_at for one in deployer.made[-6:]] or [NOW - 20 * DAY, NOW - 60 * DAY]
        opened = choices.pick(at[::-1]) + choices.pick((HOUR, STILL, DAY, 7 * DAY, 8 * DAY))
        closed = choices.pick((opened + HOUR, None, opened + 3 * DAY, opened))
        is_closed = closed is not None and closed < NOW
        body, narrowing = body_of(choices, deployer), choices.pick(NARROWING)
        labels = choices.pick((("incident",), ("Incident", "bug"), ("bug",), ()))
        reason = choices.pick(REASONS)
        if opened < NOW:
            issues.append(
                Issue(
                    number=1000 + number,
                    title="It burns",
                    created_at=opened,
                    closed_at=closed if is_closed else None,
                    body=body,
                    labels=(*labels, *narrowing),
                    state_reason=reason if is_closed else "completed",
                )
            )
    return tuple(issues)


def build_tags(choices: Choices, deployer: Deployer) -> tuple[Tag, ...]:
    """Make tags, lightweight and annotated, rather of what was deployed lately."""
    commits = list(deployer.history.commits)
    lately = [one.sha for one in deployer.made[-9:] if one.sha in deployer.history.commits]
    return tuple(
        Tag(
            f"{choices.pick(('failed/', 'v', 'rollback/'))}{number}",
            choices.pick([*choices.pick((lately[::-1], [])), *commits]),
            choices.pick((None, NOW - 10 * DAY, NOW - 200 * DAY)),
        )
        for number in range(choices.whole(0, 3))
    )


def build_repository(choices: Choices, number: int, size: Size) -> Repository:
    """Make one repository; now and then an empty, archived or forbidden one."""
    name = f"service-{number}"
    fate = choices.pick(("read",) * 8 + ("empty", "archived", "forbidden"))
    history = History(choices, number, size, NOW - choices.pick(size.ages))
    environments = [choices.pick(ENVIRONMENTS) for _ in range(choices.whole(1, 3))]
    deployer = Deployer(choices, name, number, history, environments)
    if fate != "empty":
        history.step()
        for _ in repeat(choices, size.deployments):
            if history.clock < NOW:
                for _ in range(choices.whole(0, 2)):
                    history.step()
                deployer.deploy()
    archived_at = NOW - choices.pick((5 * DAY, 60 * DAY)) if fate == "archived" else None
    return Repository(
        name=name,
        database_id=number,
        created_at=NOW - 2 * SPAN,
        head=history.tip,
        commits=history.commits,
        pull_requests=tuple(history.requests),
        deployments=tuple(deployer.made),
        issues=build_issues(choices, deployer, size.issues),
        tags=build_tags(choices, deployer) if history.commits else (),
        archived_at=archived_at,
        forbidden=fate == "forbidden",
    )


def build_organization(choices: Choices, repositories: int, size: Size) -> Organization:
    """Make an organization of so many repositories and two teams."""
    made = tuple(build_repository(choices, 1 + number, size) for number in range(repositories))
    teams = tuple(
        Team(
            slug,
            slug.title(),
            {
                repository.name: choices.pick(("maintain", "admin", "push", "pull"))
                for repository in made
                if choices.pick((True, False))
            },
        )
        for slug in ("cardiology", "radiology")
    )
    return Organization(LOGIN, NOW, made, teams)


@st.composite
def organizations(
    draw: st.DrawFn,
    *,
    repositories: int = 3,
    deployments: int = 10,
    issues: int = 1,
    skewed: bool | None = None,
    hidden: bool = False,
) -> Organization:
    """Small organizations of up to so many of each; *skewed*: wrong clocks (None: now and then).

    *hidden* are picks that reading GitHub cannot follow.
    """
    choices = Drawn(draw)
    wrong = choices.pick((False, False, True)) if skewed is None else skewed
    size = Size(deployments, issues, wrong, hidden=hidden)
    return build_organization(choices, choices.whole(1, repositories), size)


def random_organization(
    seed: int,
    *,
    repositories: int = 3,
    deployments: int = 150,
    issues: int = 5,
    skewed: bool = False,
    hidden: bool = False,
) -> Organization:
    """Give a larger organization, always the same for one *seed*.

    *hidden* are picks that reading GitHub cannot follow.
    """
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    paces = (BUSY_COMMIT_GAPS, BUSY_DEPLOYMENT_GAPS, (SPAN, 200 * DAY))
    size = Size(deployments, issues, skewed, *paces, hidden=hidden)
    return build_organization(choices, repositories, size)


def turning_organization(seed: int) -> Organization:
    """Give one whose teams deploy much more often, or much less, from ninety days ago on."""
    choices = Seeded(random.Random(seed))  # noqa: S311 - reproducible, not secret
    paces = (SLOW_GAPS, QUICK_GAPS)[:: 1 if seed % 2 else -1]
    turn = (NOW - 90 * DAY, paces[1])
    size = Size(150, 5, False, BUSY_COMMIT_GAPS, paces[0], (200 * DAY,), turn=turn)  # noqa: FBT003
    return build_organization(choices, 3, size)


def instants_of(organization: Organization) -> list[datetime]:
    """Every instant at which something was deployed or merged, newest first."""
    instants = {NOW}
    for repository in organization.repositories:
        for deployment in repository.deployments:
            instants |= {deployment.created_at, *(one.created_at for one in deployment.statuses)}
        instants |= {one.merged_at for one in repository.pull_requests if one.merged_at}
    return sorted((at for at in instants if at <= NOW), reverse=True)


@st.composite
def windows(draw: st.DrawFn, organization: Organization) -> dict[str, Any]:
    """`since` and `until` of a window, often exactly at an instant of the organization's."""
    until = NOW - draw(st.sampled_from((STILL, DAY, 13 * HOUR, 45 * DAY)))
    if draw(st.sampled_from((False, False, True))):
        until = draw(st.sampled_from(instants_of(organization)))
    lengths = (90 * DAY, 30 * DAY, 60 * DAY, 7 * DAY, 200 * DAY, 37 * HOUR)
    since = until - draw(st.sampled_from(lengths))
    earlier = [at for at in instants_of(organization) if at < until]
    if draw(st.booleans()) and earlier:
        since = draw(st.sampled_from(earlier))
    return {"since": since, "until": until}


def questions() -> st.SearchStrategy[dict[str, Any]]:
    """Arguments of a report besides its window and its settings."""
    return st.fixed_dictionaries(
        {
            "timezone": st.sampled_from(("UTC", "America/New_York", "Asia/Kolkata")),
            "by": st.sampled_from(("repository", "environment", "organization")),
            "tiers": st.sampled_from((None, TIERS, ("production",), ("staging", "other"))),
            "repositories": st.sampled_from(((), ("service-1",), ("SERVICE-?",), ("*2", "*3"))),
            "environments": st.sampled_from(((), ("prod*",), ("*", "x"), ("p?*", "Staging"))),
            "ephemeral": st.booleans(),
            "benchmark": st.sampled_from(
                ("2025", "2023", "quick-check", "2022", "2021", "2019", "none")
            ),
        }
    )


def views() -> st.SearchStrategy[dict[str, Any]]:
    """What may stand beside the rows: parts of the window, and the window before."""
    sizes = st.sampled_from((None, "week", "month", "day"))
    return st.fixed_dictionaries({"trend": sizes, "compare": st.booleans()})


MAPPINGS = (
    (),
    (("prod*", "production"),),
    (("*staging*", False), ("P*", "Production"), ("*", "rest")),
    (("pr-*", "review-1"), ("preview*", False)),
)


EPHEMERAL = ((), ("qa", "*eu", "!pr-12"), ("!*preview*",))
#: plans of requests and second Apps
EXCLUDED: tuple[tuple[Exclude, ...], ...] = (
    (),
    ((("ref", ("refs/pull/*",)), ("task", ("deploy", "*:migrations"))),),
    ((("creator", ("argo-cd",)),), (("description", ("dry*",)), ("environment", ("Prod*", "qa")))),
    ((("creator", ("ADA",)), ("description", ("",))),),
)


def configurations() -> st.SearchStrategy[Settings]:
    """Settings with a few of their values changed."""
    return st.builds(
        Settings,
        lookback=st.sampled_from((30 * DAY, STILL, DAY, 90 * DAY)),
        lookback_budget=st.sampled_from((5000, 0, 1, 3)),
        stale_after=st.sampled_from((DAY, HOUR, 60 * DAY)),
        environments=st.sampled_from(MAPPINGS),
        ephemeral=st.sampled_from(EPHEMERAL),
        collapse=st.sampled_from(("none", "run")),
        exclude=st.sampled_from(EXCLUDED),
        lead_time_start=st.sampled_from(("first_commit", "authored", "committed", "merged")),
        exclude_authors=st.sampled_from(((), ("*[bot]",), ("ADA", "g*"))),
        failures_status=st.sampled_from(("any", "live", "off")),
        rollback=st.sampled_from((True, False)),
    )
