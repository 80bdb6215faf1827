"""A finished message in, a post in Slack out: by an incoming webhook, or by a bot's token.

A bot finds the week's message again and writes it anew. A webhook can read nothing: what it
posted is noted in a receipt, a file beside the report, so that a second run posts nothing.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dora.errors import BadUsage, CannotReach, CannotWrite, NoAccess, RateLimited

if TYPE_CHECKING:
    from slack_sdk import WebClient

EVENT = "dora_report"  #: the type of the metadata that a bot's message carries
TRIES = 4
PAUSE = 1.0  #: seconds before the second try; doubled for each further
LONGEST_WAIT = 60.0  #: seconds to wait for a rate limit
TIMEOUT = 30  #: seconds
LOOK_BACK = 21 * 86_400  #: seconds of a channel's history that are searched for this week's post
PAGES = 10  #: of a hundred messages each, at the most
SENT = "posted"
UNCHANGED = "posted before, and not again"
UPDATED = "written anew"

#: Slack's words for what a person can mend.
ADVICE = {
    "channel_not_found": "Name the channel's id, and invite the bot to it.",
    "not_in_channel": "Invite the bot to the channel.",
    "invalid_auth": "Set SLACK_BOT_TOKEN anew: it starts with xoxb-.",
    "token_revoked": "Set SLACK_BOT_TOKEN anew.",
    "missing_scope": "Give the bot the scope chat:write.",
    "no_service": "The webhook was taken away: make a new one.",
    "invalid_token": "The webhook's address is wrong: copy it again.",
    "channel_is_archived": "Choose a channel that is in use.",
}

#: Slack's words where a bot may not read a channel, which it may still write to.
UNREADABLE = (
    "missing_scope",
    "channel_not_found",
    "not_in_channel",
    "method_not_supported_for_channel_type",
)


def check_installed() -> None:
    """Refuse to go on without slack-sdk."""
    try:
        import slack_sdk  # noqa: F401  # an optional extra
    except ImportError:
        raise BadUsage(
            "slack: the package slack-sdk is not installed; allowed: with the extra, "
            "`pip install 'dora-report[slack]'`"
        ) from None


def post_by_webhook(
    message: Mapping[str, Any],
    url: str,
    *,
    week: str,
    organization: str,
    receipt: Path,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Post *message* to an incoming webhook, once a week; says what was done."""
    from slack_sdk.webhook import WebhookClient

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NoAccess("SLACK_WEBHOOK_URL is no address", "Copy it from the app's page at Slack.")
    # The address is a secret: only what it hashes to is kept.
    name = hashlib.sha256(f"{organization.casefold()} {url}".encode()).hexdigest()[:16]
    kept = _read_receipt(receipt)
    if kept.get(name) == week:
        return UNCHANGED
    client = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[])
    body = {**message, "unfurl_links": False, "unfurl_media": False}
    for attempt in range(TRIES):
        try:
            answer = client.send_dict(body)
            status, said, headers = answer.status_code, str(answer.body), answer.headers
        except (OSError, HTTPException) as wrong:
            status, said, headers = 0, "", {}
            if not _never_sent(wrong):
                raise _nobody_knows() from None
        if status == 200:  # noqa: PLR2004 (HTTP)
            _write_receipt(receipt, {**kept, name: week})
            return SENT
        if status >= 500 and status != 503:  # noqa: PLR2004 (HTTP)
            raise _nobody_knows()
        _wait_or_raise(status, said, headers, attempt, pause)
    raise AssertionError  # the last attempt returns or raises


def post_by_bot(
    message: Mapping[str, Any],
    token: str,
    channel: str,
    *,
    week: str,
    organization: str,
    api: str,
    pause: Callable[[float], None] = time.sleep,
) -> str:
    """Post *message* as a bot, or write this week's anew; says what was done."""
    from slack_sdk import WebClient

    client = WebClient(token, base_url=api, timeout=TIMEOUT, retry_handlers=[])
    known = {"week": week, "organization": organization}
    body = {
        **message,
        "channel": channel,
        "metadata": {"event_type": EVENT, "event_payload": known},
    }
    for attempt in range(TRIES):
        can_read, found = _find(client, channel, known, pause)
        try:
            if found:
                client.chat_update(**body, ts=found)
                return UPDATED
            client.chat_postMessage(**body, unfurl_links=False, unfurl_media=False)
        except Exception as wrong:  # noqa: BLE001  # told apart there, all of them
            status, said, headers = _failure(wrong)
            if not can_read and (status == 0 or status >= 500) and not _never_sent(wrong):  # noqa: PLR2004 (HTTP)
                raise _nobody_knows() from None
            _wait_or_raise(status, said, headers, attempt, pause)
        else:
            return SENT
    raise AssertionError  # the last attempt returns or raises


