"""Slack, by webhook and by bot, against a server that checks Block Kit's limits."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.messages import Response, json_response
from dora.render.slack_message import escape, render_message
from dora.report.diff import compare_reports
from dora.report.model import Report
from tests.support import judged_reports, reports
from tests.support.command import dora
from tests.support.published_files import MONDAY, WEEK, report, row, said, written
from tests.support.reports import HOSTILE_NAMES
from tests.support.servers.slack import CHANNEL, TOKEN, Slack, complaint, slack

POST = "/api/chat.postMessage"
NOW = report(said(row(failed=9, open=1), change_fail_rate="worse"), row("web"), until=MONDAY + WEEK)
BEFORE = report(row(), row("web"))
LOST = Response(200, b"ok", keep=0.0)


def send(
    server: Slack, folder: Path, *options: str | Path, made: Report = NOW, **variables: Any
) -> subprocess.CompletedProcess[str]:
    """Publish to Slack; by webhook unless *variables* say otherwise."""
    given = variables or {"SLACK_WEBHOOK_URL": f"{server.url}/hook"}
    return dora("publish", "slack", written(folder, made), *options, folder=folder, **given)


def by_bot(server: Slack, **more: str) -> dict[str, Any]:
    return {
        "SLACK_BOT_TOKEN": TOKEN,
        "SLACK_CHANNEL": CHANNEL,
        "SLACK_API_URL": f"{server.url}/api/",
        **more,
    }


def texts(message: Any) -> str:
    """All that a message says, part after part."""
    if isinstance(message, dict):
        own = message.get("text", "") if isinstance(message.get("text"), str) else ""
        return own + "".join(
            texts(one) for name, one in message.items() if name != "text" or not own
        )
    return "".join(map(texts, message)) if isinstance(message, list) else ""


def test_headline_movers_failures_and_link(tmp_path: Path) -> None:
    """A message says the whole in a sentence, what moved, what is open, and where more is."""
    previous = written(tmp_path, BEFORE, "previous.json")
    with slack() as server:
        link = "https://github.com/acme/shop/actions/runs/1"
        done = send(server, tmp_path, "--previous", previous, "--link", link)

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        (message,) = server.posted
        said = texts(message["blocks"])
        assert (
            "Production: 2 environments, 90 deployments, 12 of 100 failed,"
            " 1 failure not recovered yet." in said
        )
        assert "api production change fail rate 6.0 % → 18 %, worse" in said
        assert "Failures without a recovery yetapi production 1" in said
        assert link in json.dumps(message)
        assert False is message["unfurl_links"]


def test_a_webhook_posts_once_a_week(tmp_path: Path) -> None:
    """What a webhook posted is noted beside the report; the next week is another post."""
    with slack() as server:
        for _ in range(2):
            assert 0 == send(server, tmp_path).returncode
        assert 1 == len(server.posted)
        later = report(row(), until=MONDAY + 2 * WEEK)
        assert 0 == send(server, tmp_path, made=later).returncode
        assert 2 == len(server.posted)
        receipt = (tmp_path / "report.json.slack").read_text()
        assert "hook" not in receipt
        assert str(server.url) not in receipt


def test_a_bot_updates_its_post_of_the_week(tmp_path: Path) -> None:
    """A bot finds this week's message again, also on another machine."""
    with slack() as server:
        assert 0 == send(server, tmp_path, **by_bot(server)).returncode
        later = report(row(failed=20), until=NOW.window.until)
        done = send(server, tmp_path, made=later, **by_bot(server))

        assert "written anew" in done.stderr
        assert 1 == len(server.posted)
        assert "20 of 50 failed" in texts(server.posted[0]["blocks"])
        next_week = report(row(), until=NOW.window.until + WEEK)
        send(server, tmp_path, made=next_week, **by_bot(server))
        assert 2 == len(server.posted)


def test_a_bot_that_may_not_read_posts_all_the_same(tmp_path: Path) -> None:
    """Without the scope to read a channel a bot posts; it cannot know what it posted before."""
    with slack() as server:
        server.may_read = False
        assert 0 == send(server, tmp_path, **by_bot(server)).returncode
        assert 1 == len(server.posted)


