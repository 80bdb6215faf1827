"""Replaces a group of a Pushgateway: what an earlier run pushed and is not pushed again, is gone.

The address is checked first and shown without anything that may be secret; user and password are
handed over apart from it and are never shown.
"""

import base64
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from dora.errors import BadUsage, CannotReach, CannotWrite, DoraError, NoAccess, RateLimited
from dora.publish.gauges import Gauge
from dora.publish.prometheus.exposition import registry_of
from dora.publish.retry import TemporaryFailure, seconds_in, with_retries

JOB = "dora"  #: the group's job
TIMEOUT = 30.0  #: seconds
SAID = 300  #: characters of an answer that are shown


@dataclass(frozen=True)
class Gateway:
    """Where a Pushgateway is, and who may push to it."""

    url: str = field(repr=False)
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The address without anything that may be secret."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def check_gateway(gateway: Gateway) -> None:
    """Refuse what is not an address, or has a user in it: addresses appear in messages."""
    try:
        parts = urlsplit(gateway.url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or any(character.isspace() for character in gateway.url):
        raise BadUsage("--pushgateway: is no address; allowed: such as http://pushgateway:9091")
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise BadUsage(
            "--pushgateway: has more than an address in it; allowed: http://HOST:PORT, user and "
            "password in DORA_PUSHGATEWAY_USER and DORA_PUSHGATEWAY_PASSWORD"
        )
    if bool(gateway.user) != bool(gateway.password):
        raise BadUsage(
            "DORA_PUSHGATEWAY_USER, DORA_PUSHGATEWAY_PASSWORD: one is set without the other; "
            "allowed: both, or none"
        )


def push(
    gauges: Sequence[Gauge],
    group: Mapping[str, str],
    gateway: Gateway,
    pause: Callable[[float], None] = time.sleep,
    timeout: float = TIMEOUT,
) -> None:
    """Replace *group* of the job by *gauges*; a try that may succeed later is repeated.

    PUT is the same however often it arrives, so a lost answer is no harm.
    """
    from prometheus_client import push_to_gateway

    registry = registry_of(gauges)

    def send() -> None:
        push_to_gateway(
            gateway.url,
            JOB,
            registry,
            grouping_key=dict(group),
            timeout=timeout,
            handler=_Handler(gateway),
        )

    with_retries(send, pause)


@dataclass(frozen=True)
class _Handler:
    """Sends the requests that prometheus-client makes, and says what a refusal means."""

    gateway: Gateway

    def __call__(
        self,
        url: str,
        method: str,
        timeout: float | None,
        headers: list[tuple[str, str]],
        data: bytes,
    ) -> Callable[[], None]:
        """Give what sends the request, as prometheus-client wants it."""

        def send() -> None:
            given: dict[str, str] = dict(headers)
            if self.gateway.user:
                pair = f"{self.gateway.user}:{self.gateway.password}".encode()
                given["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
            request = Request(url, data=data, method=method, headers=given)  # noqa: S310  # checked
            try:
                with urlopen(request, timeout=timeout) as answer:  # noqa: S310  # http or https
                    text = answer.read(SAID)
            except HTTPError as wrong:
                with wrong:
                    after = seconds_in(wrong.headers.get("Retry-After"))
                    raise _failure(wrong.code, _read(wrong), after, self.gateway) from None
            except (URLError, OSError, HTTPException) as wrong:
                raise _unreachable(self.gateway, _why(wrong)) from None
            if text.strip():
                raise DoraError(
                    f"what answers at {self.gateway.shown} is no Pushgateway",
                    "Check --pushgateway, and whether a proxy answers in its place.",
                )

        return send


def _read(answer: Any) -> str:
    """What an answer says, in one line; nothing of a page that is made for browsers."""
    try:
        text = answer.read(10 * SAID).decode(errors="replace").strip()
    except (OSError, HTTPException):
        return ""
    return "" if text.startswith("<") else " ".join(text.split())[:SAID]


def _why(wrong: BaseException) -> str:
    """Why there was no answer, without the address."""
    reason = getattr(wrong, "reason", wrong)
    if isinstance(reason, TimeoutError) and not reason.strerror:
        return "no answer in time"
    said = getattr(reason, "strerror", None)
    return str(said or type(reason).__name__)


def _unreachable(gateway: Gateway, why: str) -> TemporaryFailure:
    return TemporaryFailure(
        CannotReach(
            f"the Pushgateway {gateway.shown} cannot be reached ({why})",
            "Check --pushgateway and the network, or run it again later.",
        )
    )


def _failure(
    status: int, text: str, after: float | None, gateway: Gateway
) -> DoraError | TemporaryFailure:
    """What a refusal means, and whether a later try can succeed."""
    reason = f"status {status}: {text}" if text else f"status {status}"
    if status == 429:
        when = f"in {after:.0f} s" if after else "later"
        what = f"the Pushgateway {gateway.shown} takes no more for now"
        return TemporaryFailure(RateLimited(what, f"Run it again {when}."), after or 0.0)
    if status >= 500:
        return _unreachable(gateway, reason)
    if status in {401, 403, 407}:
        return NoAccess(
            f"the Pushgateway {gateway.shown} refuses the push (status {status})",
            "Check DORA_PUSHGATEWAY_USER and DORA_PUSHGATEWAY_PASSWORD.",
        )
    advice = "Check --pushgateway." if status != 400 else "See --dry-run for what is sent."
    return CannotWrite(
        f"the Pushgateway {gateway.shown} does not take the figures ({reason})", advice
    )
