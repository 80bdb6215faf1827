"""Names: which a glob fits (Globs), which environment one is (D1), of which tier (D4, D5)."""

import re
from collections.abc import Iterable
from itertools import pairwise

from tests.oracle.settings import TIERS, Settings


def fits(glob: str, name: str) -> bool:
    """Whether *glob* fits the whole of *name*: only `*` and `?` are special, case is ignored."""
    text = name.casefold()
    ends = {0}  # how much of the text the glob so far may have used up
    for sign in glob.casefold():
        if sign == "*":
            ends = {later for end in ends for later in range(end, len(text) + 1)}
        else:
            ends = {
                end + 1 for end in ends if end < len(text) and (sign == "?" or text[end] == sign)
            }
    return len(text) in ends


def fits_any(globs: Iterable[str], name: str) -> bool:
    """Whether any of *globs* fits *name*."""
    return any(fits(glob, name) for glob in globs)


def canonical(name: str, settings: Settings) -> str | None:
    """Name an environment has for the report; None where it is left out (D1)."""
    for glob, mapped in settings.environments:
        if fits(glob, name):
            return None if mapped is False else mapped
    return name


def is_ephemeral(name: str, settings: Settings) -> bool:
    """Whether an environment comes and goes, from its canonical name (D5)."""
    if any(fits(glob[1:], name) for glob in settings.ephemeral if glob.startswith("!")):
        return False
    return speaks_of_preview(name) or fits_any(settings.ephemeral, name)


def speaks_of_preview(name: str) -> bool:
    """Whether a word is `preview` or `review`, or `pr` or `pull` before a number (D5)."""
    if not {"preview", "review"}.isdisjoint(words_of(name)):
        return True
    spaced = "".join(sign if sign.isalnum() else " " for sign in name.casefold())
    apart = re.sub(r"\b(pr|pull)([0-9]+)\b", r"\1 \2", spaced).split()
    return any(
        word in ("pr", "pull") and re.fullmatch("[0-9]+", number) is not None
        for word, number in pairwise(apart)
    )


def words_of(name: str) -> list[str]:
    """Words of an environment's name: lower case, digits at their ends dropped (D4)."""
    spaced = "".join(sign if sign.isalnum() else " " for sign in name.casefold())
    return [word.rstrip("0123456789") for word in spaced.split()]


def tier_of_word(word: str, settings: Settings) -> str:
    """Tier a single word speaks of, `pre` joined with a word of production among them."""
    for tier in TIERS:
        if word in settings.tiers.get(tier, ()):
            return tier
    if word.startswith("pre") and word[3:] in settings.tiers["production"]:
        return "staging"
    return "other"


def tier_of(name: str, settings: Settings) -> str:
    """Tier of an environment from its canonical name (D4, D5)."""
    if is_ephemeral(name, settings):
        return "other"
    words = words_of(name)
    joined = []
    while words:
        word = words.pop(0)
        if word in ("pre", "non") and words and words[0] in settings.tiers["production"]:
            word += words.pop(0)
        joined.append(word)
    tiers = [tier_of_word(word, settings) for word in joined]
    return min(tiers, key=TIERS.index, default="other")
