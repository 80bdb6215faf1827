"""Datadog refuses, is busy or away, or is not Datadog: clear words, status 1, and no key shown."""

import base64
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.errors import DoraError
from dora.publish.datadog.account import Account, find_account
from dora.publish.datadog.client import Datadog
from dora.publish.datadog.series import figures_of
from dora.publish.gauges import gauges_of
from dora.publish.retry import LONGEST_WAIT, TRIES
from tests.support.command import dora
from tests.support.datadog_runs import DAY, NOW, made_evidence, made_report, send
from tests.support.published_files import deployment, written, written_evidence
from tests.support.servers.datadog import API_KEY, APP_KEY, datadog
from tests.support.servers.recording import HTML, RESET, Answer, recording

SERIES = figures_of(gauges_of(made_report()).gauges, NOW).series


def errors_answer(*errors: Any, status: int = 400, **headers: str) -> Answer:
    """An answer in JSON, as Datadog gives its errors."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    kind = {"content-type": "application/json"}
    return Answer(status, json.dumps({"errors": errors}).encode(), {**kind, **named})


BUSY = errors_answer("Too many requests", status=429, x_ratelimit_reset="3600")
PAGE = {"content-type": "text/html"}


@pytest.mark.parametrize(
    ("answers", "what", "advice"),
    [
        (
            [errors_answer("Payload is not in the expected format")],
            "figures (status 400: Payload is",
            "See",
        ),
        (
            [errors_answer({"title": "Bad", "detail": "no metric"})],
            "(status 400: no metric)",
            "See --dry-run",
        ),
        (
            [errors_answer(f"no such key: {API_KEY}")],
            "(status 400: no such key: …)",
            "See --dry-run.",
        ),
        ([Answer(400, HTML, PAGE)], "does not take the figures (status 400)", "See --dry-run."),
        (
            [errors_answer("Forbidden", status=403)],
            "refuses the key (status 403)",
            "Check DD_API_KEY, and",
        ),
        (
            [errors_answer("Unauthorized", status=401)],
            "refuses the key (status 401)",
            "keys of one site",
        ),
        (
            [errors_answer("Not found", status=404)],
            "figures (status 404: Not found)",
            "Check DD_SITE.",
        ),
        (
            [errors_answer("Payload too large", status=413)],
            "(status 413: Payload too large)",
            "See --dry",
        ),
        ([Answer(302, b"", {"location": "http://127.0.0.1:9"})], "(status 302)", "Check DD_SITE."),
        ([BUSY], "rate limit is used up", "Run it again in 3600 s."),
        ([Answer(429)] * TRIES, "rate limit is used up", "Run it again later."),
        (
            [errors_answer(status=500)] * TRIES,
            "cannot be reached at {url} (status 500)",
            "Check DD_SITE and",
        ),
        ([Answer(502, HTML, PAGE)] * TRIES, "(status 502)", "run it again later."),
        ([Answer(408)] * TRIES, "(status 408)", "run it again later."),
        ([RESET] * TRIES, "(Connection reset by peer)", "run it again later."),
        ([Answer(200, HTML, PAGE)], "what answers at {url} is not Datadog", "whether a proxy"),
        ([Answer(502, b"\xff")] * TRIES, "what answers at {url} is not Datadog", "whether a proxy"),
        ([Answer(202, b"[]")], "what answers at {url} is not Datadog", "whether a proxy"),
        ([Answer(202, b"")], "what answers at {url} is not Datadog", "whether a proxy"),
        (
            [errors_answer("one point refused", status=202)],
            "not take all figures: one point",
            "See --dry",
        ),
    ],
)
def test_a_refusal(
    answers: list[Answer], what: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each says what is wrong and what to do; what may pass by is tried four times."""
    caplog.set_level(logging.DEBUG)
    with recording() as server:
        server.answers = list(answers)
        waits: list[float] = []
        client = Datadog(Account(server.url, API_KEY, APP_KEY), waits.append)
        with pytest.raises(DoraError) as wrong:
            client.send_figures(SERIES)

        assert what.replace("{url}", server.url) in wrong.value.what
        assert advice in wrong.value.advice
        assert 1 == wrong.value.exit_status
        assert len(answers) == len(server.sent) == len(waits) + 1
        assert all(0 < wait <= LONGEST_WAIT for wait in waits)
        said = f"{wrong.value!r} {client!r} {client._account!r} {caplog.text}"
        assert API_KEY not in said
        assert APP_KEY not in said


