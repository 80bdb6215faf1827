"""A report without rows: why it has none, and which sources would give it some."""

import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from dora.cli.inputs import reading
from dora.cli.output import PARTIAL, is_one_terminal
from dora.errors import DoraError

if TYPE_CHECKING:
    from dora.config import Config
    from dora.model.first_look import FirstLook
    from dora.model.tables import Tables
    from dora.report.coverage_model import NoRows
    from dora.report.model import Report

#: Repositories that are asked about, those with the newest commits.
MOST = 60
#: Sources that are named one by one.
MOST_NAMED = 4


def explain_no_rows(
    finished: "Report", tables: "Tables", settings: "Config", *, quiet: bool
) -> "Report":
    """The report; if it has no rows, with the reason why and what would give it some.

    GitHub is asked, in few requests, where repositories have no deployments: they may have
    releases, workflows or tags. Nothing is raised where it does not answer.
    """
    from dora.render.formatting import plain
    from dora.report.coverage_model import NoRows
    from dora.report.no_rows import may_lack_sources, what_gives_rows, why_no_rows

    if finished.rows:
        return finished
    found = NoRows(has_entries=bool(settings.sources))
    if may_lack_sources(finished):
        look = _look(tables, settings, quiet=quiet)
        if look is not None:
            found = _with_sources(found, look, settings)
            finished = _with_cost(finished, look)
    given = finished, plain, found
    found = replace(found, why=why_no_rows(*given), advice=what_gives_rows(*given))
    return replace(finished, no_rows=found)


def _look(tables: "Tables", settings: "Config", *, quiet: bool) -> "FirstLook | None":
    """Look at the repositories without deployments; None where GitHub does not say.

    It is not worth failing for, nor waiting until a rate limit is lifted.
    """
    from dora.analysis.repositories import find_skipped
    from dora.collect.first_look import look_at
    from dora.collect.organization import connect

    repositories = tables.repositories
    is_without = find_skipped(repositories, settings).eq("no deployments").fillna(value=False)
    names = repositories.loc[is_without, "repository"].tolist()
    collect = settings.collect.model_copy(update={"wait": timedelta(0)})
    impatient = settings.model_copy(update={"collect": collect})
    try:
        with reading(quiet=quiet) as progress:
            return look_at(connect(impatient, os.environ, progress), impatient, names, most=MOST)
    except DoraError:
        return None


def _with_sources(found: "NoRows", look: "FirstLook", settings: "Config") -> "NoRows":
    """Add which sources would give rows to the repositories that were looked at."""
    from dora.config.source_settings import KINDS
    from dora.doctor.source_choice import count_sources
    from dora.report.coverage_model import PossibleSource
    from dora.report.model import DEPLOYMENTS

    counts = [one for one in count_sources(look, settings) if one.kind != DEPLOYMENTS]
    is_long = len(counts) > MOST_NAMED  # workflows of many names are one source then
    numbers: Counter[tuple[str, str | None]] = Counter()
    for one in counts:
        numbers[one.kind, None if is_long else one.workflow or None] += one.repositories
    ranked = sorted(
        numbers.items(), key=lambda one: (-one[1], KINDS.index(one[0][0]), one[0][1] or "")
    )
    sources = (PossibleSource(kind, number, workflow) for (kind, workflow), number in ranked)
    seen = sum(one.unreadable is None for one in look.repositories)
    return replace(found, looked_at=seen or None, sources=tuple(sources))


def _with_cost(finished: "Report", look: "FirstLook") -> "Report":
    """Add what looking for sources cost."""
    cost = finished.coverage.requests
    cost = replace(cost, count=cost.count + look.requests, points=cost.points + look.points)
    return replace(finished, coverage=replace(finished.coverage, requests=cost))


def print_no_rows(finished: "Report", *, is_told: bool) -> int:
    """Print to standard error why there are no rows; returns the exit status that says so.

    Nothing is printed where *is_told*: the report said so before the same eyes.
    """
    if finished.no_rows is None:
        return 0
    if is_told and is_one_terminal():
        return PARTIAL
    print(f"dora: no rows: {finished.no_rows.why}", file=sys.stderr)
    print(f"      {finished.no_rows.advice}", file=sys.stderr)
    return PARTIAL
