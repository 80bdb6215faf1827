"""Writes the lines that a finding proposes for `dora.toml`: text to paste, whatever names hold."""

from collections.abc import Iterable, Sequence
from textwrap import wrap

#: The header of a table of deployments that are none (D9).
EXCLUDE = "[[deployments.exclude]]"
#: Longer names are cut in comments.
LONGEST = 60


def exclude_lines(**globs: Iterable[str]) -> str:
    """A table that leaves out what fits a glob of each key."""
    return "\n".join([EXCLUDE, *(list_line(key, own) for key, own in globs.items())])


def list_line(key: str, texts: Iterable[str]) -> str:
    """A key with a list of texts, sorted and each once."""
    return f"{key} = [{', '.join(map(quoted, sorted(set(texts))))}]"


def text_line(key: str, text: str) -> str:
    """A key with a text."""
    return f"{key} = {quoted(text)}"


def quoted(text: str) -> str:
    """*text* as a basic string of TOML, on one line and without an invisible character."""
    return f'"{"".join(map(_escaped, text))}"'


def comment(*lines: str) -> str:
    """Lines behind a `#` each, whatever they hold."""
    return "\n".join(f"# {line}".rstrip() for line in lines)


def paragraph(text: str, indent: str = "") -> list[str]:
    """Lines of a comment that is longer than one."""
    return wrap(
        text,
        96,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def named(names: Sequence[str], most: int) -> str:
    """The first *most* of some names, and how many more there are."""
    first = ", ".join(map(spelled, names[:most]))
    rest = len(names) - most
    return f"{first} and {rest:,} more" if rest > 0 else first


def spelled(text: str) -> str:
    """*text* as it may stand in a comment: on one line, and not longer than a line."""
    safe = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return safe if len(safe) <= LONGEST else f"{safe[:LONGEST]}…"


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