@pytest.mark.parametrize(
    ("answer", "least", "most"),
    [
        (errors_answer("busy", status=429, x_ratelimit_reset="7"), 7.0, 7.5),
        (errors_answer("busy", status=503), 0.5, 1.0),
        (RESET, 0.5, 1.0),
    ],
)
def test_what_passes_is_waited_for(answer: Answer, least: float, most: float) -> None:
    """One failure that goes by is no failure; a limit is waited for as long as Datadog says."""
    with datadog() as server:
        server.server.answers = [answer]
        waits: list[float] = []
        Datadog(Account(server.url, API_KEY), waits.append).send_figures(SERIES)

        first, second = server.server.sent
        assert first.body == second.body
        assert len(SERIES) == len(server.series)
        assert least <= waits[0] <= most


@pytest.mark.parametrize("user", ["", "us%40er:pa55w0rd-9@"])
def test_through_a_proxy(user: str, tmp_path: Path) -> None:
    """A proxy is asked where the environment names one, by its user and password."""
    with recording(lambda _: errors_answer(status=202)) as proxy:
        address = proxy.url.replace("//", f"//{user}")
        done = dora(
            "publish",
            "datadog",
            written(tmp_path, made_report()),
            folder=tmp_path,
            DD_API_KEY=API_KEY,
            DATADOG_HOST="http://datadog.test",
            HTTP_PROXY=address,
        )

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        (sent,) = proxy.sent
        assert "http://datadog.test/api/v2/series" == sent.path
        pair = base64.b64encode(b"us@er:pa55w0rd-9").decode()
        assert (f"Basic {pair}" if user else None) == sent.headers.get("proxy-authorization")
        assert "pa55w0rd" not in done.stderr


def test_a_refusal_as_a_person_sees_it(tmp_path: Path) -> None:
    """Two lines and status 1, and with --verbose a traceback that shows no key either."""
    with datadog() as server:
        for options in ([], ["--verbose"]):
            server.server.answers = [errors_answer("Forbidden", status=403)]
            done = send(server, tmp_path, made_report(), None, *options, DD_APP_KEY=APP_KEY)

            assert (1, "") == (done.returncode, done.stdout)
            assert ("Traceback" in done.stderr) == bool(options)
            assert done.stderr.endswith(
                "dora: Datadog refuses the key (status 403)\n"
                "      Check DD_API_KEY, and DD_SITE: keys of one site are none of another.\n"
            )


def test_an_application_key_that_may_not(tmp_path: Path) -> None:
    """A mark that is refused says which key it is about."""
    proof = made_evidence(deployment(1, NOW - DAY, "label"))
    with datadog() as server:
        done = send(server, tmp_path, made_report(), proof, DD_APP_KEY="another")

        assert 1 == done.returncode
        assert "Check DD_APP_KEY and its rights" in done.stderr
        assert 1 == len(server.deployments)


