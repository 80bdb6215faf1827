"""`dora publish prometheus --pushgateway`: what is pushed, and what a gateway refuses."""

import base64
import logging
from pathlib import Path

import pytest

from dora.errors import DoraError
from dora.publish.gauges import gauges_of
from dora.publish.prometheus.pushgateway import Gateway, check_gateway, push
from dora.publish.retry import LONGEST_WAIT, TRIES
from dora.report.model import Report
from tests.support.command import dora
from tests.support.expected_series import parsed, wanted
from tests.support.published_files import written
from tests.support.reports import HOSTILE, USUAL
from tests.support.servers.recording import HTML, RESET, Answer, recording

USER, PASSWORD = "prom-user-7f3", "let me/in:ü"


def _tells_no_secret(said: str, *secrets: str) -> None:
    for secret in secrets:
        assert secret not in said
        assert base64.b64encode(f"{USER}:{secret}".encode()).decode() not in said


INVALID = Answer(400, b"pushed metrics are invalid or inconsistent\n")
MOVED = Answer(302, b"", {"location": "http://127.0.0.1:9/"})
FULL = Answer(429, b"", {"retry-after": "3600"})


@pytest.mark.parametrize(
    ("answers", "what", "advice"),
    [
        ([INVALID], "figures (status 400: pushed metrics are invalid or inconsistent)", "--dry"),
        ([Answer(400, HTML)], "does not take the figures (status 400)", "See --dry-run"),
        ([Answer(403, HTML)], "refuses the push (status 403)", "Check DORA_PUSHGATEWAY_USER"),
        ([Answer(404, b"404 page not found")], "(status 404: 404 page not found)", "Check --push"),
        ([MOVED], "does not take the figures (status 302)", "Check --pushgateway."),
        ([Answer(200, HTML)], "is no Pushgateway", "whether a proxy answers in its place"),
        ([FULL], "takes no more for now", "Run it again in 3600 s."),
        ([Answer(429)] * TRIES, "takes no more for now", "Run it again later."),
        ([Answer(503, HTML)] * TRIES, "cannot be reached (status 503)", "or run it again later."),
        ([RESET] * TRIES, "cannot be reached (Connection reset by peer)", "Check --pushgateway"),
    ],
)
def test_a_gateway_that_refuses(
    answers: list[Answer], what: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each refusal says what is wrong and what to do; what may succeed is tried four times."""
    caplog.set_level(logging.DEBUG)
    with recording() as server:
        server.answers = list(answers)
        gateway = Gateway(server.url, USER, PASSWORD)
        waits: list[float] = []
        with pytest.raises(DoraError) as wrong:
            push(gauges_of(USUAL).gauges, {"organization": "medica-flow"}, gateway, waits.append)

        assert what in wrong.value.what
        assert advice in wrong.value.advice
        assert 1 == wrong.value.exit_status
        assert len(answers) == len(server.sent) == len(waits) + 1
        assert all(0 < wait <= LONGEST_WAIT for wait in waits)
        _tells_no_secret(f"{wrong.value!r} {gateway!r} {caplog.text}", PASSWORD)


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        (Answer(503), (0.5, 1.0)),
        (RESET, (0.5, 1.0)),
        (Answer(429, b"", {"retry-after": "7"}), (7, 7)),
    ],
)
def test_what_passes_is_waited_for(answer: Answer, waits: tuple[float, float]) -> None:
    """One failure that goes by is no failure: the group is replaced by the next try."""
    with recording() as server:
        server.answers = [answer]
        waited: list[float] = []
        push(gauges_of(USUAL).gauges, {"organization": "a/b c"}, Gateway(server.url), waited.append)

        first, second = server.sent
        assert first == second
        assert ("PUT", "/metrics/job/dora/organization@base64/YS9iIGM=") == (
            second.method,
            second.path,
        )
        assert wanted(USUAL) == parsed(second.body)
        assert waits[0] <= waited[0] <= waits[1]


@pytest.mark.parametrize("made", [USUAL, HOSTILE])
@pytest.mark.parametrize(("user", "password"), [(USER, PASSWORD), ("", "")])
def test_what_is_pushed(made: Report, user: str, password: str, tmp_path: Path) -> None:
    """One PUT has every figure of the report and no other, by user and password where given."""
    with recording() as server:
        done = dora("publish", "prometheus", written(tmp_path, made), "--pushgateway", server.url,
                    "--verbose", folder=tmp_path, DORA_PUSHGATEWAY_USER=user,
                    DORA_PUSHGATEWAY_PASSWORD=password)  # fmt: skip

        assert (0, "") == (done.returncode, done.stdout), done.stderr
        (sent,) = server.sent
        assert "PUT" == sent.method
        assert wanted(made) == parsed(sent.body)
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        assert (f"Basic {pair}" if user else None) == sent.headers.get("authorization")
        _tells_no_secret(done.stderr, PASSWORD)


@pytest.mark.usefixtures("short_pauses")
def test_nobody_listens(tmp_path: Path) -> None:
    """A gateway that is not there is reported in two lines, with status 1."""
    with recording() as gone:
        pass
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, "--pushgateway", gone.url, folder=tmp_path,
                DORA_PUSHGATEWAY_USER=USER, DORA_PUSHGATEWAY_PASSWORD=PASSWORD)  # fmt: skip

    assert (1, "") == (done.returncode, done.stdout)
    first, second = done.stderr.splitlines()
    assert f"dora: the Pushgateway {gone.url} cannot be reached (Connection refused)" == first
    assert "      Check --pushgateway and the network, or run it again later." == second


def test_half_of_the_credentials() -> None:
    """A user without a password is a mistake, and is reported as one."""
    with pytest.raises(DoraError, match="one is set without the other"):
        check_gateway(Gateway("http://pushgateway:9091", USER, ""))


def test_a_gateway_that_does_not_answer() -> None:
    """An answer that does not come is not waited for without an end."""
    with recording() as server:
        server.answers = [Answer(after=0.1)] * TRIES
        gateway = Gateway(server.url)
        with pytest.raises(DoraError, match="no answer in time"):
            push(
                gauges_of(USUAL).gauges,
                {"organization": "acme"},
                gateway,
                lambda _: None,
                timeout=0.02,
            )


def test_what_is_shown_of_an_address() -> None:
    """Messages name host and port, and neither path nor anything secret."""
    assert "http://[::1]:9091" == Gateway("http://[::1]:9091/path", USER, PASSWORD).shown
