"""Reads the incidents of the mapped services from PagerDuty (F7)."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from dora.collect.pagerduty.client import LAST_ITEM, PagerDutyClient, connect
from dora.collect.progress import Progress
from dora.config import Config
from dora.errors import BadUsage, CannotRead, NoAccess
from dora.model.incident_texts import find_named

#: PagerDuty limits the range of a query to six months; the shortest six have 181 days.
LONGEST_RANGE = timedelta(days=180)
#: Services in one query, few enough to keep its URL below 2,000 characters.
SERVICES_AT_ONCE = 50
STATUSES = ("triggered", "acknowledged", "resolved")


def read_incidents(
    config: Config,
    variables: Mapping[str, str],
    progress: Progress,
    *,
    stopping: threading.Event | None = None,
) -> list[tuple[object, ...]]:
    """Incidents of the mapped services, opened from `since - lookback` until `until` (F7, W2, W3).

    One row of the incidents table for each, sorted by when it was opened. `closed_at` may be after
    `until`. Sends no request if no service is mapped. `PAGERDUTY_TOKEN` and `PAGERDUTY_API_URL` are
    looked up in *variables*; *stopping* ends a wait early (Stopped). Raises NoAccess, CannotReach,
    CannotRead, RateLimited, BadUsage for an unknown service, and DoraError if PagerDuty's library
    is not installed.
    """
    if not config.incidents.pagerduty:
        return []
    since, until = config.lookback_start, config.window.until
    with connect(config, variables, progress, stopping or threading.Event()) as api:
        owners = _find_owners(api, config.incidents.pagerduty)
        known = _list_incidents(api, sorted(owners), since, until)
        rows: list[tuple[datetime, str, tuple[object, ...]]] = []
        for name, incident in list(known.items()):
            opened_at = _instant(incident["created_at"])
            owner = owners.get(incident["service"]["id"])
            if owner is not None and since <= opened_at < until:
                closed_at = _find_end(api, incident, known)
                details = _find_named(incident), incident.get("html_url")
                row = (None, 0, name, owner, opened_at, closed_at, *details, None, None, None)
                rows.append((opened_at, name, row))
    return [row for _, _, row in sorted(rows, key=lambda row: row[:2])]


def _find_owners(api: PagerDutyClient, mapped: Mapping[str, str]) -> dict[str, str]:
    """The repository of each mapped service, by the service's id; BadUsage for unknown services.

    Ids are looked up, too: for an unknown id PagerDuty gives no incidents, without an error.
    """
    services, _ = api.items("/services", "services")
    ids = {service["id"]: service["id"] for service in services}
    names = {str(service["name"]).casefold(): service["id"] for service in services}
    keys: dict[str, str] = {}
    problems = []
    for key, repository in mapped.items():
        service = ids.get(key) or names.get(key.casefold())
        if service is None:
            near = get_close_matches(key, [str(one["name"]) for one in services], n=1)
            hint = f"did you mean {near[0]!r}?" if near else "allowed: its id or its name"
            problems.append(f"incidents.pagerduty: PagerDuty shows no service {key!r}; {hint}")
        elif mapped[keys.setdefault(service, key)] != repository:
            problems.append(
                f"incidents.pagerduty: {keys[service]!r} and {key!r} are one service; "
                "allowed: one repository for it"
            )
    if problems:
        raise BadUsage("\n".join(problems))
    return {service: mapped[key] for service, key in keys.items()}


def _list_incidents(
    api: PagerDutyClient, services: list[str], since: datetime, until: datetime
) -> dict[str, dict[str, Any]]:
    """Incidents opened on the days from *since* until *until*, perhaps some more, by their id.

    The query is for whole days: whether PagerDuty heeds the time of day, and whether the end is
    included, is not documented (https://github.com/PagerDuty/developer-docs/issues/74).
    """
    first, end = _midnight(since), _midnight(until + timedelta(days=1))
    found: dict[str, dict[str, Any]] = {}
    for index in range(0, len(services), SERVICES_AT_ONCE):
        some = services[index : index + SERVICES_AT_ONCE]
        here = first
        while here < end:
            there = min(end, here + LONGEST_RANGE)
            for incident in _list_range(api, some, here, there):
                found[incident["id"]] = incident
            here = there
    return found


def _list_range(
    api: PagerDutyClient, services: list[str], since: datetime, until: datetime
) -> Iterator[dict[str, Any]]:
    """Incidents of a range that is short enough for one query; some of them may come twice.

    If there are more than PagerDuty pages through, another query starts at the last one.
    """
    is_complete = False
    while not is_complete:
        page, is_complete = api.items(
            "/incidents",
            "incidents",
            since=_written(since),
            until=_written(until),
            time_zone="UTC",
            sort_by="created_at:asc",
            **{
                "service_ids[]": services,
                "statuses[]": list(STATUSES),
                "include[]": ["first_trigger_log_entries"],
            },
        )
        yield from page
        last = max((_instant(one["created_at"]) for one in page), default=since)
        if not is_complete and last <= since:
            raise CannotRead(
                f"PagerDuty holds more than {LAST_ITEM:,} incidents opened at {_written(since)}, "
                "and lists no more"
            )
        since = last


def _find_end(
    api: PagerDutyClient, incident: dict[str, Any], known: dict[str, dict[str, Any]]
) -> datetime | None:
    """When an incident was resolved; None while it is open.

    Merging an incident into another resolves it, but the harm goes on: it ends with the other
    incident. *known* caches the incidents that were read for this.
    """
    passed = {incident["id"]}
    while incident["status"] == "resolved":
        reason = incident.get("resolve_reason") or {}
        target = (reason.get("incident") or {}).get("id")
        if target is None or target in passed:
            return _instant(incident.get("resolved_at") or incident["last_status_change_at"])
        passed.add(target)
        if target not in known:
            try:
                known[target] = api.get(f"/incidents/{target}", time_zone="UTC")["incident"]
            except (
                CannotRead,
                NoAccess,
            ):  # deleted, or another team's: use this incident's own end
                known[target] = {**incident, "id": target, "resolve_reason": None}
        incident = known[target]
    return None


def _find_named(incident: dict[str, Any]) -> str | None:
    """The deployment that an incident's body or description names; None if there is none (F7).

    PagerDuty's lists leave the body out, whose text is that of the event that triggered it.
    """
    trigger = incident.get("first_trigger_log_entry") or {}
    for text in (
        (incident.get("body") or {}).get("details"),
        (trigger.get("channel") or {}).get("details"),
        incident.get("description"),
        incident.get("title"),
    ):
        if isinstance(text, dict):  # sent by a monitoring tool: each key becomes a line
            text = "\n".join(f"{key}: {value}" for key, value in text.items())  # noqa: PLW2901
        named = find_named(text) if isinstance(text, str) else None
        if named is not None:
            return named
    return None


def _midnight(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _written(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
