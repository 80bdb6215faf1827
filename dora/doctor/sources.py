"""Finds the repositories that no row tells of, and the source that would give them one (C1, D8)."""

from collections.abc import Iterator

from dora.analysis.analysis import Analysis
from dora.analysis.repositories import find_central, find_read, find_skipped
from dora.config import Config
from dora.config.globs import compile_globs
from dora.doctor.model import Finding
from dora.doctor.source_choice import choose_sources
from dora.doctor.source_groups import SourceGroup, entry_lines, group_sources
from dora.model.first_look import FirstLook
from dora.model.tables import Tables

#: Repositories of a group whose numbers are told.
MOST_TOLD = 3
PASTE = "Paste these lines at the end of dora.toml, or let `dora init` write a whole file."


def find_without_rows(tables: Tables, analysis: Analysis, config: Config) -> tuple[str, ...]:
    """Repositories that could be read and have no row, by name; not those of incidents."""
    skipped = find_skipped(tables.repositories, config)
    names = tables.repositories["repository"]
    without = {str(name) for name in names[skipped == "no deployments"]}
    known = without | {*map(str, find_read(tables.repositories, config))}
    shown = {*map(str, analysis.environments["repository"])}
    central = find_central(config)
    return tuple(sorted(name for name in known - shown if name.casefold() not in central))


def find_sources(analysis: Analysis, look: FirstLook | None, config: Config) -> Iterator[Finding]:
    """Whether there is any row, and which sources would give further ones."""
    if analysis.environments.empty:
        yield Finding(
            "report-rows",
            "problem",
            "A report of this window would have no rows.",
            "It ends with status 3, and says so.",
            "Take a longer window (--since), or a source that gives rows: `dora init` finds it.",
        )
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
    if fitting:
        yield Finding(
            "repository-source-silent",
            "note",
            "These repositories fit an entry of [[sources]], which gives nothing lately.",
            "They have no row.",
            "Check the entry's names: the workflow's, the tag's, the branch's; or take it out.",
            fitting,
        )
    others = [one for one in choices if one.entries and one.repository not in fitting]
    for group in group_sources(others, look):
        yield _proposal(group)


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
