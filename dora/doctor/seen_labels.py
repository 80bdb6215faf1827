"""Proposes by the labels that were seen which issues are incidents, and which requests hotfixes."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from dora.config.settings import FailureSettings, IncidentSettings
from dora.doctor.source_groups import SourceGroup
from dora.doctor.toml_lines import comment, list_line, named, paragraph
from dora.doctor.tracker_names import is_tracker_name
from dora.model.first_look import FirstLook
from dora.model.label_words import (
    looks_like_failed_change,
    looks_like_hotfix,
    looks_like_incident,
)

#: Incidents that must be known before most of them in one place say that they are filed there.
FEWEST = 3
#: How the head branch of a hotfix begins, beside `hotfix/`.
HOTFIX_BEGINNINGS = ("hotfix-", "hotfix_", "hot-fix/")


def find_labels(look: FirstLook, is_meant: Callable[[str], bool]) -> tuple[str, ...]:
    """The labels that are meant, each once whatever its case, those of most repositories first."""
    seen = [label for one in look.repositories for label in one.labels if is_meant(label)]
    counts = Counter(label.casefold() for label in seen)
    spellings = {label.casefold(): label for label in sorted(seen, reverse=True)}
    return tuple(spellings[key] for key in sorted(counts, key=lambda one: (-counts[one], one)))


def find_trackers(look: FirstLook, groups: Sequence[SourceGroup]) -> tuple[str, ...]:
    """Repositories where the incidents of others are filed: by name, or by most of the incidents.

    One that deploys by itself is not, however many incidents it has.
    """
    deploys = {
        name for one in groups if one.kind not in {"", "merges"} for name in one.repositories
    }
    total = sum(look.incidents.values())
    holding = {
        name
        for name, count in look.incidents.items()
        if total >= FEWEST and 2 * count > total and name not in deploys
    }
    seen = {one.name for one in look.repositories}
    by_name = {name for name in seen - deploys if is_tracker_name(name)}
    return tuple(sorted(by_name | (holding & seen), key=str.casefold))


def incident_lines(look: FirstLook, groups: Sequence[SourceGroup]) -> str:
    """The table `[incidents]`: labels and central repositories, with what was seen of them."""
    labels = find_labels(look, looks_like_incident)
    trackers = find_trackers(look, groups)
    told = [f"{name}: {count}" for name, count in sorted(look.incidents.items())]
    table = comment("[incidents]") if not (labels or trackers) else "[incidents]"
    lines = [
        comment(
            "-- Incidents --",
            "",
            "An issue with one of these labels marks the deployment that was live when it opened",
            "as failed.",
            *(paragraph(f"Issues with them: {named(told, 12)}.") if told else []),
            *(
                []
                if labels
                else ["No label looks like an incident's: name yours, if there is one."]
            ),
        ),
        table,
    ]
    default = IncidentSettings().labels
    lines.append(list_line("labels", labels) if labels else f"# {list_line('labels', default)}")
    if trackers:
        lines.append(comment("Repositories where incidents of the others are filed."))
        lines.append(list_line("repositories", trackers))
    return "\n".join(lines)


def failure_lines(look: FirstLook) -> str:
    """The table `[failures]`: labels and branches of hotfixes, labels of failed changes."""
    default = FailureSettings()
    hotfixes = find_labels(look, looks_like_hotfix)
    failed = find_labels(look, looks_like_failed_change)
    heads = [request.head for one in look.repositories for request in one.requests.rows]
    beginnings = [one for one in HOTFIX_BEGINNINGS if _any_begins(heads, one)]
    branches = (*default.hotfix_branches, *(f"{one}*" for one in beginnings))
    is_seen = hotfixes or beginnings or failed
    return "\n".join(
        [
            comment(
                "-- Hotfixes and failed changes --",
                "",
                "A merged pull request with such a label or branch marks what was live before it "
                "as failed.",
            ),
            "[failures]" if is_seen else comment("[failures]"),
            _line("hotfix_labels", hotfixes, default.hotfix_labels),
            _line("hotfix_branches", branches if beginnings else (), default.hotfix_branches),
            comment(
                "A merged pull request with such a label marks the deployment that shipped it as "
                "failed."
            ),
            _line("labels", failed, default.labels),
        ]
    )


def _any_begins(names: Iterable[str], beginning: str) -> bool:
    return any(name.casefold().startswith(beginning) for name in names)


def _line(key: str, seen: Sequence[str], default: Sequence[str]) -> str:
    """The setting with what was seen; the default as a proposal where nothing was."""
    return list_line(key, seen) if seen else f"# {list_line(key, default)}"
