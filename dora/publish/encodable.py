"""Replaces what JSON can express and no encoding can write: the halves of a character."""

import re

REPLACEMENT = "\ufffd"
_SURROGATES = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """Give *text* with REPLACEMENT for each half of a character."""
    return text if text.isascii() else _SURROGATES.sub(REPLACEMENT, text)
