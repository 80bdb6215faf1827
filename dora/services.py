"""Settings in, a deployment's service out: G3, and the JSON that deployments carry."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from dora.settings import Services

#: Between an environment's key and its service's: no name of either holds it.
MARK = "\x1f"


def service_reader(services: Services) -> Callable[[str, str, str | None], str]:
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
