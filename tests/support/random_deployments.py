"""Made-up deployments: every order of statuses, run again, of stacks, refused, of nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from dora.demo.organization.model import Deployment, Status
from tests.support.random_choices import DAY, HOUR, LOGIN, MINUTE, NOW, STILL, Choices
from tests.support.random_commits import History

STATUS_GAPS = (MINUTE, STILL, HOUR, MINUTE, STILL, HOUR, 3 * DAY, 29 * DAY, 40 * DAY)

STATUSES = (
    ("success",),
    ("in_progress", "success"),
    ("success", "inactive"),
    ("queued", "waiting", "queued", "in_progress", "success", "inactive"),
    ("failure",),
    ("in_progress", "error"),
    ("success", "failure"),
    ("failure", "success"),
    ("success", "success", "inactive"),
    ("success", "failure", "success"),
    ("error", "success", "failure"),
    ("failure", "inactive"),
    ("success", "inactive", "success", "inactive"),
    ("inactive",),
    ("pending", "inactive", "in_progress"),
    ("in_progress",),
    ("a_state_of_tomorrow", "success"),
    (),
    ("waiting", "failure"),
    ("queued", "waiting", "error", "inactive"),
    ("waiting", "in_progress", "waiting", "failure"),
    ("waiting", "a_state_of_tomorrow", "failure"),
    ("waiting", "failure", "success"),
)
#: what statuses say: nothing, and the fixed words of our own action
SAID = (
    "", "", "", "", "", "Nothing to do",
    "phase plan was cancelled; apply had not begun: nothing has changed",
    "phase apply failed; apply had begun: state may have changed",
    "Its runner was gone",
    "Applied: nothing to change",
)  # fmt: skip

#: spellings of one name each
ENVIRONMENTS = (
    ("production", "Production", "PRODUCTION"),
    ("staging", "Staging"),
    ("prod-eu", "Prod-EU"),
    ("production/api", "production/API"),
    ("pr-12", "PR-12"),
    ("preview/x",),
    ("non-prod", "Non-Prod"),
    ("pre-live", "prelive"),
    ("live2", "LIVE2"),
    ("product-search",),
    ("qa", "QA"),
    ("Dev", "dev"),
    ("a<b>&\"'|`$(x)%s{{y}}\\", "A<b>&\"'|`$(x)%s{{y}}\\"),
    (" production ",),
    ("uvd-prød",),
    ("*", "?"),
    ("shop (Preview)", "shop (preview)"),
    ("pr7-production",),
    ("pr-production",),
    ("Review-12/live", "review-12/live"),
)

TASKS = ("deploy", "rollback", "deploy:migrations")
PAYLOADS = (
    "{}",
    '{"rollback": true}',
    '"{\\"rollback\\": true}"',
    '{"rollback": "true"}',
    '{"rollback": 1}',
    '{"deep": {"rollback": true}, "service": "billing"}',
    "not json",
    '""',
    "",
    "null",
    None,
    "[true]",
    '{"dora": 1, "stack": "net"}',
    '{"dora": 1, "service": "web", "stack": "net"}',
    '{"run_id": 7, "run_attempt": 1, "key": "7-1-0", "stack": "db"}',
    '{"dora": true, "stack": "db"}',
)
REFS = ("main", "refs/pull/7/merge")
CREATORS = ("github-actions[bot]", "Argo-CD[bot]", "ada")
DESCRIPTIONS = (None, "Dry run", "")


@dataclass
class Deployer:
    """What deploys one repository: its deployments while they are made."""

    choices: Choices
    name: str
    number: int
    history: History
    environments: Sequence[Sequence[str]]
    run: int = 0
    attempts: dict[int, int] = field(default_factory=dict)  #: the latest of each run
    made: list[Deployment] = field(default_factory=list)

    def sha(self) -> str:
        """Give the commit to deploy: rather the newest, or an old, a loose or an unknown one."""
        history = self.history
        newest_first = history.line[::-1]
        newest = newest_first[0]
        kind = self.choices.pick(("newest", "again", "older", "loose", "unknown", "any", "branch"))
        if kind == "unknown":
            return f"{self.choices.whole(1, 2):040x}"
        options = {
            "again": [self.made[-1].sha if self.made else newest],
            "older": newest_first[:8],
            "loose": [*history.picked[::-1], *history.loose[::-1], newest],
            "branch": [*history.heads[::-1], newest],
            "any": list(history.commits),
        }
        return self.choices.pick(options.get(kind, [newest]))

    def log_url(self) -> str | None:
        """Give the address of the present run's log, in one of GitHub's forms, or another's."""
        site = f"https://github.com/{LOGIN}/{self.name}"
        run = f"{site}/actions/runs/{self.run}"
        return self.choices.pick(
            (
                None,
                f"{run}/job/{len(self.made)}",
                f"{run}/attempts/{self.attempts[self.run]}",
                f"{run}/job/{len(self.made)}",
                f"{site}/runs/{self.run}?check_suite_focus=true",
            )
        )

    def statuses(self) -> tuple[Status, ...]:
        """Give the statuses of a deployment created now, those after the present left out."""
        at = self.history.clock
        said = self.choices.pick(SAID)
        statuses = []
        for state in self.choices.pick(STATUSES):
            at += self.choices.pick(STATUS_GAPS)
            if at < NOW:
                statuses.append(Status(state, at, self.log_url(), description=said))
        return tuple(statuses)

    def payload(self) -> str | None:
        """Give a payload; now and then it says which attempt of the run filed it."""
        attempt = self.attempts[self.run]
        told = json.dumps({"run_attempt": attempt, "rollback": attempt == 3})
        options: tuple[str | None, ...] = (*(PAYLOADS[:1] * 4), told, *PAYLOADS)
        return self.choices.pick(options)

    def begin(self) -> None:
        """Go on to a new run, to the next job of the last one, or to a run that is run again."""
        kind = self.choices.pick(("new", "new", "job", "again", "earlier again"))
        gap = self.choices.pick(self.history.size.gaps_at(self.history.clock))
        if kind == "new" or not self.made:
            self.run = 1 + max(self.attempts, default=0)
        elif kind == "job":
            gap = STILL
        elif kind == "earlier again":
            self.run = self.choices.pick(list(self.attempts)[::-1])
        if kind == "again":
            gap = self.choices.pick((HOUR, STILL, MINUTE, 15 * MINUTE, 16 * MINUTE))
        elif kind == "job" and self.made:
            gap = self.choices.pick((STILL, MINUTE))
        self.history.clock += gap
        is_same = kind == "job" and bool(self.made)
        self.attempts[self.run] = self.attempts.get(self.run, 0) + (not is_same)

    def deploy(self) -> None:
        """File one deployment; a job of the same run may have filed the last one."""
        self.begin()
        if self.history.clock >= NOW:
            return
        spellings = self.choices.pick(self.environments)
        self.made.append(
            Deployment(
                id=self.number * 1_000_000 + len(self.made) + 1,
                sha=self.sha(),
                environment=self.choices.pick(spellings),
                created_at=self.history.clock,
                statuses=self.statuses(),
                task=self.choices.pick((TASKS[0], TASKS[0], TASKS[0], *TASKS)),
                payload=self.payload(),
                ref=self.choices.pick(REFS),
                creator=self.choices.pick(CREATORS),
                description=self.choices.pick(DESCRIPTIONS),
            )
        )
