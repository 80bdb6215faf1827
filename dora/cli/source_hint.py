"""Which sources would give rows, in a sentence: for a report that has none."""

import os
from typing import TYPE_CHECKING

from dora.cli.inputs import reading
from dora.errors import DoraError

if TYPE_CHECKING:
    from dora.config import Config
    from dora.doctor.source_choice import SourceCount

#: Repositories that are asked about, those with the newest commits.
MOST = 60
#: Sources that are named.
FIRST = 4


def source_hint(settings: "Config", *, quiet: bool) -> str:
    """Which sources would give rows, and the command that writes them down.

    Asks GitHub about the repositories with the newest commits, once and in few requests. Where it
    does not answer, the sentence says so: nothing is raised that is expected.
    """
    from dora.collect.first_look import look_at
    from dora.collect.organization import connect
    from dora.doctor.source_choice import count_sources
    from dora.render.formatting import plain

    command = f"`dora init --org {plain(settings.organization)}`"
    try:
        with reading(quiet=quiet) as progress:
            look = look_at(connect(settings, os.environ, progress), settings, most=MOST)
    except DoraError as wrong:
        reason = plain(wrong.what)
        return (
            f"Which sources would give rows could not be asked ({reason}); {command} tries again."
        )
    counts = count_sources(look, settings)
    if not counts:
        return (
            "No source would give rows: no Deployment, deploying workflow, release, tag or merge "
            "was seen in the window or the look-back before it; a longer window (--since) may."
        )
    named = ", ".join(_named(one) for one in counts[:FIRST])
    return f"Sources that would give rows: {named}; {command} writes them to dora.toml."


def _named(one: "SourceCount") -> str:
    from dora.render.formatting import counted, plain

    kind = f"workflow {plain(one.workflow)}" if one.workflow else one.kind
    return f"{kind} ({counted(one.repositories, 'repository', 'repositories')})"
