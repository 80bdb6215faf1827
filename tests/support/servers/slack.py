"""A stand-in for Slack on this machine: an incoming webhook and three methods of its API.

It refuses what Slack would: blocks beyond Block Kit's limits, unknown fields, a wrong token.
Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from dora.demo.github.http import Listener, _Handler
from dora.demo.github.messages import Request, Response, json_response

TOKEN = "xoxb-standin"
CHANNEL = "C0DORA"


@dataclass
class Slack:
    """What it was sent; *failures* are answers to come first, one a request of that path."""

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    failures: list[tuple[str, Response]] = field(default_factory=list)
    may_read: bool = True

    def answer(self, request: Request) -> Response:
        """The answer to a request."""
        self.asked.append(request.path)
        for at, (path, response) in enumerate(self.failures):
            if path == request.path:
                del self.failures[at]
                if response.keep < 1:  # carried out, and the answer lost
                    self._honest(request)
                return response
        return self._honest(request)

    def _honest(self, request: Request) -> Response:
        if request.path == "/hook":
            return self._hook(request.body)
        methods = {
            "conversations.history": self._history,
            "chat.postMessage": self._post,
            "chat.update": self._update,
        }
        error, given = "", {}
        if request.token != TOKEN:
            error = "invalid_auth"
        elif request.body.get("channel", CHANNEL) != CHANNEL:
            error = "channel_not_found"
        elif request.path.endswith(("postMessage", "update")) and complaint(request.body):
            error = "invalid_blocks"
        else:
            given = methods[request.path.removeprefix("/api/")](request)
        return json_response({"ok": False, "error": error} if error else {"ok": True, **given})

    def _hook(self, body: Mapping[str, Any]) -> Response:
        if complaint(body):
            return Response(400, b"invalid_blocks", {"content-type": "text/plain"})
        self.posted.append(dict(body))
        return Response(200, b"ok", {"content-type": "text/plain"})

    def _post(self, request: Request) -> dict[str, Any]:
        number = f"{1000 + len(self.posted)}.0001"
        self.posted.append({**_read(request.body), "ts": number})
        return {"channel": CHANNEL, "ts": number}

    def _update(self, request: Request) -> dict[str, Any]:
        at = [one["ts"] for one in self.posted].index(request.body["ts"])
        self.posted[at] = _read(request.body)
        return {"channel": CHANNEL, "ts": request.body["ts"]}

    def _history(self, request: Request) -> dict[str, Any]:
        if not self.may_read:
            return {"ok": False, "error": "missing_scope"}
        shown = self.posted[::-1]
        if request.query.get("include_all_metadata") not in {"1", "true"}:
            shown = [{**one, "metadata": None} for one in shown]
        return {"messages": shown, "response_metadata": {"next_cursor": ""}}


def _read(body: Mapping[str, Any]) -> dict[str, Any]:
    """A message as Slack keeps it: metadata may come as JSON in a string."""
    metadata = body.get("metadata")
    read = json.loads(metadata) if isinstance(metadata, str) else metadata
    return {**body, "metadata": read}


class _Forms(_Handler):
    """Requests of which some are forms: their fields are read like those of an address."""

    def _request(self, body: bytes) -> Request:
        request = super()._request(body)
        if self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return replace(request, query={**request.query, **dict(parse_qsl(body.decode()))})
        return request


@contextmanager
def slack() -> Iterator[Slack]:
    """A running stand-in."""
    listener = Listener()
    listener.RequestHandlerClass = _Forms
    made = Slack(listener.url)
    with listener.running(made.answer):
        yield made


# -- Block Kit ----------------------------------------------------------------------------------


def complaint(body: Mapping[str, Any]) -> str:
    """What Slack would refuse in a message; empty for nothing."""
    try:
        _message(body)
    except AssertionError as wrong:
        return str(wrong) or "a limit"
    return ""


def _message(body: Mapping[str, Any]) -> None:
    known = {"text", "blocks", "channel", "ts", "metadata", "unfurl_links", "unfurl_media"}
    assert set(body) <= known, f"unknown fields: {set(body) - known}"
    assert body.get("text"), "no text for notifications"
    assert len(body["text"]) <= 40_000, "text is too long"
    _no_markup(body["text"])
    blocks = body.get("blocks", [])
    assert 1 <= len(blocks) <= 50, f"{len(blocks)} blocks"
    assert len(json.dumps(blocks)) <= 100_000, "blocks are too large"
    for block in blocks:
        {"header": _header, "rich_text": _rich_text}[block["type"]](block)


def _header(block: Mapping[str, Any]) -> None:
    text = block["text"]
    assert "plain_text" == text["type"]
    assert 1 <= len(text["text"]) <= 150, "header is too long"
    assert text["emoji"] is False


def _rich_text(block: Mapping[str, Any]) -> None:
    assert {"type", "elements"} == set(block)
    assert block["elements"], "an empty rich text"
    for element in block["elements"]:
        if element["type"] == "rich_text_list":
            assert element["style"] in {"bullet", "ordered"}
            for section in element["elements"]:
                _section(section)
        else:
            _section(element)


def _section(section: Mapping[str, Any]) -> None:
    assert "rich_text_section" == section["type"]
    assert section["elements"], "an empty section"
    for element in section["elements"]:
        assert element["type"] in {"text", "link"}, f"no {element['type']} is wanted"
        assert 1 <= len(element["text"]) <= 3_000, "text of no or too great length"
        if element["type"] == "link":
            assert element["url"].startswith(("https://", "http://"))
            assert len(element["url"]) <= 3_000
        style = element.get("style", {})
        assert set(style) <= {"bold", "code", "italic", "strike"}


def _no_markup(text: str) -> None:
    """Text for notifications is read as markup: these signs begin it."""
    rest = text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not set("<>&") & set(rest), "markup in the text"
