"""A stand-in for PagerDuty on this machine: services and incidents in, its REST API v2 over HTTPS.

It answers as PagerDuty's public description says (github.com/PagerDuty/api-schema), and never
kinder: where that is silent, it takes the less convenient reading. HTTPS, because PagerDuty's
client library speaks nothing else.
"""

import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

#: the token the stand-in accepts; made up, it opens nothing anywhere
TOKEN = "u+standin-zq9Xw4Kd"
ACCEPT = "application/vnd.pagerduty+json;version=2"
#: the account's own time zone: what dates are shown in unless a query asks for another
ACCOUNT_ZONE = timezone(timedelta(hours=-5))


@dataclass(frozen=True)
class Service:
    """A service of the account."""

    id: str
    name: str


@dataclass(frozen=True)
class Incident:
    """An incident; it is resolved when it has an end, and *merged_into* says by which one."""

    id: str
    service: str
    opened_at: datetime
    resolved_at: datetime | None = None
    title: str = "The server is on fire."
    details: str | dict[str, str] = ""
    merged_into: str | None = None
    tells_end: bool = True  #: whether `resolved_at` is among its fields, as it was not always


@dataclass(frozen=True)
class Fault:
    """One answer that is not what was asked for; without a status the connection is cut."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    path: str
    query: dict[str, list[str]]


@dataclass
class Account:
    """What PagerDuty knows and allows; faults are used up from the front, one a request."""

    services: list[Service] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)  #: incidents the token may not see
    longest_range: timedelta = timedelta(days=181)
    last_item: int = 10_000
    is_dates_only: bool = False  #: whether the time of day in `since` and `until` is ignored
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def answer(self, asked: Asked) -> tuple[int, dict[str, Any]]:
        """Status and body for an honest request."""
        _, _, incident = asked.path.partition("/incidents/")
        if asked.path == "/services":
            return self._page("services", [_service(one) for one in self.services], asked.query)
        if asked.path == "/incidents":
            return self._incidents(asked.query)
        for one in self.incidents:
            if one.id == incident and one.id in self.hidden:
                return 403, _error("Access Denied", 2010)
            if one.id == incident:
                return 200, {"incident": self._incident(one, asked.query)}
        return 404, _error("Not Found", 2100)

    def _incidents(self, query: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        now = datetime.now(UTC)
        since, until = (self._read(query[key][0]) if key in query else None for key in RANGE)
        until = until or (since + MONTH if since else now)
        since = since or until - MONTH
        if until - since > self.longest_range:
            return 400, _error("Invalid Input Provided", 2001, " is invalid.")
        services = query.get("service_ids[]", [one.id for one in self.services])
        statuses = query.get("statuses[]", ["triggered", "acknowledged", "resolved"])
        found = [
            one
            for one in self.incidents
            if since <= one.opened_at < until
            and one.service in services
            and _status(one) in statuses
            and one.id not in self.hidden
        ]
        ascending = query.get("sort_by") == ["created_at:asc"]
        found.sort(key=lambda one: one.opened_at, reverse=not ascending)
        return self._page("incidents", [self._incident(one, query) for one in found], query)

    def _read(self, text: str) -> datetime:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=ACCOUNT_ZONE)
        instant = instant.astimezone(UTC)
        return instant.replace(hour=0, minute=0, second=0) if self.is_dates_only else instant

    def _page(
        self, key: str, items: list[dict[str, Any]], query: dict[str, list[str]]
    ) -> tuple[int, dict[str, Any]]:
        limit = min(int(query.get("limit", ["25"])[0]), 100)
        offset = int(query.get("offset", ["0"])[0])
        if offset + limit > self.last_item:
            told = f"Offset+limit exceeds maximum allowed value of {self.last_item}."
            return 400, _error("Arguments Caused Error", 2002, told)
        more = offset + limit < len(items)
        page = {"limit": limit, "offset": offset, "total": None, "more": more}
        return 200, {key: items[offset : offset + limit], **page}

    def _incident(self, one: Incident, query: dict[str, list[str]]) -> dict[str, Any]:
        zone = UTC if query.get("time_zone") == ["UTC"] else ACCOUNT_ZONE
        show = partial(_shown, zone=zone)
        names = {service.id: service.name for service in self.services}
        web = f"https://medica-flow.pagerduty.com/incidents/{one.id}"
        trigger: dict[str, Any] = {"id": f"R{one.id}", "type": "trigger_log_entry_reference"}
        if "first_trigger_log_entries" in query.get("include[]", []):
            trigger["type"] = "trigger_log_entry"
            trigger["channel"] = {"type": "web_trigger", "details": one.details}
        made = {
            "id": one.id,
            "type": "incident",
            "html_url": web,
            "title": one.title,
            "description": one.title,
            "created_at": show(one.opened_at),
            "status": _status(one),
            "service": {
                "id": one.service,
                "type": "service_reference",
                "summary": names.get(one.service),
            },
            "last_status_change_at": show(one.resolved_at or one.opened_at),
            "resolved_at": one.resolved_at and show(one.resolved_at),
            "first_trigger_log_entry": trigger,
            "resolve_reason": one.merged_into
            and {
                "type": "merge_resolve_reason",
                "incident": {"id": one.merged_into, "type": "incident_reference"},
            },
        }
        return made if one.tells_end else {key: made[key] for key in made if key != "resolved_at"}


RANGE = ("since", "until")
MONTH = timedelta(days=30)


@contextmanager
def serve(account: Account, folder: Path) -> Iterator[Path]:
    """*account* on a port of this machine (its `url`); gives the certificate to trust."""
    certificate, key = _certify(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, account)) as server:
        server.daemon_threads = False  # closing waits for them: nothing outlives its test
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
        account.url = f"https://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield certificate
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    wbufsize = -1  # one write an answer: two would wait for each other (Nagle)

    def __init__(self, account: Account, *args: Any) -> None:
        self._account = account
        super().__init__(*args)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = Asked(parts.path, parse_qs(parts.query))
        self._account.asked.append(asked)
        fault = self._account.faults.pop(0) if self._account.faults else None
        if fault is not None and fault.status is None:
            self.close_connection = True
        elif fault is not None:
            self._send(fault.status or 0, fault.body, fault.headers)
        elif self.headers["Authorization"] != f"Token token={TOKEN}":
            self._send(401, json.dumps(_error("Unauthorized", 2006)))
        elif self.headers["Accept"] != ACCEPT:
            self._send(406, json.dumps(_error("Not Acceptable", 2001)))
        else:
            status, body = self._account.answer(asked)
            self._send(status, json.dumps(body))

    def _send(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
        content = body.encode()
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**told, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _status(incident: Incident) -> str:
    return "resolved" if incident.resolved_at else "triggered"


def _service(service: Service) -> dict[str, Any]:
    return {"id": service.id, "type": "service", "name": service.name, "summary": service.name}


def _shown(instant: datetime, zone: timezone) -> str:
    return instant.astimezone(zone).isoformat(timespec="seconds").replace("+00:00", "Z")


def _error(message: str, code: int, *reasons: str) -> dict[str, Any]:
    return {"error": {"message": message, "code": code, "errors": list(reasons)}}


def _certify(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1, and its key, made for this run alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths
