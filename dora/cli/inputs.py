"""Options in, settings and tables out: what every command begins with."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dora.cli import process_memory
from dora.errors import BadUsage

if TYPE_CHECKING:
    from dora.config import Config
    from dora.model.tables import Tables


def load_settings(
    options: dict[str, Any],
    *,
    file: Path | None,
    wait: str | None,
    cache: Path | None,
    no_cache: bool,
) -> "Config":
    """The run's settings; the one place that reads the clock. An organization must be named."""
    from dora.config import load_config

    given = {
        key: tuple(value) if isinstance(value, list) else value for key, value in options.items()
    }
    if cache is not None and no_cache:
        raise BadUsage("--cache and --no-cache: only one of them can be meant")
    asked = {"wait": wait, "cache": False if no_cache else cache and str(cache)}
    given["collect"] = {key: value for key, value in asked.items() if value is not None} or None
    now = datetime.now(UTC).replace(microsecond=0)
    settings = load_config(given, now=now, directory=Path.cwd(), file=file)
    _ = settings.organization  # named before anything else is looked at
    return settings


def read_tables(settings: "Config", *, quiet: bool, with_authors: bool = False) -> "Tables":
    """Everything the settings ask for, read from GitHub with progress on standard error."""
    from dora.collect.organization import collect, connect
    from dora.render.terminal.progress import show_progress

    process_memory.spare()
    with show_progress(sys.stderr, quiet=quiet) as progress:
        client = connect(settings, os.environ, progress)
        return collect(client, settings, progress, variables=os.environ, with_authors=with_authors)
