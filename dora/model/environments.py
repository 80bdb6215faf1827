"""Gives environments their canonical names and tiers, and deployments their services (D1, D4, D5).

Names are few where deployments are many: each distinct name is looked at once.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from dora.config import Config
from dora.config.globs import compile_globs
from dora.config.settings import ServiceSettings, TierSettings

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


def find_tier(name: str, words: TierSettings) -> str:
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


#: Between an environment's key and its service's: no name of either holds it.
MARK = "\x1f"


def service_reader(services: ServiceSettings) -> Callable[[str, str, str | None], str]:
    """Function from a canonical environment, a task and a payload to a service, "" for none."""
    source, _, key = services.source.partition(":")
    pattern = re.compile(services.pattern)

    @cache
    def read(environment: str, task: str, payload: str | None) -> str:
        if source == "payload":
            value = payload_value(payload, key)
            text = value if isinstance(value, str) else None
        else:
            text = environment if source == "environment" else task
        found = pattern.search(text) if text is not None else None
        return (found["service"] or "") if found else ""

    return read if services.pattern else _no_service


def _no_service(environment: str, task: str, payload: str | None) -> str:  # noqa: ARG001  # as above
    return ""


def row_key(environment_key: str, service: str) -> str:
    """Key of the row that an environment's deployments of a service belong to."""
    return f"{environment_key}{MARK}{service}" if service else environment_key


def payload_value(payload: object, key: str) -> Any:
    """Value of *key* in a deployment's payload, None where there is none.

    GitHub keeps a payload as JSON text, and as JSON text in a JSON string where its creator
    encoded it twice.
    """
    if not isinstance(payload, str) or key not in payload:
        return None
    try:
        value = json.loads(payload)
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return value.get(key) if isinstance(value, dict) else None
