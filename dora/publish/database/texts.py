"""A text of GitHub's or of a file in, one that every database can hold out."""

import re

#: What PostgreSQL's texts cannot hold: NUL, and halves of signs that JSON can name.
IMPOSSIBLE = re.compile("[\0\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def clean(text: str) -> str:
    """A text that every database can hold."""
    if text.isascii():
        return text.replace("\0", REPLACEMENT) if "\0" in text else text
    return IMPOSSIBLE.sub(REPLACEMENT, text)
