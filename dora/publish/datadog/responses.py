"""Says what an answer of Datadog means: whether to try again, or what is wrong and what to do."""

import re
from collections.abc import Mapping
from typing import Any

from dora.errors import CannotReach, CannotWrite, NoAccess, RateLimited
from dora.publish.datadog.account import Account
from dora.publish.retry import TemporaryFailure, seconds_in

SAID = 300  #: characters of an answer that are shown
#: What Datadog may answer of an event that is too old. It documents no words for it: these are
#: about age, and whatever else it says of a time is an error.
_TOO_OLD = re.compile(
    r"\btoo old\b|\bolder than\b|\bin the past\b|\bretention\b|\bexpired\b", re.IGNORECASE
)


class EventTooOld(Exception):
    """Datadog refuses an event because of its age."""


class UnknownDeployment(Exception):
    """Datadog does not know the event that was to be changed."""


def failure(wrong: Any, what: str, account: Account) -> Exception:
    """What the ApiException *wrong* means for *what* was sent; TemporaryFailure where it may pass.

    TooOld or Unknown where this is no failure of the run.
    """
    status = int(wrong.status or 0)
    text = clean(error_text(wrong.body), account)
    if status == 429:
        headers = {str(name).lower(): value for name, value in (wrong.headers or {}).items()}
        after = seconds_in(headers.get("x-ratelimit-reset") or headers.get("retry-after"))
        when = f"in {after:.0f} s" if after else "later"
        error = RateLimited("Datadog's rate limit is used up", f"Run it again {when}.")
        return TemporaryFailure(error, after or 0.0)
    if status in {0, 408} or status >= 500:
        reason = f"status {status}" if status else clean(str(wrong.reason), account)
        return TemporaryFailure(unreachable(account, reason))
    if status in {401, 403}:
        keys = "DD_APP_KEY and its rights" if what == "mark" else "DD_API_KEY"
        return NoAccess(
            f"Datadog refuses the key (status {status})",
            f"Check {keys}, and DD_SITE: keys of one site are none of another.",
        )
    if status == 404 and what == "mark":
        return UnknownDeployment()
    if status == 400 and what in {"deployment", "failure"} and _TOO_OLD.search(text):
        return EventTooOld(text)
    advice = "Check DD_SITE." if status in {301, 302, 307, 308, 404} else "See --dry-run."
    return CannotWrite(
        f"Datadog does not take the {what} (status {status}{text and f': {text}'})", advice
    )


def unreachable(account: Account, why: str) -> CannotReach:
    """The error where no try had a usable answer."""
    return CannotReach(
        f"Datadog cannot be reached at {account.url} ({why})",
        "Check DD_SITE and the network, and run it again later.",
    )


def no_datadog(account: Account) -> CannotReach:
    """The error for an answer that Datadog would not give."""
    return CannotReach(
        f"what answers at {account.url} is not Datadog",
        "Check DD_SITE, and whether a proxy answers in its place.",
    )


def clean(text: str, account: Account) -> str:
    """*text* on one line, not too long, and without the account's keys, should it hold them."""
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


def error_text(body: Any) -> str:
    """The errors in an answer's body; nothing of a page that is made for browsers."""
    if isinstance(body, Mapping):
        errors = body.get("errors")
        return "; ".join(
            str(one.get("detail") or one.get("title") or "")
            if isinstance(one, Mapping)
            else str(one)
            for one in (errors if isinstance(errors, list) else [errors or ""])
        )
    return "" if str(body or "").lstrip().startswith("<") else str(body or "")
