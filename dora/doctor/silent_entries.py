"""Finds the entries of `[[sources]]` that give nothing: of no repository, or no deployment (D8)."""

from collections.abc import Iterator
from difflib import get_close_matches

from dora.analysis.repositories import find_read, find_skipped
from dora.config import Config
from dora.config.globs import compile_globs
from dora.config.source_settings import (
    DeploymentsSource,
    FileSource,
    MergesSource,
    ReleasesSource,
    Source,
    TagsSource,
    WorkflowSource,
)
from dora.doctor.model import Finding
from dora.doctor.toml_lines import spelled
from dora.model.first_look import FirstLook, RepositoryLook
from dora.model.source_entries import FittingEntry, entries_reader, name_of_entry
from dora.model.tables import Tables

#: Repositories of which is told what is there instead, and names of each kind.
MOST_TOLD = 3


def unfit_repositories(config: Config, names: list[str]) -> Iterator[str]:
    """Globs of repositories in entries that fit none of these *names*, each with the nearest."""
    spellings = {name.casefold(): name for name in names}
    for place, entry in enumerate(config.sources, 1):
        for glob in entry.repositories:
            if any(map(compile_globs([glob]).fullmatch, names)):
                continue
            near = get_close_matches(glob.casefold(), spellings, n=1)
            hint = f" (did you mean {spellings[near[0]]}?)" if near else ""
            yield f"{name_of_entry(FittingEntry(place, entry))} repositories: {glob}{hint}"


def find_known(tables: Tables, config: Config) -> frozenset[str]:
    """Repositories of which it is known what they deployed, be it nothing."""
    skipped = find_skipped(tables.repositories, config)
    without = tables.repositories.loc[skipped == "no deployments", "repository"]
    return frozenset({*map(str, without), *map(str, find_read(tables.repositories, config))})


def find_silent_entries(
    tables: Tables, look: FirstLook | None, config: Config
) -> Iterator[Finding]:
    """A finding for each entry that fits repositories and gave no deployment of any of them.

    What a *look* saw there instead is told beside what was sought.
    """
    since, until = config.lookback_start, config.window.until
    at = tables.deployments["created_at"]
    recent = tables.deployments[(at >= since) & (at < until)]
    speaking = {*recent["entry"].tolist()}
    read = entries_reader(config)
    silent: dict[FittingEntry, list[str]] = {}
    for name in sorted(find_known(tables, config)):
        for entry in read(name):
            if entry.position and entry.position not in speaking:
                silent.setdefault(entry, []).append(name)
    looks = {one.name: one for one in look.repositories} if look else {}
    for entry, names in sorted(silent.items(), key=lambda one: one[0].position):
        seen = [
            f"{name}: {told}"
            for name in names
            if name in looks and (told := _seen(entry.source, looks[name]))
        ]
        instead = f" Seen there instead: {'; '.join(seen[:MOST_TOLD])}." if seen else ""
        yield Finding(
            "source-entry-silent",
            "warning",
            f"{name_of_entry(entry)} gave no deployment since {since:%Y-%m-%d}: it looks for "
            f"{_sought(entry.source)}.",
            "They have no row by it, and where it fits, GitHub's Deployments do not count unless "
            "another entry takes them.",
            f"Correct its names, or take it out.{instead}",
            tuple(names),
        )


def _sought(source: Source) -> str:
    """What an entry looks for: “tags `release-*`”."""
    match source:
        case WorkflowSource():
            branches = " or ".join(f"`{one}`" for one in source.branch) or "the default branch"
            job = f" with a job `{source.job}`" if source.job else ""
            events = f" started by {' or '.join(source.event)}" if source.event else ""
            return f"runs of a workflow `{source.workflow}`{job} on {branches}{events}"
        case ReleasesSource():
            kind = "releases" if source.prereleases else "releases (pre-releases left out)"
            return f"{kind} of tags `{source.tag}`"
        case TagsSource():
            return f"tags `{source.tag}`"
        case MergesSource():
            branch = f"a branch `{source.branch}`" if source.branch else "the default branch"
            return f"commits on {branch}"
        case DeploymentsSource():
            names = ", ".join(f"`{one}`" for one in source.environments)
            return f"Deployments to {names}"
        case FileSource():
            return f"rows in the file `{source.path}`"


def _seen(source: Source, look: RepositoryLook) -> str:
    """What a look saw of the kind that an entry seeks; "" where it saw none."""
    match source:
        case WorkflowSource():
            names = [one.file or one.name for one in look.workflows or ()]
            return _named("workflow", names)
        case ReleasesSource():
            return _named("release", [one.tag for one in look.releases.rows])
        case TagsSource():
            return _named("tag", [one.name for one in look.tags.rows])
        case MergesSource():
            return _named("the default branch", [look.branch] if look.branch else [])
        case DeploymentsSource():
            environments = dict.fromkeys(one.environment for one in look.deployments.rows)
            return _named("environment", [*environments])
        case FileSource():
            return ""


def _named(noun: str, names: list[str]) -> str:
    told = ", ".join(f"`{spelled(one)}`" for one in names[:MOST_TOLD])
    more = f" and {len(names) - MOST_TOLD:,} more" if len(names) > MOST_TOLD else ""
    plural = "s" if len(names) > 1 else ""
    return f"{noun}{plural} {told}{more}" if names else ""
