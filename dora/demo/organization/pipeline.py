"""Makes the deployments of one repository, with the statuses its pipelines report.

Their ids come last, because they grow with time over the whole organization. `supersede` applies
GitHub's `auto_inactive` once all are made.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dora.demo.organization.model import Deployment, Status

#: a state, after how many minutes since the creation, and what its status says
Step = tuple[str, float] | tuple[str, float, str]


@dataclass(frozen=True)
class Tool:
    """What files deployments: under which login, where its logs are, what payload it leaves.

    *log* is filled with the repository's page, the name of the environment, the numbers of the run
    and of the job, and the first digits of the commit. A tool that *tracks* leaves a payload of its
    own for each deployment, and says how far one that ended got: it is our own action.
    """

    creator: str
    log: str
    payload: str | None = "{}"
    tracks: bool = False

    def payload_of(self, run: int, job: int, stack: str) -> str | None:
        """The payload of one deployment, with the *stack* that it applies."""
        if not self.tracks:
            return self.payload
        own: dict[str, object] = {"stack": stack} if stack else {}
        own |= {"run_id": run, "run_attempt": 1, "key": f"{run}-1-{job:016x}", "dora": 1}
        return json.dumps(own)


ACTIONS = Tool("github-actions[bot]", "{page}/actions/runs/{run}/job/{job}")
#: as Actions were in 2022: the address is that of a check run
ACTIONS_2022 = Tool("github-actions[bot]", "{page}/runs/{job}?check_suite_focus=true", "")
TRACKED = Tool("github-actions[bot]", ACTIONS.log, tracks=True)
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
    description: str | None = None
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
            description=self.description,
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


def unchanged(minutes: float) -> tuple[Step, ...]:
    """The statuses of an apply that finds nothing to change."""
    return (("in_progress", 0.1), ("success", minutes, "nothing to change"))


def broke_off(minutes: float, *, begun: bool) -> tuple[Step, ...]:
    """The statuses of an apply that fails, or, where it had not *begun*, is cancelled before."""
    if begun:
        said = "phase apply failed; apply had begun: state may have changed"
        return (("in_progress", 0.1), ("failure", minutes, said))
    said = "phase plan was cancelled or broke off; apply had not begun: nothing has changed"
    return (("in_progress", 0.1), ("error", minutes, said))


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

    def failed(self, minutes: float, *, begun: bool | None = None) -> tuple[Step, ...]:
        """The statuses of a pipeline that fails; of applies that are tracked every third had begun.

        That holds unless *begun* says it.
        """
        if not self.tool.tracks:
            return went_wrong(minutes)
        had_begun = self._runs % 3 == 0 if begun is None else begun
        return broke_off(minutes, begun=had_begun)

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
        stack: str = "",
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
                description=said[0] if said else "",
            )
            for index, (state, minutes, *said) in enumerate(steps)
        ]
        draft = DeploymentDraft(
            sha,
            environment,
            at,
            statuses,
            payload=by.payload_of(number, job, stack),
            creator=by.creator,
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
