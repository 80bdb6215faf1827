"""Finds a glob for the tags that name versions, whatever they look like (D8)."""

import re
from collections.abc import Sequence

from dora.config import Config
from dora.config.globs import compile_globs

#: What may stand behind the beginning of a glob, the narrowest first.
NUMBERED = ("*.*.*", "*.*", "*-*", "*")
_BEFORE_NUMBER = re.compile(r"\D*(?=\d)")


def literal_glob(name: str) -> str:
    """A glob that fits *name*, and nothing else unless the name holds a `*`."""
    return name.replace("*", "?")


def find_tag_glob(
    lately: Sequence[str], tags: Sequence[str], config: Config
) -> tuple[str, tuple[str, ...]]:
    """The glob of most tags of *lately* that name a version, and those of others; "" for none.

    Tags that mark failures do not (F6), and those without a number, such as `latest`, move. All
    *tags* that are known are held against the glob, so that it fits no others if it can be.
    """
    is_failing = compile_globs(config.failures.tags).fullmatch
    versions = [tag for tag in lately if _BEFORE_NUMBER.match(tag) and not is_failing(tag)]
    alike: dict[str, list[str]] = {}
    for tag in versions:
        alike.setdefault(_beginning(tag), []).append(tag)
    globs: list[str] = []
    for beginning, own in sorted(alike.items(), key=lambda one: (-len(one[1]), one[0])):
        folded = beginning.casefold()
        foreign = [tag for tag in tags if _beginning(tag).casefold() != folded or is_failing(tag)]
        is_seen = globs and all(map(compile_globs(globs[:1]).fullmatch, own))
        globs += [] if is_seen else [_glob(beginning, own, foreign)]
    return next(iter(globs), ""), tuple(globs[1:])


def _beginning(tag: str) -> str:
    found = _BEFORE_NUMBER.match(tag)
    return found[0] if found else tag


def _glob(beginning: str, own: Sequence[str], foreign: Sequence[str]) -> str:
    """The widest glob that fits every tag of *own* if it fits none of *foreign*.

    Else the narrowest that fits none of them, or the narrowest of all.
    """
    globs = [f"{literal_glob(beginning)}{one}" for one in NUMBERED]
    fits = {glob: compile_globs([glob]).fullmatch for glob in globs}
    others = [tag for tag in foreign if fits[globs[-1]](tag)]
    fitting = [glob for glob in globs if all(map(fits[glob], own))]
    clean = [glob for glob in fitting if not any(map(fits[glob], others))]
    return fitting[-1] if not others else next(iter(clean), fitting[0])
