"""Renders the estimated cost of a report as text."""

from collections.abc import Iterator

from dora.model.cost_estimate import CostEstimate
from dora.render import formatting

#: Widths of the columns: the kind of requests, and their number.
NAME, NUMBER = 14, 10


def render_plan(plan: CostEstimate) -> str:
    """Give a plan as text: requests by kind, points, seconds, and the costliest repositories."""
    return "\n".join(_lines(plan))


def _lines(plan: CostEstimate) -> Iterator[str]:
    yield f"What a report of {formatting.plain(plan.organization)} would cost, about:"
    yield ""
    yield f"{'':{NAME}}{'requests':>{NUMBER}}"
    for name, count in [*plan.requests.items(), ("together", sum(plan.requests.values()))]:
        yield f"{name:{NAME}}{count:>{NUMBER},}"
    yield ""
    yield f"{formatting.counted(plan.points, 'point')}{_share(plan)}."
    in_flight = formatting.counted(plan.concurrency, "request")
    yield f"{formatting.elapsed(plan.seconds)} of reading, with {in_flight} in flight."
    if plan.longest:
        most = ", ".join(f"{formatting.plain(name)} ({count:,})" for name, count in plan.longest)
        yield f"Most requests: {most}."
    yield ""
    listed = formatting.counted(plan.listed, "repository", "repositories")
    yield f"{listed} listed, {formatting.count(plan.read)} to read."
    if plan.unknown:
        yield f"{formatting.count(plan.unknown)} of them did not say how much there is."
    yield f"It took {formatting.counted(plan.spent, 'request')} to find out."
    yield "It costs more where changes are much older than the window (rule W3)."


def _share(plan: CostEstimate) -> str:
    """Give the share of an hour's points, and how many of this hour's are left."""
    if not plan.limit:
        return ""
    share = f", {formatting.percentage(plan.points / plan.limit)} of the {plan.limit:,} of an hour"
    return share if plan.remaining is None else f"{share}; {plan.remaining:,} are left of this one"
