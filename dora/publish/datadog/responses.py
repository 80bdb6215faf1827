"""Answers of Datadog in, whether to try again out, or what is wrong and what to do about it."""

import re
from collections.abc import Mapping
from typing import Any

from dora.errors import CannotReach, CannotWrite, NoAccess, RateLimited
from dora.publish.datadog.account import Account

LONGEST_WAIT = 60.0  #: seconds to wait for a rate limit
SAID = 300  #: characters of an answer that are told
#: What Datadog may answer of an event that is too old. It documents no words for it: these are
#: about age, and whatever else it says of a time is an error.
_TOO_OLD = re.compile(
    r"\btoo old\b|\bolder than\b|\bin the past\b|\bretention\b|\bexpired\b", re.IGNORECASE
)


class TooOld(Exception):
    """Datadog refuses an event because of its age."""


class Unknown(Exception):
    """Datadog does not know the event that was to be changed."""


def wait_for(wrong: Any, what: str, account: Account, *, is_last: bool) -> float | None:
    """Seconds that Datadog wants to be waited for, None for as we like; or what is wrong."""
    status = int(wrong.status or 0)
    said = clean(said_by(wrong.body), account)
    if status == 429:  # noqa: PLR2004 (HTTP)
        headers = {str(name).lower(): text for name, text in (wrong.headers or {}).items()}
        after = str(headers.get("x-ratelimit-reset") or headers.get("retry-after") or "")
        seconds = float(after) if after.isdecimal() else None
        if is_last or (seconds or 0) > LONGEST_WAIT:
            when = f"in {seconds:.0f} s" if seconds else "later"
            raise RateLimited("Datadog's rate limit is used up", f"Run it again {when}.")
        return seconds
    if status in {0, 408} or status >= 500:  # noqa: PLR2004 (HTTP)
        if is_last:
            reason = clean(str(wrong.reason), account)
            raise unreachable(account, f"status {status}" if status else reason)
        return None
    if status in {401, 403}:
        keys = "DD_APP_KEY and its rights" if what == "mark" else "DD_API_KEY"
        raise NoAccess(
            f"Datadog refuses the key (status {status})",
            f"Check {keys}, and DD_SITE: keys of one site are none of another.",
        )
    if status == 404 and what == "mark":  # noqa: PLR2004 (HTTP)
        raise Unknown
    if status == 400 and what in {"deployment", "outage"} and _TOO_OLD.search(said):  # noqa: PLR2004 (HTTP)
        raise TooOld(said)
    advice = "Check DD_SITE." if status in {301, 302, 307, 308, 404} else "See --dry-run."
    raise CannotWrite(
        f"Datadog does not take the {what} (status {status}{said and f': {said}'})", advice
    )


def unreachable(account: Account, why: str) -> CannotReach:
    """What is told where no try had an answer of use."""
    return CannotReach(
        f"Datadog cannot be reached at {account.url} ({why})",
        "Check DD_SITE and the network, and run it again later.",
    )


def no_datadog(account: Account) -> CannotReach:
    """What is told of an answer that Datadog would not give."""
    return CannotReach(
        f"what answers at {account.url} is not Datadog",
        "Check DD_SITE, and whether a proxy answers in its place.",
    )


def clean(text: str, account: Account) -> str:
    """*text* on one line, not too long, and without a key, should somebody repeat it."""
    for key in (account.api_key, account.app_key):
        if key:
            text = text.replace(key, "…")
    return " ".join(text.split())[:SAID]


def why(wrong: BaseException, timeout: float) -> str:
    """Why there was no answer, which was waited for up to *timeout* seconds."""
    if "Timeout" in type(wrong).__name__:
        return f"no answer within {timeout:g} s"
    found: BaseException | None = wrong
    while found is not None:
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        inner = [one for one in found.args if isinstance(one, BaseException)]
        found = found.__cause__ or found.__context__ or (inner[0] if inner else None)
    return type(wrong).__name__


def said_by(body: Any) -> str:
    """What an answer says; nothing of a page that is made for browsers."""
    if isinstance(body, Mapping):
        errors = body.get("errors")
        return "; ".join(
            str(one.get("detail") or one.get("title") or "")
            if isinstance(one, Mapping)
            else str(one)
            for one in (errors if isinstance(errors, list) else [errors or ""])
        )
    return "" if str(body or "").lstrip().startswith("<") else str(body or "")
