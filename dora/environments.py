"""Environment names in, canonical names, tiers and what is left out: D1, D4, D5.

Names are few where deployments are many: each distinct name is looked at once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from dora.config import Config
from dora.names import compile_globs
from dora.settings import Tiers

TIERS = ("production", "staging", "testing", "development", "other")
WORD = re.compile(r"[^\W_]+")
DIGITS_AT_END = re.compile(r"\d+$")


@dataclass(frozen=True)
class Environment:
    """What one environment name stands for."""

    name: str  #: canonical name; GitHub's own where it is left out
    key: str  #: *name* with its case folded: equal keys are one environment (D1)
    tier: str
    is_ephemeral: bool
    is_left_out: bool
    is_chosen: bool  #: whether an `--environment` glob fits it


def environment_reader(config: Config) -> Callable[[str], Environment]:
    """Function from an environment's name on GitHub to what it stands for, remembering each."""
    mapping = [(compile_globs([glob]), name) for glob, name in config.environments.items()]
    ephemeral = compile_globs(config.ephemeral_environments)
    chosen = compile_globs(config.environment or ("*",))

    @cache
    def read(name: str) -> Environment:
        fits = next((target for glob, target in mapping if glob.fullmatch(name)), name)
        canonical = name if fits is False else fits
        is_ephemeral = ephemeral.fullmatch(canonical) is not None
        return Environment(
            name=canonical,
            key=canonical.casefold(),
            tier="other" if is_ephemeral else find_tier(canonical, config.tiers),
            is_ephemeral=is_ephemeral,
            is_left_out=fits is False,
            is_chosen=chosen.fullmatch(canonical) is not None,
        )

    return read


def find_tier(name: str, words: Tiers) -> str:
    """Tier of a canonical environment name (D4): production before staging, testing, development.

    `pre` and `non` right before a word of production join it: the one makes it staging, the other
    no production at all.
    """
    production = {word.casefold() for word in words.production}
    tier_of = {f"pre{word}": "staging" for word in production}
    tier_of |= {f"non{word}": "other" for word in production}
    for tier in reversed(TIERS[:-1]):
        tier_of |= {word.casefold(): tier for word in getattr(words, tier)}
    parts = [DIGITS_AT_END.sub("", part) for part in WORD.findall(name.casefold())]
    for place in range(len(parts) - 1, 0, -1):
        if parts[place] in production and parts[place - 1] in {"pre", "non"}:
            parts[place - 1 : place + 1] = [parts[place - 1] + parts[place]]
    found = {tier_of.get(part, "other") for part in parts}
    return next((tier for tier in TIERS if tier in found), "other")
