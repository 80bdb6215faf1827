"""Says by its name whether a repository holds no product: incidents, or GitHub's own files."""

from dora.model.deploy_workflows import find_words
from dora.model.label_words import INCIDENT

#: Repositories that GitHub reads itself.
GITHUB_OWN = frozenset({".github", ".github-private"})
#: Words that may stand beside `incidents` in the name of a repository of incidents.
BESIDE = frozenset({
    "and", "issue", "issues", "live", "log", "logs", "of", "ops", "prod", "production",
    "report", "reports", "tracker", "tracking",
})  # fmt: skip

#: Names of repositories that usually hold texts and settings of people, not what is deployed.
TEXTS = frozenset({"docs", "doc", "documentation", "handbook", "wiki", "dotfiles"})


def is_tracker_name(name: str) -> bool:
    """Whether a repository's name says that incidents are filed there: `incidents`, `outage-log`.

    `incident-service` is a service.
    """
    words = {*find_words(name)}
    return bool(words & INCIDENT) and words <= INCIDENT | BESIDE


def holds_texts(name: str) -> bool:
    """Whether a repository of this name usually deploys nothing by merges: `docs`, `x.github.io`.

    One whose name merely has such a word in it, such as `docs-api`, may be a service.
    """
    folded = name.casefold()
    return folded in TEXTS or folded.endswith(".github.io")


def is_no_product(name: str) -> bool:
    """Whether nothing is deployed from a repository of this name."""
    return name.casefold() in GITHUB_OWN or is_tracker_name(name)