def test_a_run_that_breaks_off_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was sent before a failure is noted: the next run sends the rest alone."""
    proof = made_evidence(*[deployment(number, NOW - number * DAY) for number in range(1, 6)])
    with datadog() as server:
        honest = server.server.honest

        def break_off(sent: Any) -> Answer:
            if len(server.deployments) == 2 and sent.path.endswith("deployment"):
                return errors_answer("Forbidden", status=403)
            return honest(sent)

        server.server.honest = break_off
        assert 1 == send(server, tmp_path, made_report(), proof).returncode
        server.server.honest = honest
        server.server.sent.clear()
        done = send(server, tmp_path, made_report(), proof)

        assert 0 == done.returncode, done.stderr
        assert "3 deployments were sent, 2 were sent before" in done.stderr
        assert 3 == len(server.requests("/api/v2/dora/deployment"))
        assert 5 == len(server.deployments)


def test_a_receipt_that_cannot_be_used(tmp_path: Path) -> None:
    """A receipt that somebody spoilt is none; one that cannot be written is reported."""
    proof = made_evidence(deployment(1, NOW - DAY))
    receipt = tmp_path / "report.json.datadog"
    receipt.write_text('{"http://x": 7}')
    with datadog() as server:
        assert 0 == send(server, tmp_path, made_report(), proof).returncode
        receipt.unlink()
        receipt.mkdir()
        done = send(server, tmp_path, made_report(), proof)

        assert 1 == done.returncode
        assert "it was sent, but" in done.stderr
        assert 1 == len(server.deployments)


@pytest.mark.usefixtures("short_pauses")
def test_nobody_listens(tmp_path: Path) -> None:
    """Where nothing answers it is tried again, and then reported."""
    with recording() as gone:
        pass
    done = dora("publish", "datadog", written(tmp_path, made_report()), folder=tmp_path,
                DD_API_KEY=API_KEY, DATADOG_HOST=gone.url)  # fmt: skip

    assert (1, "") == (done.returncode, done.stdout)
    assert f"Datadog cannot be reached at {gone.url} (Connection refused)" in done.stderr


@pytest.mark.parametrize(
    ("variables", "status", "what"),
    [
        ({}, 1, "there is no key to reach Datadog with\n      Set DD_API_KEY, and DD_SITE."),
        ({"DD_API_KEY": "s3cr3t-9\nx"}, 1, "DD_API_KEY holds characters that no key has"),
        ({"DD_API_KEY": "k", "DD_APP_KEY": "'s3cr3t-9'"}, 1, "DD_APP_KEY holds characters"),
        ({"DD_API_KEY": "k", "DD_SITE": "https://datadoghq.eu"}, 2, "DD_SITE: is no site"),
        ({"DD_API_KEY": "k", "DD_SITE": "datadoghq.eu/x"}, 2, "DD_SITE: is no site"),
        (
            {"DD_API_KEY": "k", "DATADOG_HOST": "http://u:s3cr3t-9@h"},
            2,
            "DATADOG_HOST: is no addre",
        ),
        ({"DD_API_KEY": "k", "DATADOG_HOST": "api.datadoghq.eu"}, 2, "DATADOG_HOST: is no address"),
    ],
)
def test_a_wrong_environment(
    variables: dict[str, Any], status: int, what: str, tmp_path: Path
) -> None:
    """What cannot be is reported before anything is sent, and shows no key."""
    done = dora(
        "publish", "datadog", written(tmp_path, made_report()), folder=tmp_path, **variables
    )

    assert (status, "") == (done.returncode, done.stdout)
    assert what in done.stderr
    assert "s3cr3t" not in done.stderr


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ({}, "https://api.datadoghq.com"),
        ({"DD_SITE": "datadoghq.eu"}, "https://api.datadoghq.eu"),
        ({"DD_SITE": " us5.datadoghq.com\n"}, "https://api.us5.datadoghq.com"),
        ({"DD_SITE": "datadoghq.eu", "DATADOG_HOST": "https://p:8/x/"}, "https://p:8/x"),
    ],
)
def test_where_datadog_is(variables: dict[str, str], url: str) -> None:
    """The site is named as Datadog's own tools name it."""
    assert Account(url, "k") == find_account({"DD_API_KEY": " k ", **variables})


def test_evidence_of_another_time(tmp_path: Path) -> None:
    """Events of another window are refused before anything is sent."""
    proof = replace(made_evidence(), until=NOW - 30 * DAY)
    path = written_evidence(tmp_path, proof)
    done = dora("publish", "datadog", written(tmp_path, made_report()), "--evidence", path,
                folder=tmp_path, DD_API_KEY=API_KEY)  # fmt: skip

    assert 2 == done.returncode
    assert "of another time" in done.stderr


