"""What a token was seen to be allowed, and what it was refused."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Limit:
    """The hourly budget of points, as it stood before anything was read."""

    limit: int
    remaining: int
    reset_at: datetime


@dataclass(frozen=True)
class Probe:
    """What of one repository the token was refused when each part was asked for by itself."""

    repository: str
    refused: tuple[str, ...] = ()
    """Among `RIGHTS`, and `ACTIONS`; none where the repository itself is refused."""
    reason: str = ""  #: GitHub's words, "" where it gave none
    is_of_workflow: bool = False  #: whether its workflows were asked for, as a source needs them


#: What is asked of a repository, each by itself.
RIGHTS = ("deployments", "contents", "pull requests", "issues")
#: What is asked only of repositories whose deployments are runs of a workflow (D8).
ACTIONS = "actions"


@dataclass(frozen=True)
class Checkup:
    """What GitHub said of the token; never the token."""

    login: str | None = None  #: whose it is
    scopes: tuple[str, ...] | None = None  #: of a classic token; None: GitHub tells of none
    expires_at: datetime | None = None
    limit: Limit | None = None  #: None where GitHub has none (an Enterprise Server may)
    visible: int = 0  #: repositories of the organization
    private: int = 0  #: private and internal ones among them
    sample: Probe | None = None  #: rather one that was read, rather a private one
    unread: tuple[Probe, ...] = ()  #: repositories that were not
    teams_refused: str | None = None  #: why the organization's teams cannot be read
    requests: int = 0  #: what reading everything a report needs took
    points: int = 0
