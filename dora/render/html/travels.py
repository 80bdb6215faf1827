"""Shows how changes travel from tier to tier."""

from collections.abc import Sequence
from dataclasses import dataclass

from dora.render import formatting
from dora.render.html import svg
from dora.render.html.sections import visible
from dora.report.page.model import Promotion, Step

START = "start of the work"


@dataclass(frozen=True)
class Travel:
    """One step of changes between tiers; *bar* gives the middle half and the median."""

    origin: str
    tier: str
    median: str
    half: str
    changes: str
    direct: str
    bar: tuple[int, int, int] | None


def steps_of(promotion: Promotion) -> tuple[list[Travel], str]:
    """The organization's steps, and the duration at the end of their scale."""
    steps = promotion.organization
    longest = max((one.p75 or 0.0 for one in steps), default=0.0)

    def place(seconds: float | None) -> int:
        return round(svg.WIDTH * (seconds or 0.0) / longest) if longest else 0

    made = [
        Travel(
            one.origin or START,
            one.tier,
            formatting.duration(one.median),
            formatting.MISSING
            if one.p25 is None
            else f"{formatting.duration(one.p25)} – {formatting.duration(one.p75)}",
            formatting.count(one.changes),
            formatting.count(one.direct) if one.origin else "",
            None if one.median is None else (place(one.p25), place(one.median), place(one.p75)),
        )
        for one in steps
    ]
    return made, formatting.duration(longest)


def ways_of(
    promotion: Promotion, heads: Sequence[tuple[str, str]]
) -> list[tuple[str, list[dict[str, str] | None]]]:
    """The steps of each repository, with a cell for each step of the organization."""
    found: dict[tuple[str, str], dict[tuple[str, str], Step]] = {}
    for one in promotion.repositories:
        found.setdefault((one.repository, one.service), {})[one.origin, one.tier] = one
    return [
        (
            " · ".join(visible(part) for part in name if part),
            [_way(own.get(head)) for head in heads],
        )
        for name, own in found.items()
    ]


def _way(step: Step | None) -> dict[str, str] | None:
    if step is None:
        return None
    changes = formatting.counted(step.changes, "change") if step.changes else "no changes"
    apart = (
        f"{formatting.count(step.direct)} before or without" if step.origin and step.direct else ""
    )
    return {"median": formatting.duration(step.median), "changes": changes, "apart": apart}
