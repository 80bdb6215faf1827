"""Says what cannot be known of releases, tags and merges, which have no statuses (D8)."""

from collections.abc import Collection, Iterator

from dora.analysis.outcomes import Outcomes
from dora.doctor.model import Finding

#: Sources whose deployments have no statuses, so that no signal of failure rests on one (F1, F2).
WITHOUT_STATUS = frozenset({"releases", "tags", "merges"})
#: Signals of failure that need none, beside incidents.
SIGNALS = "reverts, hotfixes, labels and failure tags"


def find_limits(shown: Outcomes) -> Iterator[Finding]:
    """What the sources of *shown* cannot tell."""
    kinds = sorted({*map(str, shown["source"])} & WITHOUT_STATUS)
    if not kinds:
        return
    own = shown.loc[shown["source"].isin(WITHOUT_STATUS), "repository"].value_counts()
    counts = {str(name): int(number) for name, number in sorted(own.items())}
    ends = " Lead times end at the merge, not where users have it." if "merges" in kinds else ""
    yield Finding(
        "source-limits",
        "note",
        f"Deployments of these repositories are {_listed(kinds)}, which cannot fail by themselves.",
        f"Failures are known by incidents, {SIGNALS} alone.{ends}",
        "None needed; where a workflow or Deployments tell more, take these as the source.",
        tuple(counts),
        counts,
    )


def signals_of(kinds: Collection[str]) -> str:
    """By what failures of deployments of these sources are known, beside incidents (F1–F6)."""
    without = sorted({*kinds} & WITHOUT_STATUS)
    if not without:
        return f"statuses, rollbacks, {SIGNALS}"
    if len(without) == len({*kinds}):
        return SIGNALS
    return f"statuses and rollbacks (not of {_listed(without)}), {SIGNALS}"


def _listed(kinds: Collection[str]) -> str:
    *most, last = sorted(kinds)
    return f"{', '.join(most)} and {last}" if most else last
