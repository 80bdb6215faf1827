"""`dora explain`: show the deployments, changes and failures that the numbers follow from."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dora.cli import options
from dora.cli.inputs import load_settings, read_tables
from dora.cli.output import check_format, columns, find_targets, print_and_write, print_missing
from dora.errors import BadUsage, CannotRead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dora.analysis.analysis import Analysis
    from dora.config import Config
    from dora.model.tables import Tables
    from dora.report.evidence import Evidence
    from dora.report.making import Key, Making
    from dora.report.model import Report, Row
    from dora.report.sensitivity import Sensitivity

#: The formats there are, and the extensions of files that are written in each.
FORMATS = {"table": (".txt",), "json": (".json",), "csv": (".csv",)}
TABLES = ("deployments", "changes", "episodes")
#: The longest windows, in days, of which the trend is shown by week and by month.
LONGEST = {"week": 400, "month": 1_800}
#: Names that a message lists at most, the most similar first.
MOST_NAMES = 5


def explain(
    context: typer.Context,
    repository_name: Annotated[
        str | None, typer.Argument(metavar="REPO", help="A repository's name.")
    ] = None,
    environment_name: Annotated[
        str | None, typer.Argument(metavar="ENVIRONMENT", help="One of its environments.")
    ] = None,
    org: options.Org = None,
    since: options.Since = None,
    until: options.Until = None,
    repo: options.Repo = None,
    environment: options.Environment = None,
    tier: options.ExplainedTier = None,
    ephemeral: options.Ephemeral = None,
    timezone: options.Timezone = None,
    wait: options.Wait = None,
    cache: options.Cache = None,
    no_cache: options.NoCache = False,
    format_: Annotated[
        str | None, typer.Option("--format", help="table, json or csv. Default: table.")
    ] = None,
    table: Annotated[
        str | None,
        typer.Option(help="What the CSV holds: deployments (the default), changes or episodes."),
    ] = None,
    authors: Annotated[
        bool, typer.Option("--authors", help="Say who wrote the changes, too.")
    ] = False,
    output: options.Output = None,
    config: options.ConfigFile = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Show what the numbers of a repository and environment follow from.

    Every deployment with why it counts as failed, what ended the failure and what it shipped; then
    how each figure follows. With no environment: all of the repository's, one after the other.
    With no repository either: everything, as JSON or CSV.
    """
    named = _Named(repository_name, environment_name)
    _check_names(named, repo, environment, tier)
    settings = _load_settings(context, named)
    check_format(format_, FORMATS)
    files = find_targets(output or [], format_, FORMATS)
    _check_formats(named, {format_ or "table", *files.values()}, table)
    tables = read_tables(settings, quiet=quiet, with_authors=authors)
    explained = _explain(tables, settings, named)
    print_and_write(partial(_render, explained, table, authors=authors), format_, files)
    raise typer.Exit(print_missing(explained.report.coverage))


@dataclass(frozen=True)
class _Named:
    """The repository and the environment that were named, None for all."""

    repository: str | None
    environment: str | None


@dataclass(frozen=True)
class _Explained:
    """The evidence, the rows of the report that it makes, and which of them were named."""

    named: _Named
    evidence: "Evidence"
    report: "Report"
    sensitivities: "tuple[Sensitivity, ...]"
    makings: "dict[Key, Making]"


def _load_settings(context: typer.Context, named: _Named) -> "Config":
    """Load the settings of a run that reads what was named; every tier if none was named."""
    instead: dict[str, Any] = {"by": "repository", "tier": context.params["tier"] or ["all"]}
    if named.repository is not None:
        instead["repo"] = (named.repository,)
    if named.environment is not None:
        # All environments are read, so that a wrong name is answered with the right ones.
        instead["environment"] = ("*",)
    return load_settings(context.params, **instead)


def _check_names(
    named: _Named,
    repo: list[str] | None,
    environment: list[str] | None,
    tier: list[str] | None,
) -> None:
    """Refuse a name beside the option that says the same, and a glob in place of a name."""
    for argument, option, name, globs in (
        ("REPO", "--repo", named.repository, repo),
        ("ENVIRONMENT", "--environment", named.environment, environment),
        ("ENVIRONMENT", "--tier", named.environment, tier),
    ):
        if name is not None and globs:
            raise BadUsage(f"{option}: {argument} was named already; allowed: one of the two")
    name = named.repository
    if name is not None and set(name) & set("*?"):
        raise BadUsage(f"REPO: {name!r} is no name; allowed: one repository, or --repo GLOB")


def _check_formats(named: _Named, formats: set[str], table: str | None) -> None:
    """Refuse what the chosen formats cannot show."""
    if named.repository is None and "table" in formats:
        raise BadUsage(
            "--format: everything at once is no table; allowed: json or csv, or name a REPO and an "
            "ENVIRONMENT"
        )
    if table is not None and table not in TABLES:
        raise BadUsage(f"--table: {table!r} is not allowed; allowed: {', '.join(TABLES)}")
    if table is not None and "csv" not in formats:
        raise BadUsage("--table: is for CSV alone; allowed: with --format csv")


