"""Says which of GitHub's deployments are none, by `[deployments] exclude` (D9)."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from dora.config.globs import compile_globs
from dora.config.settings import ExcludeSettings

#: What GitHub puts behind the login of an App.
BOT = "[bot]"


class Filed(NamedTuple):
    """What a deployment says of itself, each text as GitHub gives it."""

    environment: str
    task: str
    creator: str | None  #: login, with `[bot]` behind it for an App
    description: str | None
    ref: str | None = None  #: what it was filed for; None where nobody asked


#: The columns of deployments that make one.
FILED = list(Filed._fields)


class Exclusion(NamedTuple):
    """One table of `[deployments] exclude`, ready to be held against deployments."""

    fits: Callable[[Filed], bool]  #: whether all of it fits
    fits_so_far: Callable[[Filed], bool]  #: the same but for its `ref`
    asks_for_ref: bool


def exclusion_test(tables: Sequence[ExcludeSettings]) -> Callable[[Filed], bool]:
    """Function that says whether a deployment is none: all of one table fits it (D9)."""
    exclusions = read_exclusions(tables)

    @cache
    def is_excluded(filed: Filed) -> bool:
        return any(one.fits(filed) for one in exclusions)

    return is_excluded if exclusions else _never


def ref_test(tables: Sequence[ExcludeSettings]) -> Callable[[Filed], bool] | None:
    """Function that says whether only its ref tells if a deployment is one; None: that of none."""
    exclusions = read_exclusions(tables)
    others = [one for one in exclusions if not one.asks_for_ref]
    by_ref = [one for one in exclusions if one.asks_for_ref]

    @cache
    def needs_ref(filed: Filed) -> bool:
        if any(one.fits(filed) for one in others):
            return False
        return any(one.fits_so_far(filed) for one in by_ref)

    return needs_ref if by_ref else None


def read_exclusions(tables: Sequence[ExcludeSettings]) -> list[Exclusion]:
    """Each of *tables*, in their order."""
    return [_exclusion(one) for one in tables]


def _exclusion(table: ExcludeSettings) -> Exclusion:
    globs = {name: compile_globs(own) for name, own in table if own}
    ref = globs.pop("ref", None)

    def fits_so_far(filed: Filed) -> bool:
        return all(
            any(pattern.fullmatch(text) for text in _spellings(name, getattr(filed, name)))
            for name, pattern in globs.items()
        )

    def fits(filed: Filed) -> bool:
        return fits_so_far(filed) and (ref is None or ref.fullmatch(filed.ref or "") is not None)

    return Exclusion(fits, fits_so_far, ref is not None)


def _spellings(name: str, text: str | None) -> tuple[str, ...]:
    """What a glob may fit: an App is named with and without `[bot]`; what is missing is empty."""
    if name == "creator" and text is not None and text.endswith(BOT):
        return text, text.removesuffix(BOT)
    return (text or "",)


def _never(filed: Filed) -> bool:  # noqa: ARG001  # nothing is configured
    return False
