"""Puts questions about organizations with `[[sources]]` to `dora`, through the stand-in (D8)."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from dora.analysis.analysis import analyse
from dora.config import Config
from dora.demo.github.server import serve
from dora.demo.organization.model import Organization
from dora.model.tables import Tables
from dora.report.build import report_of
from dora.report.build_evidence import build_evidence
from dora.report.report_json import as_document
from tests.oracle.evidence import place_of
from tests.oracle.settings import Settings
from tests.oracle.source_settings import (
    DeploymentsEntry,
    Entry,
    FileEntry,
    Line,
    MergesEntry,
    ReleasesEntry,
    TagsEntry,
    WorkflowEntry,
)
from tests.support.oracle_settings import config_for
from tests.support.runs import known_states, read_from
from tests.support.small_repositories import Document, comparable_item, configure

#: what `dora` calls otherwise
NAMES = {"kind": "from"}
INSTANTS = ("created_at", "finished_at", "opened_at", "closed_at")


def write_lines(lines: Sequence[Line], path: Path) -> Path:
    """Write lines as the ending of *path* says: CSV, JSON Lines or Parquet."""
    names = list(dict.fromkeys(name for line in lines for name in line))
    names = names or ["repository", "sha", "created_at", "state", "finished_at"]
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names)
            writer.writeheader()
            writer.writerows(lines)
    elif path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    else:
        table = pd.DataFrame([dict(line) for line in lines], columns=names)
        for name in set(names) & set(INSTANTS):
            table[name] = pd.to_datetime(table[name].replace("", None), utc=True, format="ISO8601")
        table.to_parquet(path)
    return path


def given_entry(entry: Entry, path: Path) -> Document:
    """An entry as a settings file would hold it; its lines, where it has some, at *path*."""
    told = {NAMES.get(name, name): value for name, value in asdict(entry).items() if value != ""}
    for empty in ("branch", "event"):
        if told.get(empty) == ():
            del told[empty]
    if isinstance(entry, FileEntry):
        told = {name: told[name] for name in ("from", "repositories")}
        told["path"] = str(write_lines(entry.lines, path))
    return told


def sourced_config(
    organization: Organization, asked: Mapping[str, Any], settings: Settings, folder: Path
) -> Config:
    """The configuration of the question; files are written into *folder*."""
    given: Document = {
        "sources": [
            given_entry(entry, folder / f"{number}{ending_of(entry, number)}")
            for number, entry in enumerate(settings.sources)
        ]
    }
    config = configure(config_for(organization, {**asked, **given}, settings), settings)
    collect = config.collect.model_copy(update={"cache": False})
    incidents = config.incidents
    if settings.incident_lines:
        path = write_lines(settings.incident_lines, folder / "incidents.csv")
        incidents = incidents.model_copy(update={"file": str(path)})
    return config.model_copy(update={"collect": collect, "incidents": incidents})


def ending_of(entry: Entry, number: int) -> str:
    """How the name of an entry's file ends: with a header where its lines are counted from 2."""
    if isinstance(entry, FileEntry) and entry.first == 1:
        return (".jsonl", ".parquet")[number % 2]
    return ".csv"


def answers_of(tables: Tables, config: Config) -> tuple[Document, dict[str, list[Document]]]:
    """Report and evidence of what was read, as the oracle gives them."""
    analysis = analyse(tables, config)
    evidence = build_evidence(analysis, tables, config.model_copy(update={"tier": ()}))
    told = {
        name: sorted(map(comparable_item, getattr(evidence, name)), key=place_of)
        for name in ("deployments", "changes", "episodes", "waiting")
    }
    return as_document(report_of(analysis, tables, config)), told


def ask_through_stand_in(
    organization: Organization, asked: Mapping[str, Any], settings: Settings, folder: Path
) -> tuple[Document, dict[str, list[Document]]]:
    """Report and evidence that `dora` makes of what the stand-in serves."""
    config = sourced_config(organization, asked, settings, folder)
    with serve(known_states(organization)) as server:
        return answers_of(read_from(server, config).tables, config)


CLASSES: Mapping[str, type[Entry]] = {
    "deployments": DeploymentsEntry,
    "workflow": WorkflowEntry,
    "releases": ReleasesEntry,
    "tags": TagsEntry,
    "merges": MergesEntry,
    "file": FileEntry,
}


def entries_of(given: Sequence[Mapping[str, Any]], folder: Path) -> tuple[Entry, ...]:
    """Entries in the oracle's words, as a settings file in *folder* holds them."""
    return tuple(map(partial(entry_of, folder=folder), given))


def entry_of(given: Mapping[str, Any], folder: Path) -> Entry:
    """An entry in the oracle's words; one glob needs no list."""
    several = {"repositories", "environments", "branch", "event"}
    values = {name: value for name, value in given.items() if name not in {"from", "path"}}
    if given["from"] == "merges":
        several.remove("branch")
    for name in several & set(values):
        value = values[name]
        values[name] = (value,) if isinstance(value, str) else tuple(value)
    if given["from"] == "file":
        values["lines"] = read_lines(folder / given["path"])
    return CLASSES[given["from"]](**values)


def read_lines(path: Path) -> tuple[Line, ...]:
    """Lines of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
