"""Writes the lines that a finding proposes for `dora.toml`: text to paste, whatever names hold."""

from collections.abc import Iterable

#: The header of a table of deployments that are none (D9).
EXCLUDE = "[[deployments.exclude]]"


def exclude_lines(**globs: Iterable[str]) -> str:
    """A table that leaves out what fits a glob of each key."""
    return "\n".join([EXCLUDE, *(list_line(key, own) for key, own in globs.items())])


def list_line(key: str, texts: Iterable[str]) -> str:
    """A key with a list of texts, sorted and each once."""
    return f"{key} = [{', '.join(map(_quoted, sorted(set(texts))))}]"


def _quoted(text: str) -> str:
    """*text* as a basic string of TOML, on one line and without an invisible character."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    return letter if letter.isprintable() else f"\\U{ord(letter):08x}"