@pytest.mark.usefixtures("short_pauses")
def test_a_bots_lost_answer_posts_nothing_twice(tmp_path: Path) -> None:
    """A message whose answer was lost is found, and updated."""
    with slack() as server:
        server.failures = [(POST, LOST)]
        done = send(server, tmp_path, **by_bot(server))

        assert 0 == done.returncode, done.stderr
        assert 1 == len(server.posted)


@pytest.mark.parametrize("bot", [True, False])
def test_where_nobody_knows_nothing_is_sent_again(bot: bool, tmp_path: Path) -> None:
    """A webhook, or a bot that may not read, does not guess: a person looks."""
    with slack() as server:
        server.may_read = False
        server.failures = [(POST if bot else "/hook", LOST)]
        done = send(server, tmp_path, **(by_bot(server) if bot else {}))

        assert 1 == done.returncode
        assert "Look into the channel" in done.stderr
        assert 1 == len(server.posted)


@pytest.mark.parametrize("bot", [True, False])
def test_a_short_limit_is_waited_for(bot: bool, tmp_path: Path) -> None:
    """Too many requests: it waits as long as Slack says."""
    limited = Response(429, b"", {"retry-after": "1"})
    with slack() as server:
        server.failures = [(POST if bot else "/hook", limited)]
        done = send(server, tmp_path, **(by_bot(server) if bot else {}))

        assert 0 == done.returncode, done.stderr
        assert 1 == len(server.posted)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Response(404, b"no_service"), "make a new one"),
        (Response(403, b"invalid_token"), "copy it again"),
        (Response(400, b"invalid_blocks"), "--dry-run"),
        (Response(429, b"", {"retry-after": "3600"}), "Run it again in 3600 s"),
        (Response(500, b"fatal"), "Look into the channel"),
    ],
)
def test_refusals_of_a_webhook(answer: Response, message: str, tmp_path: Path) -> None:
    """What Slack refuses ends with status 1, says what to do, and tells no secret."""
    with slack() as server:
        server.failures = [("/hook", answer)] * 9
        done = send(server, tmp_path)

        assert (1, "") == (done.returncode, done.stdout)
        assert 2 == len(done.stderr.splitlines()), done.stderr
        assert message in done.stderr
        assert "/hook" not in done.stderr
        assert [] == server.posted


@pytest.mark.parametrize(
    ("answer", "more", "message"),
    [
        (None, {"SLACK_BOT_TOKEN": "xoxb-wrong"}, "it starts with xoxb-"),
        (None, {"SLACK_CHANNEL": "C0WRONG"}, "invite the bot"),
        ({"error": "is_archived"}, {}, "--dry-run"),
        ({"error": "missing_scope"}, {}, "chat:write"),
    ],
)
def test_refusals_of_a_bot(
    answer: dict[str, str] | None, more: dict[str, str], message: str, tmp_path: Path
) -> None:
    """Likewise, in Slack's words for a bot."""
    with slack() as server:
        if answer:
            server.failures = [(POST, json_response({"ok": False, **answer}))]
        done = send(server, tmp_path, **by_bot(server, **more))

        assert 1 == done.returncode
        assert message in done.stderr
        assert "xoxb-standin" not in done.stderr
        assert [] == server.posted


@pytest.mark.usefixtures("short_pauses")
def test_nobody_listens(tmp_path: Path) -> None:
    """A webhook that nothing answers at is tried again, and then reported."""
    with slack() as gone:
        pass
    done = send(gone, tmp_path)

    assert 1 == done.returncode
    assert "cannot be reached" in done.stderr


