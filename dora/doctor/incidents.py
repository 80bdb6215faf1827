"""Checks whether the incidents of the window reach the deployments they belong to (F7, C1)."""

from collections.abc import Iterator
from difflib import get_close_matches

from dora.analysis.analysis import Analysis
from dora.analysis.attribution import Attribution
from dora.config import Config
from dora.doctor.model import Finding, Severity
from dora.doctor.source_limits import signals_of
from dora.model.tables import Tables


def _how(config: Config) -> str:
    """How an incident names its deployment: in an issue, and in a file where there is one."""
    text = "begin a line of the issue with `Deployment:` and its id, its address or the sha of its"
    in_file = ", or fill the file's column deployment or sha" if config.incidents.file else ""
    return f"{text} commit{in_file}"


def find_incidents(tables: Tables, analysis: Analysis, config: Config) -> Iterator[Finding]:
    """Incidents of the window that found no deployment, or that there are none at all."""
    found = analysis.failures.incidents
    if found is None:
        return
    yield from _unknown_repositories(found, tables)
    if found.dismissed:
        noun = "incident was" if found.dismissed == 1 else "incidents were"
        what = f"{found.dismissed:,} {noun} closed as not planned or as a duplicate: not counted."
        yield Finding("incident-dismissed", "ok", what, counts={"incidents": found.dismissed})
    if not found.opened:
        yield _none(analysis, config)
    elif not found.orphans:
        what = f"Every incident of the window found a deployment ({len(found.opened):,})."
        yield Finding("incident-without-deployment", "ok", what)
    else:
        yield from _orphans(found, config)


def _none(analysis: Analysis, config: Config) -> Finding:
    labels = ", ".join(config.incidents.labels)
    known = signals_of({*map(str, analysis.outcomes["source"])})
    return Finding(
        "incident-none",
        "note",
        f"No issue labelled {labels} was opened in the window.",
        f"Failures are known by {known} alone; where outages are recorded elsewhere, the change "
        "fail rate is too low.",
        "Label the issues of outages, or say under [incidents] how they are labelled.",
    )


def _orphans(found: Attribution, config: Config) -> Iterator[Finding]:
    """Those that name no deployment, and those that name one which was not understood."""
    severity: Severity = "warning" if found.unattributed == found.opened else "note"
    meaning = "They fail no deployment: they are in neither change fail rate nor recovery time."
    of = f"of {len(found.opened):,} {'incident' if len(found.opened) == 1 else 'incidents'}"
    how = _how(config)
    silent = found.unattributed - found.not_understood
    if silent:
        days = f"{config.incidents.attribution.total_seconds() / 86400:g} days"
        yield Finding(
            "incident-without-deployment",
            severity,
            f"{len(silent):,} {of} found no deployment.",
            meaning,
            f"Where a deployment was to blame, {how}; or, if it had been live for more than "
            f"{days}, raise incidents.attribution.",
            tuple(sorted(silent)),
        )
    if found.not_understood:
        named = {f"{one.by}: {one.named}" for one in found.orphans if one.named is not None}
        yield Finding(
            "incident-not-understood",
            severity,
            f"{len(found.not_understood):,} {of} name a deployment, but none that was read.",
            meaning,
            f"Correct the name: {how}. It must be a deployment of the repository that the incident "
            "is about, not older than the look-back.",
            tuple(sorted(named)),
        )


def _unknown_repositories(found: Attribution, tables: Tables) -> Iterator[Finding]:
    """Names of repositories in the settings and in labels that fit none, with the nearest."""
    if not found.not_found:
        return
    names = {name.casefold(): name for name in tables.repositories["repository"].tolist()}
    hints = []
    for name in found.not_found:
        bare = name.casefold().rpartition("/")[2]
        near = get_close_matches(bare, names, n=1)
        hints.append(f"{name}: did you mean {names[near[0]]}?" if near else f"{name}: none is near")
    yield Finding(
        "incident-repository-unknown",
        "warning",
        "Under [incidents] or in labels `repo:` are names that fit no repository.",
        "Incidents that are recorded there, or that are about them, fail no deployment.",
        f"Correct them; another owner's repository never fits. {'; '.join(hints)}",
        found.not_found,
    )
