"""Finds the repositories that are missing from the numbers, and says why (C1)."""

from collections.abc import Collection, Iterator

from dora.analysis.analysis import Analysis
from dora.analysis.repositories import find_central, find_read, find_skipped
from dora.config import Config
from dora.doctor.access import grant_unread
from dora.doctor.model import Finding
from dora.model.tables import Tables
from dora.model.token_rights import Checkup

#: Gaps that are reported together with the rights that would close them.
GAPS_OF_RIGHTS = {"incidents", "teams"}
#: Advice where there were so many that this one was not asked again.
UNASKED = "Fix the others first: these may be refused for the same reason."


def find_repositories(
    checkup: Checkup,
    tables: Tables,
    analysis: Analysis,
    config: Config,
    told: Collection[str] = (),
) -> Iterator[Finding]:
    """Which repositories are missing from the numbers, and why.

    Of those in *told* another finding says what would give them a row.
    """
    yield from _unreadable(checkup, tables)
    yield from _incomplete(tables)
    yield from _gaps(tables)
    yield _silent(tables, analysis, config)
    yield from _skipped(tables, config, told)


def _unreadable(checkup: Checkup, tables: Tables) -> Iterator[Finding]:
    """A finding for each reason and remedy."""
    probes = {one.repository: one for one in checkup.unread}
    repositories = tables.repositories[tables.repositories["unreadable"].notna()]
    groups: dict[tuple[str, str], list[str]] = {}
    names = zip(repositories["repository"], repositories["unreadable"], strict=True)
    for name, reason in sorted(names):
        probe = probes.get(name)
        mend = grant_unread(probe, checkup) if probe else UNASKED
        groups.setdefault((str(reason), mend), []).append(str(name))
    for (reason, mend), unread in groups.items():
        yield Finding(
            "repository-unreadable",
            "problem",
            f"{_counted(unread)} cannot be read: {reason}",
            "What happens there is in no number.",
            mend,
            tuple(unread),
        )
    if not groups:
        yield Finding("repository-unreadable", "ok", "Every repository could be read.")


def _incomplete(tables: Tables) -> Iterator[Finding]:
    repositories = tables.repositories
    partial = repositories[repositories["incomplete"].notna() & repositories["unreadable"].isna()]
    for reason, names in partial.groupby("incomplete")["repository"]:
        own = sorted(map(str, names))
        yield Finding(
            "repository-incomplete",
            "problem",
            f"{_counted(own)} read in part: {reason}",
            "Their lead times, reverts and waiting changes may be wrong.",
            "Raise collect.commit_pages.",
            tuple(own),
        )


def _gaps(tables: Tables) -> Iterator[Finding]:
    for what, reason in tables.gaps.items():
        if what not in GAPS_OF_RIGHTS:
            yield Finding(
                f"{what}-unreadable".replace(" ", "-").lower(),
                "problem",
                f"The {what} cannot be read: {reason}",
                "What they would have told is in no number.",
                "Check the access to it, and run it again.",
            )


def _silent(tables: Tables, analysis: Analysis, config: Config) -> Finding:
    """Repositories that have deployed, but not lately."""
    read = {str(name) for name in find_read(tables.repositories, config)}
    central = find_central(config)
    silent = {
        name
        for name in read - set(analysis.outcomes["repository"])
        if name.casefold() not in central
    }
    if not silent:
        what = "Every repository that ever deployed did so lately."
        return Finding("repository-silent", "ok", what)
    return Finding(
        "repository-silent",
        "note",
        "These repositories have deployed, but not in the window or the look-back before it.",
        "They have no row.",
        "None needed; a longer window (--since) brings them back.",
        tuple(sorted(silent)),
    )


def _skipped(tables: Tables, config: Config, told: Collection[str]) -> Iterator[Finding]:
    """Repositories without deployments by name, the other skipped ones by number."""
    skipped = find_skipped(tables.repositories, config)
    names = tables.repositories["repository"]
    every = {str(name) for name in names[skipped == "no deployments"]}
    without = tuple(sorted(every - {*told}))
    if without:
        yield Finding(
            "repository-without-deployments",
            "note",
            "These repositories have no deployments.",
            "They are in no number.",
            "Where one does deploy: name the environment in the workflow's job (`environment: "
            "production`), create deployments and their statuses by the API, or name another "
            "source under [[sources]]: `dora init` says which.",
            without,
        )
    if not every:
        what = "Every repository that was looked at has deployments."
        yield Finding("repository-without-deployments", "ok", what)
    for reason in ("archived", "empty", "excluded"):
        own = tuple(sorted(str(name) for name in names[skipped == reason]))
        if own:
            why = "not chosen by --repo" if reason == "excluded" else reason
            yield Finding(f"repository-{reason}", "ok", f"Skipped ({why})", subjects=own)


def _counted(names: list[str]) -> str:
    return f"{len(names):,} {'repository' if len(names) == 1 else 'repositories'}"
