"""The first steps of every command that reads GitHub: its settings, then the tables."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dora.cli.process_memory import save_memory
from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.collect.progress import Progress
    from dora.config import Config
    from dora.model.tables import Tables

#: Options that are settings of the same name; a command has all of them or some.
SETTINGS = (
    "org",
    "since",
    "until",
    "repo",
    "environment",
    "tier",
    "by",
    "trend",
    "compare",
    "ephemeral",
    "benchmark",
    "timezone",
)


def load_settings(
    options: Mapping[str, Any], *, with_file: bool = True, **instead: Any
) -> "Config":
    """Settings of this run, from a command's *options*, the environment and the settings file.

    *options* are a command's parameters by name; those of *instead* take the place of some.
    The clock is read here, once. BadUsage where settings are wrong or name no organization.
    """
    from dora.config import load_config

    options = {**options, **instead}
    if options["cache"] is not None and options["no_cache"]:
        raise BadUsage("--cache and --no-cache: only one of them can be meant")
    cache = False if options["no_cache"] else options["cache"] and str(options["cache"])
    collect = {"wait": options["wait"], "cache": cache}
    given = {name: options.get(name) for name in SETTINGS}
    given = {
        name: tuple(value) if isinstance(value, list) else value for name, value in given.items()
    }
    given["collect"] = {name: value for name, value in collect.items() if value is not None} or None
    settings = load_config(
        given,
        now=datetime.now(UTC).replace(microsecond=0),
        directory=Path.cwd(),
        file=options["config"] and Path(options["config"]),
        with_file=with_file,
    )
    _ = settings.organization  # a missing one is reported before anything else is looked at
    return settings


def read_tables(settings: "Config", *, quiet: bool, with_authors: bool = False) -> "Tables":
    """Read everything the settings ask for from GitHub."""
    from dora.collect.organization import collect, connect

    with reading(quiet=quiet) as progress:
        client = connect(settings, os.environ, progress)
        return collect(client, settings, progress, variables=os.environ, with_authors=with_authors)


@contextmanager
def reading(*, quiet: bool) -> Iterator["Progress"]:
    """Prepare the process for reading, and show its progress on standard error meanwhile."""
    from dora.render.terminal.progress import show_progress

    save_memory()
    with show_progress(sys.stderr, quiet=quiet) as progress:
        yield progress
