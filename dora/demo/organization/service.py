"""How one made-up repository is worked on, and the incidents that its team reports."""

from dataclasses import dataclass
from datetime import datetime

from dora.demo.organization.model import Issue
from dora.demo.organization.pipeline import ACTIONS, DeploymentDraft, Tool

SPAN_DAYS = 122  #: four months of routine

# What a usual change is made of.
PEOPLE = ("amara", "bjoern", "chitra", "diego", "elif", "farid", "grace", "hana", "ilya", "jun")
VERBS = ("Add", "Fix", "Cache", "Rename", "Validate", "Log", "Retry", "Split", "Speed up", "Test")
THINGS = (
    "appointment slots",
    "audit trail",
    "consent form",
    "export job",
    "insurance lookup",
    "lab result parser",
    "patient search",
    "retry policy",
    "session timeout",
    "terraform module",
)
WAYS = ("squash", "merge", "rebase")


@dataclass(frozen=True)
class Service:
    """How one repository is worked on; *merges* a week, *releases* a week, *fail_rate* of those."""

    name: str
    merges: float = 6.0
    releases: float = 5.0
    fail_rate: float = 0.1
    pace: float = 1.0  #: how long work and review take, against the usual
    ways: tuple[float, float, float] = (0.7, 0.2, 0.1)  #: squash, merge, rebase
    direct: float = 0.0
    production: tuple[str, ...] = ("prod",)  #: `prod#net` is a stack with a history of its own
    before: tuple[str, ...] = ("dev", "qa")
    flagged: bool = False  #: production_environment is true
    approval: bool = False
    preview: str = ""  #: pattern of its request environments
    tool: Tool = ACTIONS  #: what files its deployments
    preview_tool: Tool = ACTIONS  #: what files those of its request environments
    old_commits: int = 60
    start_days: int = SPAN_DAYS
    stop_days: int = 0  #: routine deployments end so long ago
    deploys: bool = True
    archived_days: int = 0  #: archived so long ago; 0 is not archived


@dataclass
class IssueDraft:
    """An incident; *about* is the deployment that its body names, by the *naming* of `frozen`."""

    title: str
    created_at: datetime
    closed_at: datetime | None = None
    about: DeploymentDraft | None = None
    naming: str = "id"
    labels: tuple[str, ...] = ("incident",)
    state_reason: str = "completed"

    def frozen(self, number: int, url: str, now: datetime) -> Issue:
        """The issue as GitHub holds it at *now*; *url* is the page of its repository.

        The deployment must have its id.
        """
        body = "Seen by the on-call engineer."
        if self.about is not None:
            api = url.replace("https://github.com/", "https://api.github.com/repos/")
            named = {
                "id": f"Deployment: {self.about.id}",
                "sha": f"Deployment: {self.about.sha}",
                "url": f"Deployment: {url}/deployments/{self.about.id}",
                "api": f"Deployment: {api}/deployments/{self.about.id}",
                "form": f"### Deployment\n\n{self.about.id}\n\n### What happened?",
            }[self.naming]
            body = f"{named}\n\n{body}"
        closed = self.closed_at if self.closed_at and self.closed_at <= now else None
        return Issue(
            number,
            self.title,
            self.created_at,
            closed,
            body,
            self.labels,
            state_reason=self.state_reason,
        )