@pytest.mark.parametrize("variables", [{"X": "1"}, {"SLACK_BOT_TOKEN": "xoxb-1"}])
def test_nothing_to_reach_slack_with(variables: dict[str, Any], tmp_path: Path) -> None:
    """Without webhook, or with a token and no channel, it says what to set."""
    done = dora("publish", "slack", written(tmp_path, NOW), folder=tmp_path, **variables)

    assert 1 == done.returncode
    assert "SLACK_WEBHOOK_URL" in done.stderr


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where slack-sdk is missing one line says what to install; a dry run needs it not."""
    monkeypatch.setitem(sys.modules, "slack_sdk", None)
    asked = ("publish", "slack", written(tmp_path, NOW))
    refused = dora(*asked, folder=tmp_path)

    assert (2, 1) == (refused.returncode, len(refused.stderr.splitlines()))
    assert "pip install 'dora-report[slack]'" in refused.stderr
    assert 0 == dora(*asked, "--dry-run", folder=tmp_path).returncode


def test_the_largest_report_is_within_the_limits() -> None:
    """Hundreds of rows with names of hundreds of letters make a message that Slack takes."""
    names = [f"{number}" + "x" * 400 for number in range(500)]
    before = report(*[row(name) for name in names])
    now = report(*[row(name, failed=30, open=2) for name in names], until=MONDAY + WEEK)
    message = render_message(
        now, compare_reports(before, now, None), link="https://x.test/" + "y" * 900
    )

    assert "" == complaint(message)
    assert "and 492 more" in texts(message["blocks"])


@pytest.mark.parametrize(
    "name", [*HOSTILE_NAMES, "<!channel>", "@here", "<https://x.test|y>", "&lt;"]
)
def test_names_are_text(name: str) -> None:
    """A name mentions nobody, links nowhere and is no markup, wherever it stands."""
    made = report(row(name, name, open=1), organization=name)
    message = render_message(made, link=name)

    assert "" == complaint(message)
    kinds = {one["type"] for block in message["blocks"] for one in _elements(block)}
    assert {"text"} == kinds - {"plain_text"}
    assert "<" not in escape(name)


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["type"] == "header":
        return [block["text"]]
    found = []
    for element in block["elements"]:
        for section in element["elements"] if element["type"] == "rich_text_list" else [element]:
            found += section["elements"]
    return found


@pytest.mark.parametrize("by", ["environment", "team", "organization"])
def test_pooled_rows_are_not_added_up(by: str) -> None:
    """Deployments of a team may be another's too: its counts are in no sum."""
    key = {
        "environment": {"environment": "prod"},
        "team": {"team": "Care", "tier": "production"},
        "organization": {"organization": "acme", "tier": "production"},
    }[by]
    message = render_message(report(replace(row(), key=key), by=by))

    assert "" == complaint(message)
    assert ("45 deployments" in texts(message["blocks"])) == (by == "environment")


def test_numbers_have_their_interval_their_place_and_what_waits() -> None:
    """B5, LT12, K2: of an organization in its headline, and of what moved in its line."""
    judged = judged_reports.judged_busy({"organization": "acme", "tier": "production"})
    message = render_message(reports.report((judged,), by="organization", benchmark="2025"))
    assert (
        "Production: deployment frequency 3.3/week (2.4–4.4, top 23–45 %, since 14 Oct); "
        "change lead time 26 h (22–31 h, top 9–56 %, 31 h from merge, 7 waiting); "
        "recovery time 1.5 h, 1 open (mean 1.7 h of 2, longest 2.5 h, 1 from before); "
        "change fail rate 6.7 % (2.3–18 %, 2 never live); rework rate 2.4 % (0.4–12 %). "
        "“Top 24–56 %”: of the respondents of DORA's 2025 survey 24 % do better and 44 % worse; "
        "the wider, the less sure."
    ) in texts(message["blocks"])
    now = judged_reports.JUDGED_OVER_TIME
    was = reports.report((reports.calm(now.rows[0].key, "production"),), benchmark="2025")
    before = reports.in_window(was, until=now.window.until - WEEK)
    message = render_message(now, compare_reports(before, now, None))
    assert "" == complaint(message)
    assert (
        "change lead time 35 min → 26 h (22–31 h, top 9–56 %, 31 h from merge, 7 waiting), "
        "worse (×1.4 or more)"
    ) in texts(message["blocks"])


def test_an_empty_report() -> None:
    """No rows, and still a message, which says why."""
    message = render_message(report())
    assert "" == complaint(message)
    why = "No rows: the token sees no repository of this organization. Run `dora doctor --org acme`"
    assert why in message["text"]
    assert why in texts(message["blocks"])