@pytest.mark.parametrize("target", [["prometheus", "--dry-run"], ["datadog"]])
@pytest.mark.parametrize(
    ("organization", "status"), [("other", 2), ("ACME", 0), ("acme", 0), ("", 0), (None, 0)]
)
def test_evidence_of_another_organization(
    target: list[str], organization: str | None, status: int, tmp_path: Path
) -> None:
    """Evidence of another organization is refused before anything is sent.

    GitHub does not tell names by their case apart, and old evidence does not name its own.
    """
    path = written_evidence(tmp_path, replace(made_evidence(), organization=organization))
    with datadog() as server:
        done = dora("publish", *target, written(tmp_path, made_report()), "--evidence", path,
                    folder=tmp_path, DD_API_KEY=API_KEY, DATADOG_HOST=server.url)  # fmt: skip

        assert status == done.returncode, done.stderr
        message = (
            "dora: --evidence: is of another organization than the report; allowed: the same\n"
        )
        assert (message == done.stderr) == bool(status)
        assert not (status and server.server.sent)


def test_an_answer_that_does_not_come() -> None:
    """An answer is not waited for without an end."""
    with recording() as server:
        server.answers = [Answer(after=0.1)] * TRIES
        client = Datadog(Account(server.url, API_KEY), lambda _: None, timeout=0.02)
        with pytest.raises(DoraError, match=r"no answer within 0\.02 s"):
            client.send_figures(SERIES)


def test_an_event_without_an_answer_of_use(tmp_path: Path) -> None:
    """An event that something else than Datadog says it took is not noted as sent."""
    proof = made_evidence(deployment(1, NOW - DAY))
    with datadog() as server:
        server.server.answers = [errors_answer(status=202), errors_answer(status=200)]
        done = send(server, tmp_path, made_report(), proof)

        assert 1 == done.returncode
        assert "is not Datadog" in done.stderr
        assert 0 == send(server, tmp_path, made_report(), proof).returncode
        assert 1 == len(server.deployments)


@pytest.mark.usefixtures("short_pauses")
def test_an_answer_that_is_lost(tmp_path: Path) -> None:
    """What arrived and was not confirmed is sent again under its id, and is there once."""
    proof = made_evidence(*[deployment(number, NOW - number * DAY) for number in (1, 2)])
    with datadog() as server:
        honest, lost = server.server.honest, []

        def lose(sent: Any) -> Answer:
            answer = honest(sent)
            if sent.path not in lost:
                lost.append(sent.path)
                return RESET
            return answer

        server.server.honest = lose
        done = send(server, tmp_path, made_report(), proof)

        assert 0 == done.returncode, done.stderr
        assert 3 == len(server.requests("/api/v2/dora/deployment"))
        assert 2 == len(server.deployments)
        assert len(SERIES) == len(server.series)


def test_another_account_has_nothing_yet(tmp_path: Path) -> None:
    """What one account was sent is not taken for sent to another; the receipt holds no key."""
    proof = made_evidence(deployment(1, NOW - DAY))
    other = "another0123456789abcdef012345678"
    taken = lambda _: Answer(202, b'{"data": {}, "errors": []}')  # noqa: E731  # said once
    for key in (API_KEY, other):
        with recording(taken) as server:
            done = dora("publish", "datadog", written(tmp_path, made_report()), "--evidence",
                        written_evidence(tmp_path, proof), folder=tmp_path, DD_API_KEY=key,
                        DATADOG_HOST="http://datadog.test", HTTP_PROXY=server.url)  # fmt: skip
            assert 0 == done.returncode, done.stderr
            assert 2 == len(server.sent)
    kept = (tmp_path / "report.json.datadog").read_text()
    assert (False, False) == (API_KEY in kept, other in kept)
