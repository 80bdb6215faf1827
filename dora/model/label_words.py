"""Says by its name what a label is likely to mean: an incident, a hotfix, a failed change."""

from dora.model.deploy_workflows import find_words

INCIDENT = frozenset({
    "incident", "incidents", "outage", "outages", "downtime", "postmortem", "postmortems",
})  # fmt: skip
HOTFIX = frozenset({
    "hotfix", "hotfixes",
})  # fmt: skip
#: Words that may stand beside the word that decides; any other may turn its meaning.
BESIDE = frozenset({
    "a", "category", "critical", "customer", "emergency", "facing", "high", "is", "issue",
    "kind", "live", "low", "major", "medium", "minor", "p", "prod", "production", "sev",
    "severity", "s", "type", "urgent", "user",
})  # fmt: skip
#: Pairs of words by which a request says that its change failed.
FAILED_CHANGES = (
    {"change", "failure"},
    {"failed", "change"},
    {"caused", "incident"},
    {"caused", "outage"},
)


def looks_like_incident(label: str) -> bool:
    """Whether issues with this label are likely to be incidents (F7): `Type: Incident`, `sev1`."""
    words = {*find_words(label)} - {"/"}
    is_severity = words == {"sev"} and any(letter.isdigit() for letter in label)
    return is_severity or (bool(words & INCIDENT) and words <= INCIDENT | BESIDE)


def looks_like_hotfix(label: str) -> bool:
    """Whether pull requests with this label are likely to be hotfixes (F4)."""
    words = {*find_words(label)} - {"/"}
    if words >= {"hot", "fix"}:
        words = (words - {"hot", "fix"}) | {"hotfix"}
    return bool(words & HOTFIX) and words <= HOTFIX | BESIDE


def looks_like_failed_change(label: str) -> bool:
    """Whether pull requests with this label are likely to have failed what shipped them (F5)."""
    return {*find_words(label)} in FAILED_CHANGES
