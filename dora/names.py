"""Name patterns in, matches out: the one meaning of a glob (see "Globs" in docs/metrics.md)."""

import re
from collections.abc import Iterable


def compile_globs(globs: Iterable[str]) -> re.Pattern[str]:
    """Pattern whose `fullmatch` says whether a whole name fits one of *globs*, case ignored.

    `*` stands for any characters, `/` too, `?` for one; nothing else is special. No globs fit
    nothing.
    """
    any_of = "|".join(
        "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in glob)
        for glob in globs
    )
    return re.compile(any_of or r"(?!)", re.IGNORECASE | re.DOTALL)
