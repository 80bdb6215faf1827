"""Name patterns with `*` and `?`, matched the same way everywhere ("Globs" in docs/metrics.md)."""

import re
from collections.abc import Callable, Iterable

#: A run of letters and digits: what a name is split into (D4).
WORD = re.compile(r"[^\W_]+")
#: Words of an environment that lives as long as a pull request (D5), one space between words.
PREVIEW = re.compile(r"(?<!\S)(?:(?:preview|review)[0-9]*|(?:pr|pull) ?[0-9]+)(?!\S)")


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


def find_preview_word(name: str) -> str:
    """The word of a name by which its environment is ephemeral, such as `pr 12` (D5); may be ""."""
    found = PREVIEW.search(" ".join(WORD.findall(name.casefold())))
    return found[0] if found else ""


def ephemeral_test(globs: Iterable[str]) -> Callable[[str], bool]:
    """Function that says whether a canonical name is that of an ephemeral environment (D5).

    A word decides, or one of *globs*; a glob behind a `!` takes names back, whatever else fits.
    """
    given = tuple(globs)
    added = compile_globs(glob for glob in given if not glob.startswith("!"))
    taken_back = compile_globs(glob[1:] for glob in given if glob.startswith("!"))

    def is_ephemeral(name: str) -> bool:
        if taken_back.fullmatch(name):
            return False
        return bool(find_preview_word(name)) or added.fullmatch(name) is not None

    return is_ephemeral
