"""Which entries of `[[sources]]` apply to a repository (D8)."""

from collections.abc import Sequence
from typing import NamedTuple

from dora.config.globs import compile_globs
from dora.config.source_settings import DeploymentsSource, Source


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


def name_of_entry(entry: FittingEntry) -> str:
    """What messages call an entry: its place, and what it is."""
    source = entry.source
    kind = source.kind
    of = f" `{source.workflow}`" if source.kind == "workflow" else ""
    of = f" `{source.path}`" if source.kind == "file" else of
    return f"[[sources]] {entry.position} ({kind}{of})"
