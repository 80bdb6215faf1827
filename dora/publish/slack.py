"""Posts the week's message to Slack, by an incoming webhook or by a bot's token.

A bot finds the week's message and updates it. A webhook cannot read: what it posted is noted in a
receipt, a file beside the report, so that a second run posts nothing.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dora.errors import BadUsage, CannotReach, CannotWrite, DoraError, NoAccess, RateLimited
from dora.publish.atomic_file import write_file
from dora.publish.retry import LONGEST_WAIT, TemporaryFailure, seconds_in, with_retries

if TYPE_CHECKING:
    from slack_sdk import WebClient

EVENT = "dora_report"  #: the type of the metadata that a bot's message carries
TIMEOUT = 30  #: seconds
LOOK_BACK = 21 * 86_400  #: seconds of a channel's history that are searched for this week's post
PAGES = 10  #: at most, of a hundred messages each
SENT = "posted"
UNCHANGED = "posted before, and not again"
UPDATED = "written anew"

#: Slack's words for what a person can fix.
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
    """Post *message* to an incoming webhook, once a week; what was done."""
    from slack_sdk.webhook import WebhookClient

    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise NoAccess("SLACK_WEBHOOK_URL is no address", "Copy it from the app's page at Slack.")
    # The address is a secret: the receipt holds its hash alone.
    name = hashlib.sha256(f"{organization.casefold()} {url}".encode()).hexdigest()[:16]
    weeks = _read_receipt(receipt)
    if weeks.get(name) == week:
        return UNCHANGED
    client = WebhookClient(url, timeout=TIMEOUT, retry_handlers=[])
    body = {**message, "unfurl_links": False, "unfurl_media": False}

    def send() -> None:
        try:
            answer = client.send_dict(body)
        except (OSError, HTTPException) as wrong:
            raise (_failure(0, "", {}) if _never_sent(wrong) else _uncertain()) from None
        status = answer.status_code
        if status >= 500 and status != 503:
            raise _uncertain()
        if status != 200:
            raise _failure(status, str(answer.body), answer.headers)

    with_retries(send, pause)
    _write_receipt(receipt, {**weeks, name: week})
    return SENT


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
    """Post *message* as a bot, or update this week's; what was done."""
    from slack_sdk import WebClient

    client = WebClient(token, base_url=api, timeout=TIMEOUT, retry_handlers=[])
    payload = {"week": week, "organization": organization}
    body = {
        **message,
        "channel": channel,
        "metadata": {"event_type": EVENT, "event_payload": payload},
    }

    def send() -> str:
        can_read, found = _find(client, channel, payload, pause)
        try:
            if found:
                client.chat_update(**body, ts=found)
                return UPDATED
            client.chat_postMessage(**body, unfurl_links=False, unfurl_media=False)
        except Exception as wrong:
            status, word, headers = _answer_in(wrong)
            is_unanswered = status == 0 or status >= 500
            if is_unanswered and not can_read and not _never_sent(wrong):
                raise _uncertain() from None
            raise _failure(status, word, headers) from wrong
        return SENT

    return with_retries(send, pause)


def _find(
    client: "WebClient", channel: str, payload: Mapping[str, str], pause: Callable[[float], None]
) -> tuple[bool, str]:
    """Whether the channel may be read, and the time stamp of this week's message, "" for none."""
    cursor = ""
    for _ in range(PAGES):
        answer = _read_page(client, channel, cursor, pause)
        if answer is None:
            return False, ""  # it may post and not read: then a second run posts twice
        for one in answer.get("messages") or []:
            metadata = one.get("metadata") or {}
            if metadata.get("event_type") == EVENT and metadata.get("event_payload") == payload:
                return True, str(one["ts"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            break
    return True, ""


def _read_page(
    client: "WebClient", channel: str, cursor: str, pause: Callable[[float], None]
) -> Any | None:
    """A page of the channel's newest messages; None where they may not be read."""

    def read() -> Any | None:
        try:
            return client.conversations_history(
                channel=channel,
                cursor=cursor,
                limit=100,
                include_all_metadata=True,
                oldest=f"{time.time() - LOOK_BACK:.0f}",
            )
        except Exception as wrong:
            status, word, headers = _answer_in(wrong)
            if word in UNREADABLE:
                return None
            raise _failure(status, word, headers) from wrong

    return with_retries(read, pause)


def _uncertain() -> CannotReach:
    return CannotReach(
        "Slack gave no answer that says whether it has the post",
        "Look into the channel, and run it again where nothing is there.",
    )


def _answer_in(wrong: Exception) -> tuple[int, str, Mapping[str, str]]:
    """Status, Slack's word and headers of a refusal; what is a bug is raised again."""
    from slack_sdk.errors import SlackApiError, SlackClientError

    if isinstance(wrong, SlackApiError):
        answer: Any = wrong.response
        word = answer.get("error", "") if hasattr(answer, "get") else ""
        return int(getattr(answer, "status_code", 0)), str(word), getattr(answer, "headers", {})
    if isinstance(wrong, SlackClientError | OSError | HTTPException | ValueError):
        return 0, "", {}
    raise wrong


def _never_sent(wrong: BaseException) -> bool:
    """Whether no connection came about, so that Slack cannot have the message."""
    reason = getattr(wrong, "reason", wrong)
    return (
        isinstance(reason, ConnectionRefusedError)
        or "getaddrinfo" in repr(reason)
        or (type(reason).__name__ == "gaierror")
    )


def _failure(status: int, word: str, headers: Mapping[str, Any]) -> DoraError | TemporaryFailure:
    """What a refusal means, and whether a later try can succeed; status 0 without an answer."""
    if status == 429 or word in {"ratelimited", "rate_limited"}:
        lowered = {str(name).lower(): value for name, value in headers.items()}
        after = lowered.get("retry-after")
        seconds = seconds_in(after[0] if isinstance(after, list) else after)
        seconds = LONGEST_WAIT if seconds is None else seconds
        error = RateLimited("Slack's rate limit is used up", f"Run it again in {seconds:.0f} s.")
        return TemporaryFailure(error, seconds)
    if status == 0 or status >= 500:
        why = f"status {status}" if status else "no connection"
        return TemporaryFailure(
            CannotReach(f"Slack cannot be reached ({why})", "Run it again later.")
        )
    word = word.strip()[:100] or str(status)
    if word in ADVICE or status in {401, 403, 404}:
        advice = ADVICE.get(word, "Check the webhook, or the token and its scopes.")
        return NoAccess(f"Slack refuses the post: {word}", advice)
    return CannotWrite(f"Slack does not take the post: {word}", "See --dry-run for what is sent.")


def _read_receipt(path: Path) -> dict[str, str]:
    try:
        weeks = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(week) for name, week in weeks.items()} if isinstance(weeks, dict) else {}


def _write_receipt(path: Path, weeks: Mapping[str, str]) -> None:
    try:
        write_file(path, f"{json.dumps(weeks)}\n".encode())
    except CannotWrite as wrong:
        raise CannotWrite(
            f"it was posted, but {wrong.what}",
            "Do not run it again this week: it would post twice.",
        ) from None
