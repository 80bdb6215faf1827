"""Finds the repositories that no row tells of, and the source that would give them one (C1, D8)."""

from collections.abc import Iterable, Iterator

from dora.analysis.analysis import Analysis
from dora.analysis.repositories import find_central
from dora.config import Config
from dora.config.globs import compile_globs
from dora.doctor.model import Finding
from dora.doctor.silent_entries import find_known, find_silent_entries
from dora.doctor.source_choice import choose_sources
from dora.doctor.source_groups import SourceGroup, entry_lines, group_sources
from dora.model.first_look import FirstLook
from dora.model.tables import Tables

#: Repositories of a group whose numbers are told.
MOST_TOLD = 3
PASTE = "Paste these lines at the end of dora.toml, or let `dora init` write a whole file."


def find_without_rows(tables: Tables, analysis: Analysis, config: Config) -> tuple[str, ...]:
    """Repositories that could be read and have no row, by name; not those of incidents."""
    known = find_known(tables, config)
    shown = {*map(str, analysis.environments["repository"])}
    central = find_central(config)
    return tuple(sorted(name for name in known - shown if name.casefold() not in central))


def find_sources(
    tables: Tables, analysis: Analysis, look: FirstLook | None, config: Config
) -> Iterator[Finding]:
    """Whether there is any row, which entries give none, and which sources would give further."""
    if analysis.environments.empty:
        yield Finding(
            "report-rows",
            "problem",
            "A report of this window would have no rows.",
            "It ends with status 3, and says so.",
            "Take a longer window (--since), or a source that gives rows: `dora init` finds it.",
        )
    silent = [*find_silent_entries(tables, look, config)]
    yield from silent
    if look is None:
        return
    if look.actions_refused is not None:
        yield Finding(
            "look-actions",
            "note",
            f"The workflows of repositories without a row cannot be read: {look.actions_refused}",
            "One of them may be a better source than those that are named here.",
            "Give the token or App the permission Actions: read.",
        )
    fits = compile_globs(glob for one in config.sources for glob in one.repositories).fullmatch
    choices = choose_sources(look, config)
    fitting = tuple(one.repository for one in choices if fits(one.repository))
    yield from _silent_repositories(tables, fitting, silent, config)
    others = [one for one in choices if one.entries and one.repository not in fitting]
    for group in group_sources(others, look):
        yield _proposal(group)


def _silent_repositories(
    tables: Tables, fitting: Iterable[str], silent: Iterable[Finding], config: Config
) -> Iterator[Finding]:
    """Those of *fitting* that an entry gave nothing of, though it gave something of others."""
    told = {name for one in silent for name in one.subjects}
    since = config.lookback_start
    deployments = tables.deployments
    recent = deployments.loc[deployments["created_at"] >= since, "repository"]
    names = tuple(sorted({*fitting} - told - {*map(str, recent)}))
    if names:
        yield Finding(
            "repository-source-silent",
            "note",
            "These repositories fit an entry of [[sources]], which gave no deployment of them "
            f"since {since:%Y-%m-%d}.",
            "They have no row.",
            "Check the entry's names: the workflow's, the tag's, the branch's; or take these "
            "repositories out of it.",
            names,
        )


def _proposal(group: SourceGroup) -> Finding:
    """The source of a group of repositories, with the lines that name it."""
    shows = "; ".join(f"{one.repository}: {one.shows}" for one in group.choices[:MOST_TOLD])
    rest = len(group.choices) - MOST_TOLD
    more = f"; and {rest:,} more" if rest > 0 else ""
    many = len(group.choices) > 1
    return Finding(
        "repository-source",
        "note",
        f"No row tells of {'these repositories' if many else 'this repository'}, and "
        f'from = "{group.kind}" would: {shows}{more}.',
        "They are in no number." if many else "It is in no number.",
        PASTE,
        group.repositories,
        paste="\n\n".join(map(entry_lines, group.entries)),
    )
