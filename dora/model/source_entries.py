"""Which entries of `[[sources]]` apply to a repository (D8)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from dora.config import Config
from dora.config.globs import compile_globs
from dora.config.source_settings import (
    DeploymentsSource,
    FileSource,
    ReleasesSource,
    Source,
    WorkflowSource,
)
from dora.model.environments import environment_reader


class FittingEntry(NamedTuple):
    """An entry of `[[sources]]` that applies to a repository."""

    position: int  #: its place in `[[sources]]`, from 1; 0 where no entry fits
    source: Source


#: What a repository has that no entry fits.
BY_DEFAULT = FittingEntry(0, DeploymentsSource.model_validate({"from": "deployments"}))


def fitting_entries(sources: Sequence[Source], repository: str) -> list[FittingEntry]:
    """The entries that apply to a *repository*: GitHub's Deployments where none fits it (D8)."""
    found = [
        FittingEntry(position, source)
        for position, source in enumerate(sources, 1)
        if compile_globs(source.repositories).fullmatch(repository)
    ]
    return found or [BY_DEFAULT]


def entries_reader(config: Config) -> Callable[[str], list[FittingEntry]]:
    """Function from a repository to the entries that are to be read of it, remembering each.

    Those whose environments are all left aside by `--environment` give nothing.
    """
    environment = environment_reader(config)

    @cache
    def read(repository: str) -> list[FittingEntry]:
        fitting = fitting_entries(config.sources, repository)
        return [
            one
            for one in fitting
            if any(name is None or environment(name).is_chosen for name in _environments(one))
        ]

    return read


def may_have_deployments(config: Config) -> bool:
    """Whether GitHub's Deployments of some repository may be asked for."""
    others = [one for one in config.sources if one.kind != "deployments"]
    return len(others) < len(config.sources) or not any("*" in one.repositories for one in others)


def _environments(entry: FittingEntry) -> list[str | None]:
    """The environments that an entry can give deployments of; None where only they tell."""
    source = entry.source
    if isinstance(source, DeploymentsSource | FileSource):
        return [None]
    if isinstance(source, WorkflowSource) and source.pattern:
        return [None]
    prereleases = source.prereleases if isinstance(source, ReleasesSource) else ""
    return [source.environment, *filter(None, [prereleases])]


def name_of_entry(entry: FittingEntry) -> str:
    """What messages call an entry: its place, and what it is."""
    source = entry.source
    of = f" `{source.workflow}`" if source.kind == "workflow" else ""
    return f"[[sources]] {entry.position} ({source.kind}{of})"