def _find(
    client: "WebClient", channel: str, known: Mapping[str, str], pause: Callable[[float], None]
) -> tuple[bool, str]:
    """Whether the channel may be read, and the time stamp of this week's message, "" for none."""
    cursor = ""
    for _ in range(PAGES):
        answer = _page(client, channel, cursor, pause)
        if answer is None:
            return False, ""  # it may post and not read: then a second run posts twice
        for one in answer.get("messages") or []:
            metadata = one.get("metadata") or {}
            if metadata.get("event_type") == EVENT and metadata.get("event_payload") == known:
                return True, str(one["ts"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return True, ""


def _page(
    client: "WebClient", channel: str, cursor: str, pause: Callable[[float], None]
) -> Any | None:
    """A page of the channel's newest messages; None where they may not be read."""
    for attempt in range(TRIES):
        try:
            return client.conversations_history(
                channel=channel,
                cursor=cursor,
                limit=100,
                include_all_metadata=True,
                oldest=f"{time.time() - LOOK_BACK:.0f}",
            )
        except Exception as wrong:  # noqa: BLE001  # told apart there, all of them
            status, said, headers = _failure(wrong)
            if said in UNREADABLE:
                return None
            _wait_or_raise(status, said, headers, attempt, pause)
    raise AssertionError  # the last attempt returns or raises


def _nobody_knows() -> CannotReach:
    return CannotReach(
        "Slack gave no answer that says whether it has the post",
        "Look into the channel, and run it again where nothing is there.",
    )


def _failure(wrong: Exception) -> tuple[int, str, Mapping[str, str]]:
    """Status, Slack's word and headers of what went wrong; a bug is raised on."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    if isinstance(wrong, SlackApiError):
        answer: Any = wrong.response
        said = answer.get("error", "") if hasattr(answer, "get") else ""
        return int(getattr(answer, "status_code", 0)), str(said), getattr(answer, "headers", {})
    if isinstance(wrong, SlackClientError | OSError | HTTPException | ValueError):
        return 0, "", {}
    raise wrong


def _never_sent(wrong: BaseException) -> bool:
    """Whether no connection came about, so that Slack cannot have the message."""
    reason = getattr(wrong, "reason", wrong)
    return isinstance(reason, ConnectionRefusedError) or "getaddrinfo" in repr(reason) or (
        type(reason).__name__ == "gaierror"
    )  # fmt: skip


def _wait_or_raise(
    status: int, said: str, headers: Mapping[str, str], attempt: int, pause: Callable[[float], None]
) -> None:
    """Wait where a later try can succeed; else say what is wrong and what to do."""
    is_last = attempt == TRIES - 1
    lowered = {str(name).lower(): value for name, value in headers.items()}
    if status == 429 or said in {"ratelimited", "rate_limited"}:  # noqa: PLR2004 (HTTP)
        after = lowered.get("retry-after", "")
        after = after[0] if isinstance(after, list) else after
        seconds = float(after) if str(after).isdecimal() else LONGEST_WAIT
        if is_last or seconds > LONGEST_WAIT:
            raise RateLimited("Slack's rate limit is used up", f"Run it again in {seconds:.0f} s.")
        pause(seconds)
        return
    if status == 0 or status >= 500:  # noqa: PLR2004 (HTTP)
        if is_last:
            why = f"status {status}" if status else "no connection"
            raise CannotReach(f"Slack cannot be reached ({why})", "Run it again later.")
        pause(PAUSE * 2**attempt)
        return
    word = said.strip()[:100] or str(status)
    if word in ADVICE or status in {401, 403, 404}:
        advice = ADVICE.get(word, "Check the webhook, or the token and its scopes.")
        raise NoAccess(f"Slack refuses the post: {word}", advice)
    raise CannotWrite(f"Slack does not take the post: {word}", "See --dry-run for what is sent.")


def _read_receipt(path: Path) -> dict[str, str]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(week) for name, week in kept.items()} if isinstance(kept, dict) else {}


def _write_receipt(path: Path, kept: Mapping[str, str]) -> None:
    try:
        path.write_text(json.dumps(kept) + "\n", encoding="utf-8")
    except OSError as wrong:
        raise CannotWrite(
            f"it was posted, but {path} cannot be written: {wrong.strerror}",
            "Do not run it again this week: it would post twice.",
        ) from None
