"""Calls PagerDuty's REST API: access, retries, limits and pages.

Requests are sent by PagerDuty's own client library, an optional extra that is imported only when
needed. This module decides what a response means, because the library would wait for a rate limit
forever.
"""

import logging
import random
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from dora.collect.github.client import LONGEST_PAUSE, PAUSE
from dora.collect.github.patience import TRIES, TRIES_UNREACHABLE
from dora.collect.github.responses import FORBIDDEN, OK, SERVER_ERROR, TOO_MANY, UNAUTHORIZED
from dora.collect.progress import Progress, Stopped
from dora.config import Config
from dora.errors import CannotReach, CannotRead, DoraError, NoAccess, RateLimited

if TYPE_CHECKING:
    from pagerduty import RestApiV2Client

PUBLIC_API = "https://api.pagerduty.com"
EUROPEAN_API = "https://api.eu.pagerduty.com"
#: PagerDuty's largest page, and how far into a list it pages (offset and limit).
#: https://developer.pagerduty.com/docs/pagination
FULL_PAGE, LAST_ITEM = 100, 10_000
TIMEOUT_SECONDS = 30
#: Seconds to wait for a rate limit without a duration: PagerDuty's limits are per minute.
LIMIT_SECONDS = 60
#: A header's seconds; at most nine digits, which are 31 years.
SECONDS = re.compile(r"[0-9]{1,9}")
TOKEN_ADVICE = (
    "Set PAGERDUTY_TOKEN to a REST API key (read-only is enough), and for an account in the EU "
    f"PAGERDUTY_API_URL={EUROPEAN_API}."
)
RIGHTS_ADVICE = "Use a key that may read services and incidents: a read-only key of the account."
#: Silences the library's warnings on standard error: failures are raised as errors instead.
SILENCE = logging.NullHandler()


class _Answer(NamedTuple):
    """A response; without a status if the connection failed, with the reason in `trouble`."""

    status: int | None
    headers: Mapping[str, str] = {}
    body: Any = None
    trouble: str = ""


