"""`dora explain`: the evidence behind the report."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from dora.cli import options as option
from dora.cli import output as out
from dora.cli.inputs import load_settings, read_tables
from dora.errors import BadUsage, CannotRead

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dora.analysis.analysis import Analysis
    from dora.config import Config
    from dora.model.tables import Tables
    from dora.report.build_evidence import Evidence
    from dora.report.model import Report, Row
    from dora.report.sensitivity import Sensitivity

#: The formats there are, and the endings of file names that ask for them.
FORMATS = {"table": (".txt",), "json": (".json",), "csv": (".csv",)}
TABLES = ("deployments", "changes", "episodes")
#: Names told of many, the nearest first.
MOST_NAMES = 5


def explain(
    name: Annotated[str | None, typer.Argument(metavar="REPO", help="A repository's name.")] = None,
    place: Annotated[
        str | None, typer.Argument(metavar="ENVIRONMENT", help="One of its environments.")
    ] = None,
    org: option.Org = None,
    since: option.Since = None,
    until: option.Until = None,
    repo: option.Repo = None,
    environment: option.Environment = None,
    ephemeral: option.Ephemeral = None,
    timezone: option.Timezone = None,
    wait: option.Wait = None,
    cache: option.Cache = None,
    no_cache: option.NoCache = False,
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
    output: option.Output = None,
    config: option.ConfigFile = None,
    quiet: option.Quiet = False,
    verbose: option.Verbose = False,  # noqa: ARG001  # read by main
) -> None:
    """Show what the numbers of a repository and environment follow from.

    Every deployment with why it counts as failed, what ended the outage and what it shipped; then
    how each figure follows. With no environment: all of the repository's, one after the other.
    With no repository either: everything, as JSON or CSV.
    """
    from dora.model.environments import TIERS

    _check_names(name, place, repo, environment)
    options = {
        "org": org,
        "since": since,
        "until": until,
        "ephemeral": ephemeral,
        "timezone": timezone,
        "repo": repo if name is None else (name,),
        # All of its environments are read: a wrong name is answered with the right ones.
        "environment": environment if place is None else ("*",),
        "by": "repository",
        "tier": TIERS,
    }
    settings = load_settings(options, file=config, wait=wait, cache=cache, no_cache=no_cache)
    out.check_format(format_, FORMATS)
    targets = out.find_targets(output or [], format_, FORMATS)
    _check_formats(name, {format_ or "table", *targets.values()}, table)
    tables = read_tables(settings, quiet=quiet, with_authors=authors)
    explained = _explain(tables, settings, name, place)
    shown = _render(explained, format_ or "table", table, authors=authors, colour=out.has_colour())
    out.show(shown)
    for path, kind in targets.items():
        out.write(path, _render(explained, kind, table, authors=authors, colour=False))
    raise typer.Exit(out.tell_missing(explained.report.coverage))


@dataclass(frozen=True)
class _Explained:
    """All that can be told, and of which environment it is; None for all."""

    place: str | None
    evidence: "Evidence"
    report: "Report"
    sensitivities: "tuple[Sensitivity, ...]"


def _check_names(
    name: str | None, place: str | None, repo: list[str] | None, environment: list[str] | None
) -> None:
    """Refuse a name said twice, and a glob where a name belongs."""
    for what, given, globs in (("REPO", name, repo), ("ENVIRONMENT", place, environment)):
        option_name = "--repo" if what == "REPO" else "--environment"
        if given is not None and globs:
            raise BadUsage(f"{option_name}: {what} was named already; allowed: one of the two")
    if name is not None and set(name) & set("*?"):
        raise BadUsage(f"REPO: {name!r} is no name; allowed: one repository, or --repo GLOB")


def _check_formats(name: str | None, formats: set[str], table: str | None) -> None:
    """Refuse what the chosen formats cannot show."""
    if name is None and "table" in formats:
        raise BadUsage(
            "--format: everything at once is no table; allowed: json or csv, or name a REPO and an "
            "ENVIRONMENT"
        )
    if table is not None and table not in TABLES:
        raise BadUsage(f"--table: {table!r} is not allowed; allowed: {', '.join(TABLES)}")
    if table is not None and "csv" not in formats:
        raise BadUsage("--table: is for CSV alone; allowed: with --format csv")


def _explain(
    tables: "Tables", settings: "Config", name: str | None, place: str | None
) -> _Explained:
    """Work out the evidence of what was named, the rows it makes, and their sensitivity."""
    from dora.analysis.analysis import analyse
    from dora.report.build import report_of
    from dora.report.build_evidence import build_evidence
    from dora.report.sensitivity import find_sensitivities

    if name is not None:
        _check_repository(tables, settings, name)
    analysis = analyse(tables, settings)
    if name is not None and place is not None:
        _check_environment(analysis, settings, name, place)
    return _Explained(
        place,
        build_evidence(analysis, tables, settings, repository=name, environment=place),
        report_of(analysis, tables, settings),
        find_sensitivities(analysis, settings),
    )


def _rows(explained: _Explained) -> "list[Row]":
    """Rows of the report that were asked for; no other repository was read."""
    rows, place = explained.report.rows, explained.place
    if place is None:
        return list(rows)
    return [one for one in rows if one.key["environment"].casefold() == place.casefold()]


def _check_repository(tables: "Tables", settings: "Config", name: str) -> None:
    """Refuse a repository that there is not, or that could not be read."""
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


def _check_environment(analysis: "Analysis", settings: "Config", name: str, place: str) -> None:
    """Refuse an environment that nothing is known of, or that is left out."""
    outcomes = analysis.outcomes
    is_hidden = outcomes["is_left_out"] | (outcomes["is_ephemeral"] & (not settings.ephemeral))
    if (outcomes["name_key"][~is_hidden] == place.casefold()).any():
        return
    if (outcomes["name_key"][is_hidden & outcomes["is_ephemeral"]] == place.casefold()).any():
        raise CannotRead(
            f"{name}: {place!r} is an ephemeral environment", "Bring these in with --ephemeral."
        )
    if (outcomes["name_key"][is_hidden] == place.casefold()).any():
        raise CannotRead(
            f"{name}: the configuration leaves the environment {place!r} out",
            "See [environments] there.",
        )
    near = _nearest(place, outcomes["name"][~is_hidden].unique().tolist())
    start = settings.window.since - settings.lookback
    raise CannotRead(
        f"{name} has no deployment to {place!r} since {start:%Y-%m-%d}",
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
    explained: _Explained, kind: str, table: str | None, *, authors: bool, colour: bool
) -> str:
    """Text of the evidence in the format *kind*."""
    evidence = explained.evidence
    if kind in {"json", "csv"}:
        from dora.render import evidence_document as document

        if kind == "json":
            return document.render_json(evidence, with_authors=authors)
        return document.render_csv(evidence, table or TABLES[0], with_authors=authors)
    from dora.render.terminal.explain import render_explanation

    return render_explanation(
        evidence,
        _rows(explained),
        explained.sensitivities,
        width=out.columns(),
        colour=colour,
        with_authors=authors,
    )
