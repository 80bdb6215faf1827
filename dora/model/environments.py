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
from dora.config.globs import WORD, compile_globs, ephemeral_test
from dora.config.settings import ServiceSettings, TierSettings

TIERS = ("production", "staging", "testing", "development", "other")
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
    is_request = ephemeral_test(config.ephemeral_environments)
    chosen = compile_globs(config.environment or ("*",))

    @cache
    def read(name: str) -> Environment:
        fits = next((target for glob, target in mapping if glob.fullmatch(name)), name)
        canonical = name if fits is False else fits
        is_ephemeral = is_request(canonical)
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


#: Where the action track-deployment names a service, the first that is there.
SERVICE_KEYS = ("service", "stack")
#: What it wrote into every payload before it marked them with `"dora": 1`.
UNMARKED_KEYS = {"run_id", "run_attempt", "key"}
#: Between an environment's key and its service's: no name of either holds it.
MARK = "\x1f"


def service_reader(services: ServiceSettings) -> Callable[[str, str, str | None], str]:
    """Function from a canonical environment, a task and a payload to a service, "" for none (G3).

    With a pattern `auto` means the environment, as it was before there was `auto`.
    """
    source, _, key = services.source.partition(":")
    if not services.pattern:
        return _own_service if source == "auto" else _no_service
    if source == "none":
        return _no_service
    pattern = re.compile(services.pattern)

    @cache
    def read(environment: str, task: str, payload: str | None) -> str:
        if source == "payload":
            value = payload_value(payload, key)
            text = value if isinstance(value, str) else None
        else:
            text = task if source == "task" else environment
        found = pattern.search(text) if text is not None else None
        return (found["service"] or "") if found else ""

    return read


def _own_service(environment: str, task: str, payload: str | None) -> str:  # noqa: ARG001  # as above
    """The service, else the stack, in a payload that the action track-deployment wrote (G3)."""
    if payload is None or not any(name in payload for name in SERVICE_KEYS):
        return ""
    found = payload_object(payload)
    mark = found.get("dora")
    if not (type(mark) is int and mark == 1) and not found.keys() >= UNMARKED_KEYS:
        return ""
    names = (found.get(name) for name in SERVICE_KEYS)
    return next((name for name in names if isinstance(name, str) and name), "")


def _no_service(environment: str, task: str, payload: str | None) -> str:  # noqa: ARG001  # as above
    return ""


def row_key(environment_key: str, service: str) -> str:
    """Key of the row that an environment's deployments of a service belong to."""
    return f"{environment_key}{MARK}{service}" if service else environment_key


def payload_value(payload: object, key: str) -> Any:
    """Value of *key* in a deployment's payload, None where there is none."""
    if not isinstance(payload, str) or key not in payload:
        return None
    return payload_object(payload).get(key)


def payload_object(payload: str) -> dict[str, Any]:
    """The JSON object in a deployment's payload, empty where there is none.

    GitHub keeps a payload as JSON text, and as JSON text in a JSON string where its creator
    encoded it twice. Anyone who may deploy writes it: what is nested too deeply to be read is none.
    """
    try:
        value = json.loads(payload)
        value = json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