class PagerDutyClient:
    """Sends requests to PagerDuty with retries; only the library's client holds the token."""

    def __init__(
        self,
        client: "RestApiV2Client",
        config: Config,
        progress: Progress,
        stopping: threading.Event,
    ) -> None:
        self._client = client
        self._longest_wait = config.collect.wait
        self._progress = progress
        self._stopping = stopping
        self._was_answered = False

    def get(self, path: str, **params: object) -> dict[str, Any]:
        """The JSON at *path*. Raises NoAccess, CannotReach, RateLimited or CannotRead."""
        answer = _Answer(None)
        for attempt in range(1, TRIES + 1):
            answer = self._send(path, params)
            if answer.status == OK and isinstance(answer.body, dict):
                return answer.body
            if answer.status in {UNAUTHORIZED, FORBIDDEN}:
                raise self._refused(answer)
            if answer.status == TOO_MANY:
                self._wait_for_limit(answer)
            elif answer.status not in {None, OK} and answer.status < SERVER_ERROR:
                raise CannotRead(f"PagerDuty does not tell {path}: {answer.trouble}")
            elif answer.status is None and not self._was_answered and attempt >= TRIES_UNREACHABLE:
                break
            self._pause(attempt)
        if answer.status == TOO_MANY:
            raise RateLimited(
                f"PagerDuty's rate limit was not lifted in {TRIES} tries", "Run it again later."
            )
        raise CannotReach(
            f"{self._client.url} gives no usable answer: {answer.trouble}",
            "Check the network and PAGERDUTY_API_URL, then run it again.",
        )

    def items(self, path: str, key: str, **params: object) -> tuple[list[dict[str, Any]], bool]:
        """A list's items, and whether they are all: PagerDuty pages no further than 10,000."""
        found: list[dict[str, Any]] = []
        offset = 0
        while offset + FULL_PAGE <= LAST_ITEM:
            page = self.get(path, limit=FULL_PAGE, offset=offset, **params)
            if not isinstance(page.get(key), list):
                raise CannotReach(
                    f"{self._client.url} is not PagerDuty's API: it lists no {key}",
                    f"Set PAGERDUTY_API_URL to {PUBLIC_API} or {EUROPEAN_API}, or unset it.",
                )
            found += page[key]
            if not page.get("more"):
                return found, True
            offset += page.get("limit") or FULL_PAGE
        return found, False

    def _send(self, path: str, params: dict[str, object]) -> _Answer:
        """Send one request; a failed connection is a result, not an exception."""
        from httpx2 import HTTPError
        from pagerduty import Error

        if self._stopping.is_set():
            raise Stopped
        try:
            response: Any = self._client.request("GET", path, params=params)
        except HTTPError as wrong:
            return _Answer(None, trouble=f"the connection failed ({type(wrong).__name__})")
        except Error as wrong:  # its text may contain a part of the token
            response = wrong.response
            if response is None:
                cause = type(wrong.__cause__ or wrong).__name__
                return _Answer(None, trouble=f"the connection failed ({cause})")
        self._was_answered = True
        try:
            body = None if response.status_code == TOO_MANY else response.json()
        except ValueError:
            body = None
        form = "" if isinstance(body, dict) else ", no JSON"
        trouble = self._message(body) or f"status {response.status_code}{form}"
        return _Answer(response.status_code, response.headers, body, trouble)

    def _message(self, body: Any) -> str:
        """The message of PagerDuty's error, on one line and without the token."""
        error = body.get("error") if isinstance(body, dict) else None
        if not isinstance(error, dict):
            return ""
        reasons = error.get("errors")
        parts = [error.get("message"), *(reasons if isinstance(reasons, list) else ())]
        message = " ".join("; ".join(str(part) for part in parts if part).split())
        return message.replace(self._client.auth_method.secret, "…")

    def _refused(self, answer: _Answer) -> NoAccess:
        if answer.status == UNAUTHORIZED:
            return NoAccess(f"{self._client.url} refuses the token: {answer.trouble}", TOKEN_ADVICE)
        return NoAccess(
            f"{self._client.url} does not let the token read incidents: {answer.trouble}",
            RIGHTS_ADVICE,
        )

    def _wait_for_limit(self, answer: _Answer) -> None:
        """Wait until the limit is lifted; raises RateLimited if that takes too long."""
        durations = [answer.headers.get(name, "") for name in ("retry-after", "ratelimit-reset")]
        seconds = [int(text) for text in durations if SECONDS.fullmatch(text)]
        wait = timedelta(seconds=max(seconds, default=LIMIT_SECONDS))
        resume = datetime.now(UTC) + wait
        if wait > self._longest_wait:
            raise RateLimited(
                f"PagerDuty's rate limit lasts until {resume:%H:%M:%S} UTC, longer than "
                f"the wait allowed ({self._longest_wait.total_seconds() / 60:g} min)",
                "Run it again then, or allow a longer wait with --wait.",
            )
        self._progress.waits(resume, "PagerDuty's rate limit")
        self._sleep(wait.total_seconds())

    def _pause(self, attempt: int) -> None:
        longest = min(LONGEST_PAUSE, PAUSE * 2 ** (attempt - 1))
        self._sleep(longest * random.uniform(0.5, 1))  # noqa: S311  # jitter, no secret

    def _sleep(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped


@contextmanager
def connect(
    config: Config, variables: Mapping[str, str], progress: Progress, stopping: threading.Event
) -> Iterator[PagerDutyClient]:
    """A client by the environment *variables*, which is closed at the end."""
    try:
        from pagerduty import Error, RestApiV2Client
    except ImportError:
        raise DoraError(
            "PagerDuty cannot be read without its library: `pip install dora-report[pagerduty]`"
        ) from None

    def hand_over(response: Any) -> None:
        """Keep the library from waiting for a rate limit on its own, without an end."""
        if response.status_code == TOO_MANY:
            raise Error("rate limit", response)  # type: ignore[no-untyped-call]  # the library's

    token, base = find_access(variables)
    hooks = {"response": [hand_over]}
    logging.getLogger("pagerduty").addHandler(SILENCE)
    with RestApiV2Client(token, base_url=base, event_hooks=hooks) as client:
        client.max_network_attempts = 0  # this module counts the attempts
        client.timeout = TIMEOUT_SECONDS
        yield PagerDutyClient(client, config, progress, stopping)


def find_access(variables: Mapping[str, str]) -> tuple[str, str]:
    """The token and the API's address; raises NoAccess if the token is missing."""
    token = variables.get("PAGERDUTY_TOKEN", "").strip()
    if not token:
        raise NoAccess("there is no token to read PagerDuty with", TOKEN_ADVICE)
    if not re.fullmatch(r"[!-~]+", token):
        raise NoAccess("PAGERDUTY_TOKEN holds characters that no token has", TOKEN_ADVICE)
    base = variables.get("PAGERDUTY_API_URL", "").strip().rstrip("/") or PUBLIC_API
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise NoAccess(
            "PAGERDUTY_API_URL is no https address without a user in it",
            f"Set it to {PUBLIC_API} or {EUROPEAN_API}, or unset it.",
        )
    return token, base
