"""Renders a first look at an organization: its cost beforehand, and what was written after it."""

from collections.abc import Iterator, Sequence

from dora.doctor.source_groups import SourceGroup
from dora.model.first_look import FirstLook, LookCost
from dora.render import formatting

#: Width of the column of sources.
WIDTH = 34
#: Repositories of a group that are named.
MOST_NAMES = 4


def render_cost(cost: LookCost) -> str:
    """Give in a sentence what a first look costs at most."""
    repositories = formatting.counted(cost.asked, "repository", "repositories")
    graphql = (
        f"a first look at {repositories} of {formatting.count(cost.listed)} costs about "
        f"{formatting.counted(cost.queries, 'request')} and "
        f"{formatting.counted(cost.points, 'point')}"
    )
    if not cost.most_rest:
        return graphql
    return (
        f"{graphql}, and up to {formatting.count(cost.most_rest)} requests about GitHub Actions "
        f"(usually about {formatting.count(cost.rest)}), which have a budget of their own"
    )


def render_groups(look: FirstLook, groups: Sequence[SourceGroup]) -> str:
    """Give what was seen: a line for each source, with its repositories."""
    return "\n".join(_lines(look, groups))


def _lines(look: FirstLook, groups: Sequence[SourceGroup]) -> Iterator[str]:
    asked = formatting.counted(len(look.repositories), "repository", "repositories")
    yield (
        f"{formatting.plain(look.organization)}: {asked} looked at, with "
        f"{formatting.counted(look.requests, 'request')} and "
        f"{formatting.counted(look.points, 'point')}."
    )
    yield ""
    for group in groups:
        names = [formatting.plain(one.repository) for one in group.choices[:MOST_NAMES]]
        rest = len(group.choices) - len(names)
        more = f" and {formatting.count(rest)} more" if rest else ""
        yield f"  {_source(group):{WIDTH}}  {', '.join(names)}{more}"
    skipped = {"archived": look.archived, "empty": look.empty}
    for why, own in skipped.items():
        if own:
            yield f"  {f'not looked at ({why})':{WIDTH}}  {formatting.count(len(own))}"


def _source(group: SourceGroup) -> str:
    """Give a group's source in few words."""
    if not group.kind:
        return "nothing to report on"
    workflows = {formatting.plain(getattr(one, "workflow", "")) for one in group.entries} - {""}
    if group.kind == "merges":
        return "merges: check these"
    return " ".join([group.kind, *sorted(workflows)])
