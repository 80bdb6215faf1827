"""`dora publish TARGET`: send a finished report to where people read it, one module a target."""

from typing import Any

import typer
from typer.core import TyperGroup

from dora.cli.publish.datadog import datadog
from dora.cli.publish.issue import issue
from dora.cli.publish.postgres import postgres
from dora.cli.publish.prometheus import prometheus
from dora.cli.publish.slack import slack
from dora.cli.publish.summary import summary
from dora.errors import BadUsage


class _Targets(TyperGroup):
    """The targets by name."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Command of a target; BadUsage lists the targets where there is none of that name."""
        if cmd_name not in self.commands:
            allowed = ", ".join(self.list_commands(ctx))
            raise BadUsage(f"TARGET: {cmd_name!r} is not allowed; allowed: {allowed}")
        return super().get_command(ctx, cmd_name)


publish = typer.Typer(
    cls=_Targets,
    no_args_is_help=True,
    rich_markup_mode=None,
    subcommand_metavar="TARGET {REPORT.json}",
    help="Send a finished report to where people read it; it is not worked out again.\n\n"
    "Each target has options of its own, and may be run twice.",
)
for target in (summary, issue, slack, postgres, prometheus, datadog):
    publish.command()(target)
