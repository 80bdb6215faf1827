"""Shows what a row's change fail rate would be if failures were defined otherwise."""

from collections.abc import Iterator, Mapping

from rich.text import Text

from dora.render import formatting
from dora.render.sources import STATUSLESS
from dora.render.terminal import links
from dora.render.terminal.row_evidence import RowEvidence


def tell(evidence: RowEvidence, width: int) -> Iterator[tuple[int, Text]]:
    """Give the change fail rate under other definitions (F1 to F9)."""
    found = evidence.sensitivity
    if found is None or not found.deployments:
        return
    has_statuses = not evidence.sources <= STATUSLESS
    alone = {
        name: number
        for name, number in found.alone.items()
        if has_statuses or name not in {"status", "rollback"}
    }

    def items(counts: Mapping[str, int], marked: str = "") -> list[Text]:
        rates = (
            (name, formatting.percentage(n / found.deployments), n) for name, n in counts.items()
        )
        return [
            Text(
                f"{name} {rate} ({formatting.count(failed)}"
                + (", as is)" if name == marked else ")")
            )
            for name, rate, failed in rates
        ]

    yield 0, Text()
    finished = formatting.count(found.deployments)
    yield 0, Text(f"Change fail rate of the {finished} finished, were failures defined otherwise")
    lines = links.flow("by one signal alone:", items(alone), width) if alone else []
    if has_statuses:
        lines += links.flow("failures.status =", items(found.by_status, found.status), width)
    if found.off:
        lines += links.flow("off in the configuration:", [Text(name) for name in found.off], width)
    yield from ((links.INDENT, line) for line in lines)
