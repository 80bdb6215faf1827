"""Name patterns with `*` and `?`, matched the same way everywhere ("Globs" in docs/metrics.md)."""

import re
from collections.abc import Iterable

#: Environments that live as long as a pull request, where nothing else is set (D5).
EPHEMERAL = ("pr-*", "pr/*", "preview*", "review-*", "review/*")


def compile_globs(globs: Iterable[str]) -> re.Pattern[str]:
    """Pattern whose `fullmatch` says whether a whole name fits one of *globs*, case ignored.

    `*` stands for any characters, `/` too, `?` for one; nothing else is special. Without globs
    nothing matches.
    """
    patterns = [
        "".join({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in glob)
        for glob in globs
    ]
    any_of = "|".join(patterns)
    return re.compile(any_of if patterns else r"(?!)", re.IGNORECASE | re.DOTALL)
