"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Org = Annotated[str | None, typer.Option(help="The organization's login.")]
Since = Annotated[
    str | None, typer.Option(help="Start of the window: 36h, 90d, 12w, 6mo, 1y, or a date.")
]
Until = Annotated[str | None, typer.Option(help="End of the window, likewise. Default: now.")]
Repo = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Only these repositories. Repeatable.")
]
Environment = Annotated[
    list[str] | None, typer.Option(metavar="GLOB", help="Only these environments. Repeatable.")
]
Tier = Annotated[
    list[str] | None,
    typer.Option(
        help="Rows of production (the default), staging, testing, development, other, or all. "
        "Repeatable."
    ),
]
ExplainedTier = Annotated[
    list[str] | None, typer.Option("--tier", help="Only these tiers. Repeatable. Default: all.")
]
By = Annotated[
    str | None,
    typer.Option(help="A row for each repository, environment, team or organization."),
]
Trend = Annotated[
    str | None, typer.Option(help="Each row's metrics over time, too: by day, week or month.")
]
Compare = Annotated[
    bool | None,
    typer.Option("--compare", help="Compare with the window of equal length just before."),
]
Ephemeral = Annotated[
    bool | None, typer.Option("--ephemeral", help="Rows for ephemeral environments, too.")
]
Benchmark = Annotated[
    str | None,
    typer.Option(
        help="2025: place among that survey's respondents (default). 2019, 2021, 2022 or 2023:"
        " levels. quick-check: scores. none."
    ),
]
Timezone = Annotated[
    str | None, typer.Option(help="Time zone of dates and calendar days. Default: UTC.")
]
Wait = Annotated[
    str | None, typer.Option(help="Longest wait for a rate limit, like 1h. Default: 15 minutes.")
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Keep what was read of commits in DIR. Default: the user's cache folder.",
        show_default=False,
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep nothing, and use nothing kept.")]
Output = Annotated[
    list[Path] | None,
    typer.Option(metavar="FILE", help="Write to FILE, too; its ending says how. Repeatable."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings. Default: dora.toml."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, no notes.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tracebacks of errors.")]