def _explain(tables: "Tables", settings: "Config", named: _Named) -> _Explained:
    """Find the evidence of what was named, its rows, and how sensitive their fail rates are."""
    from dora.analysis.analysis import analyse
    from dora.report.build import report_of
    from dora.report.build_evidence import build_evidence
    from dora.report.interval_making import find_makings
    from dora.report.sensitivity import find_sensitivities

    repository, environment = named.repository, named.environment
    if repository is not None:
        _check_repository(tables, settings, repository)
    analysis = analyse(tables, settings)
    if repository is not None and environment is not None:
        _check_environment(analysis, settings, repository, environment)
    evidence = build_evidence(
        analysis, tables, settings, repository=repository, environment=environment
    )
    report = report_of(analysis, tables, settings.model_copy(update={"trend": _trend(settings)}))
    sensitivities = find_sensitivities(analysis, settings)
    makings = find_makings(evidence, report.rows) if repository is not None else {}
    return _Explained(named, evidence, report, sensitivities, makings)


def _trend(settings: "Config") -> str | None:
    """Length of the parts of the trend that is shown: no more of them than fit on a line."""
    days = settings.window.days
    return next((unit for unit, most in LONGEST.items() if days <= most), None)


def _rows(explained: _Explained) -> "list[Row]":
    """Rows of the environment that was named, or all; no other repository was read."""
    rows, name = explained.report.rows, explained.named.environment
    if name is None:
        return list(rows)
    return [one for one in rows if one.key["environment"].casefold() == name.casefold()]


def _check_repository(tables: "Tables", settings: "Config", name: str) -> None:
    """Raise CannotRead where the repository does not exist or could not be read."""
    from dora.render.formatting import plain

    repositories = tables.repositories
    own = repositories[repositories["repository"].str.casefold() == name.casefold()]
    if own.empty:
        near = _nearest(name, repositories["repository"].tolist())
        raise CannotRead(
            f"{settings.organization} has no repository {name!r} that the token sees",
            f"There is {near}." if near else "The token sees none.",
        )
    reason = own["unreadable"].iloc[0]
    if isinstance(reason, str):
        raise CannotRead(
            f"{own['repository'].iloc[0]} cannot be read: {plain(reason)}",
            "See which permissions the token lacks, and run again.",
        )


def _check_environment(
    analysis: "Analysis", settings: "Config", repository: str, name: str
) -> None:
    """Raise CannotRead where the environment has no deployments, or is left out."""
    outcomes = analysis.outcomes
    is_hidden = outcomes["is_left_out"] | (outcomes["is_ephemeral"] & (not settings.ephemeral))
    if (outcomes["name_key"][~is_hidden] == name.casefold()).any():
        return
    if (outcomes["name_key"][is_hidden & outcomes["is_ephemeral"]] == name.casefold()).any():
        raise CannotRead(
            f"{repository}: {name!r} is an ephemeral environment",
            "Bring these in with --ephemeral.",
        )
    if (outcomes["name_key"][is_hidden] == name.casefold()).any():
        raise CannotRead(
            f"{repository}: the configuration leaves the environment {name!r} out",
            "See [environments] and deployments.exclude there.",
        )
    near = _nearest(name, outcomes["name"][~is_hidden].unique().tolist())
    start = settings.window.since - settings.lookback
    raise CannotRead(
        f"{repository} has no deployment to {name!r} since {start:%Y-%m-%d}",
        f"There is {near}." if near else "There is none to any environment. See --since.",
    )


def _nearest(name: str, names: "Iterable[str]") -> str:
    """The names most like *name*, as a list in words; all of them where they are few."""
    from difflib import get_close_matches

    by_key = {one.casefold(): one for one in sorted(names)}
    near = get_close_matches(name.casefold(), by_key, n=MOST_NAMES, cutoff=0.5)
    if len(by_key) <= MOST_NAMES or not near:
        near = list(dict.fromkeys([*near, *by_key]))[:MOST_NAMES]
    more = len(by_key) - len(near)
    return ", ".join(repr(by_key[key]) for key in near) + (f", and {more:,} more" if more else "")


def _render(
    explained: _Explained, table: str | None, name: str, *, authors: bool, colour: bool
) -> str:
    """Text of the evidence in the format *name*."""
    evidence = explained.evidence
    if name == "json":
        from dora.report.evidence_json import render_json

        return render_json(evidence, with_authors=authors)
    if name == "csv":
        from dora.render.csv import render_evidence

        return render_evidence(evidence, table or TABLES[0], with_authors=authors)
    from dora.render.terminal.explain import render_explanation

    return render_explanation(
        evidence,
        _rows(explained),
        explained.sensitivities,
        explained.makings,
        width=columns(),
        colour=colour,
        with_authors=authors,
    )
