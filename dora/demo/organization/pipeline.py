"""Makes the deployments of one repository, with the statuses its pipelines report.

Their ids come last, because they grow with time over the whole organization. `supersede` applies
GitHub's `auto_inactive` once all are made.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dora.demo.organization.model import Deployment, Status

Step = tuple[str, float]  #: a state, and after how many minutes since the creation


@dataclass(frozen=True)
class Tool:
    """What files deployments: under which login, where its logs are, what payload it leaves.

    *log* is filled with the repository's page, the name of the environment, the numbers of the run
    and of the job, and the first digits of the commit.
    """

    creator: str
    log: str
    payload: str | None = "{}"


ACTIONS = Tool("github-actions[bot]", "{page}/actions/runs/{run}/job/{job}")
#: as Actions were in 2022: the address is that of a check run
ACTIONS_2022 = Tool("github-actions[bot]", "{page}/runs/{job}?check_suite_focus=true", "")
PAGES = Tool("github-pages[bot]", "{page}/actions/runs/{run}/job/{job}", "")
VERCEL = Tool("vercel[bot]", "https://patient-portal-{commit}-medica-flow.vercel.app", None)
BUILDKITE = Tool("buildkite[bot]", "https://buildkite.com/medica-flow/deploy/builds/{run}#{job}")
ARGO_CD = Tool("chitra", "https://argocd.medica-flow.example/applications/{environment}", None)


@dataclass
class DeploymentDraft:
    """A deployment that has no id yet."""

    sha: str
    environment: str
    created_at: datetime
    statuses: list[Status]
    ref: str = "main"
    task: str = "deploy"
    payload: str | None = "{}"
    creator: str = "github-actions[bot]"
    production_environment: bool = False
    transient_environment: bool = False
    id: int = 0

    @property
    def succeeded_at(self) -> datetime | None:
        """When it first succeeded."""
        moments = [one.created_at for one in self.statuses if one.state == "success"]
        return min(moments, default=None)

    def frozen(self) -> Deployment:
        """The deployment as GitHub holds it."""
        return Deployment(
            id=self.id,
            sha=self.sha,
            environment=self.environment,
            created_at=self.created_at,
            statuses=tuple(self.statuses),
            ref=self.ref,
            task=self.task,
            payload=self.payload,
            creator=self.creator,
            production_environment=self.production_environment,
            transient_environment=self.transient_environment,
        )


def went_well(minutes: float) -> tuple[Step, ...]:
    """The statuses of a pipeline that succeeds after so many minutes."""
    return (("queued", 0.05), ("in_progress", 0.4), ("success", minutes))


def went_wrong(minutes: float) -> tuple[Step, ...]:
    """The statuses of a pipeline that fails after so many minutes."""
    return (("queued", 0.05), ("in_progress", 0.4), ("failure", minutes))


def approved(waited: float, minutes: float) -> tuple[Step, ...]:
    """The statuses of a pipeline that waits for an approval first (both in minutes)."""
    return (
        ("waiting", 0.05),
        ("queued", waited),
        ("in_progress", waited + 0.3),
        ("success", waited + minutes),
    )


@dataclass
class Pipeline:
    """The deployments of one repository; *url* is its page, *tool* what usually files them."""

    url: str
    tool: Tool = ACTIONS
    drafts: list[DeploymentDraft] = field(default_factory=list)
    _runs: int = 0

    def next_run(self) -> int:
        """The number of a new workflow run."""
        self._runs += 1
        return 7_000_000_000 + 4_321 * self._runs

    def deploy(
        self,
        environment: str,
        sha: str,
        at: datetime,
        steps: Sequence[Step],
        *,
        run: int | None = None,
        job: int = 1,
        renamed: str | None = None,
        tool: Tool | None = None,
        **more: Any,
    ) -> DeploymentDraft:
        """File a deployment; the status of its last step may rename the environment."""
        number, by = run or self.next_run(), tool or self.tool
        log = by.log.format(
            page=self.url,
            environment=environment,
            run=number,
            job=number * 3 + job,
            commit=sha[:9],
        )
        statuses = [
            Status(
                state,
                at + timedelta(seconds=round(minutes * 60)),
                log,
                renamed if index == len(steps) - 1 else None,
                creator=by.creator,
            )
            for index, (state, minutes) in enumerate(steps)
        ]
        draft = DeploymentDraft(
            sha, environment, at, statuses, payload=by.payload, creator=by.creator
        )
        for name, value in more.items():
            setattr(draft, name, value)
        self.drafts.append(draft)
        return draft


def cut(drafts: Sequence[DeploymentDraft], now: datetime) -> list[DeploymentDraft]:
    """The deployments that exist *now*, with those of their statuses that do."""
    found = [draft for draft in drafts if draft.created_at <= now]
    for draft in found:
        draft.statuses = [one for one in draft.statuses if one.created_at <= now]
    return found


def supersede(drafts: Sequence[DeploymentDraft]) -> None:
    """Apply `auto_inactive`: a success turns the earlier ones of its environment `inactive`.

    GitHub spares transient environments and those flagged as production.
    """
    by_environment: dict[str, list[DeploymentDraft]] = defaultdict(list)
    for draft in drafts:
        if not draft.transient_environment and not draft.production_environment:
            by_environment[draft.environment.casefold()].append(draft)
    for same in by_environment.values():
        moments = sorted(
            ((draft.succeeded_at, at) for at, draft in enumerate(same) if draft.succeeded_at),
            key=lambda pair: (pair[0], pair[1]),
        )
        active: list[DeploymentDraft] = []
        for moment, at in moments:
            for earlier in active:
                if earlier.statuses[-1].state == "success":
                    log = earlier.statuses[-1].log_url
                    second = moment + timedelta(seconds=1)
                    made = Status("inactive", second, log, creator=earlier.creator)
                    earlier.statuses.append(made)
            active = [same[at]]
