"""Finds a glob for the tags that name versions, whatever they look like (D8)."""

import re
from collections import Counter
from collections.abc import Sequence

from dora.config import Config
from dora.config.globs import compile_globs

#: Globs for tags that begin with a number, the narrowest first.
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
    *tags* that are known are held against the glob of tags that are bare numbers.
    """
    is_failing = compile_globs(config.failures.tags).fullmatch
    versions = [tag for tag in lately if _BEFORE_NUMBER.match(tag) and not is_failing(tag)]
    beginnings = Counter(map(_beginning, versions))
    ranked = sorted(beginnings, key=lambda one: (-beginnings[one], one))
    foreign = [tag for tag in tags if _beginning(tag) or is_failing(tag)]
    own = [tag for tag in versions if not _beginning(tag)]
    globs = [f"{literal_glob(one)}*" if one else _numbered(own, foreign) for one in ranked]
    return next(iter(globs), ""), tuple(globs[1:])


def _beginning(tag: str) -> str:
    found = _BEFORE_NUMBER.match(tag)
    return found[0] if found else tag


def _numbered(own: Sequence[str], foreign: Sequence[str]) -> str:
    """The narrowest glob that fits every tag of *own*, and of *foreign* none if it can be."""
    fitting = [glob for glob in NUMBERED if all(map(compile_globs([glob]).fullmatch, own))]
    clean = [glob for glob in fitting if not any(map(compile_globs([glob]).fullmatch, foreign))]
    return fitting[-1] if not foreign else next(iter(clean), fitting[0])
