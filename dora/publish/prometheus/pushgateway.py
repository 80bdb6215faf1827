"""Gauges in, a group of a Pushgateway replaced: what an earlier run pushed and is gone, is gone.

The address is checked first and shown without anything that may be secret; user and password come
apart from it and are never shown.
"""

import base64
import random
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

JOB = "dora"  #: the group's job
TRIES = 4
PAUSE = 0.5  #: seconds before the second try, about; doubled for each further
LONGEST_WAIT = 60.0  #: seconds to wait where the gateway says how long
TIMEOUT = 30.0  #: seconds
SAID = 300  #: characters of an answer that are told


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
    """Refuse an address that is none, or that has a user in it: addresses are shown and kept."""
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
    for attempt in range(TRIES):
        sent = _Sent(gateway)
        try:
            push_to_gateway(
                gateway.url,
                JOB,
                registry,
                grouping_key=dict(group),
                timeout=timeout,
                handler=sent.handler,
            )
        except _Failed as failed:
            seconds = _wait_for(failed, gateway, is_last=attempt == TRIES - 1)
            if seconds is None:
                # Not all runs that failed together come back together.
                seconds = PAUSE * 2**attempt * random.uniform(1, 2)  # noqa: S311  # no secret
            pause(seconds)
        else:
            return


class _Failed(Exception):
    """A try that did not succeed: *status* 0 without an answer."""

    def __init__(self, status: int, said: str = "", after: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.said = said
        self.after = after


@dataclass(frozen=True)
class _Sent:
    """One request, sent as prometheus-client hands it over."""

    gateway: Gateway

    def handler(
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
                    said = answer.read(SAID)
            except HTTPError as wrong:
                with wrong:
                    raise _Failed(
                        wrong.code, _read(wrong), wrong.headers.get("Retry-After") or ""
                    ) from None
            except (URLError, OSError, HTTPException) as wrong:
                raise _Failed(0, _why(wrong)) from None
            if said.strip():
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


def _wait_for(failed: _Failed, gateway: Gateway, *, is_last: bool) -> float | None:
    """Seconds that the gateway wants to be waited for, None for as we like; or what is wrong."""
    status, said = failed.status, f": {failed.said}" if failed.said else ""
    if status == 429:  # noqa: PLR2004 (HTTP)
        seconds = float(failed.after) if failed.after.isdecimal() else None
        if is_last or (seconds or 0) > LONGEST_WAIT:
            when = f"in {seconds:.0f} s" if seconds else "later"
            raise RateLimited(
                f"the Pushgateway {gateway.shown} takes no more for now", f"Run it again {when}."
            )
        return seconds
    if status == 0 or status >= 500:  # noqa: PLR2004 (HTTP)
        if is_last:
            what = f"status {status}{said}" if status else failed.said
            raise CannotReach(
                f"the Pushgateway {gateway.shown} cannot be reached ({what})",
                "Check --pushgateway and the network, or run it again later.",
            )
        return None
    if status in {401, 403, 407}:
        raise NoAccess(
            f"the Pushgateway {gateway.shown} refuses the push (status {status})",
            "Check DORA_PUSHGATEWAY_USER and DORA_PUSHGATEWAY_PASSWORD.",
        )
    advice = "Check --pushgateway." if status != 400 else "See --dry-run for what is sent."  # noqa: PLR2004 (HTTP)
    raise CannotWrite(
        f"the Pushgateway {gateway.shown} does not take the figures (status {status}{said})", advice
    )
