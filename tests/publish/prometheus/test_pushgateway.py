"""`dora publish prometheus --pushgateway`: a real one, a Prometheus that reads it, refusals."""

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dora.errors import DoraError
from dora.publish.gauges import gauges_of
from dora.publish.prometheus.pushgateway import Gateway, check_gateway, push
from dora.publish.retry import LONGEST_WAIT, TRIES
from tests.support.command import dora
from tests.support.expected_series import parsed, wanted
from tests.support.published_files import written
from tests.support.reports import BY_TEAM, HOSTILE, SERVICES, USUAL
from tests.support.servers.prometheus import prometheus, pushgateway, seen
from tests.support.servers.recording import HTML, RESET, Answer, recording

USER, PASSWORD = "prom-user-7f3", "let me/in:ü"
#: bcrypt of PASSWORD, at a cost for tests.
HASHED = "$2b$05$abcdefghijklmnopqrstuurxDslk1vBan.0JdYIu8oht6o5Y8nZbe"


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Addresses of a Pushgateway, and of a Prometheus that reads it."""
    with (
        pushgateway() as gateway,
        prometheus(tmp_path_factory.mktemp("prometheus"), gateway) as url,
    ):
        yield gateway, url


def test_what_was_pushed_is_what_prometheus_answers(
    programs: tuple[str, str], tmp_path: Path
) -> None:
    """After each push Prometheus has the figures of that report alone: no double, nothing old."""
    gateway, url = programs
    for made in (USUAL, USUAL, SERVICES, replace(USUAL, rows=USUAL.rows[:1])):
        path = written(tmp_path, made)
        done = dora("publish", "prometheus", path, "--pushgateway", gateway, folder=tmp_path)
        assert (0, "") == (done.returncode, done.stdout), done.stderr
        ours = wanted(made, job="dora")
        assert ours == seen(url, ours)


def test_a_report_by_team_stands_beside_one_by_repository(tmp_path: Path) -> None:
    """Pushing a report by team leaves that by repository: what a report is by is of the group."""
    with pushgateway() as gateway, prometheus(tmp_path, gateway) as url:
        for made in (USUAL, BY_TEAM, BY_TEAM):
            path = written(tmp_path, made)
            done = dora("publish", "prometheus", path, "--pushgateway", gateway, folder=tmp_path)
            assert 0 == done.returncode, done.stderr
        ours = wanted(USUAL, job="dora") | wanted(BY_TEAM, job="dora")

        assert len(ours) == len(wanted(USUAL)) + len(wanted(BY_TEAM))
        assert ours == seen(url, ours)


def test_another_organization_is_another_group(programs: tuple[str, str], tmp_path: Path) -> None:
    """Pushing one leaves the other, and names come through as they are."""
    gateway, url = programs
    for made in (USUAL, HOSTILE):
        path = written(tmp_path, made)
        done = dora("publish", "prometheus", path, "--pushgateway", gateway, folder=tmp_path)
        assert 0 == done.returncode, done.stderr
    for made in (USUAL, HOSTILE):
        ours = wanted(made, job="dora")
        assert ours == seen(url, ours)


@pytest.mark.parametrize(
    ("user", "password", "status"),
    [(USER, PASSWORD, 0), (USER, "wrong-4711", 1), ("", "", 1)],
)
def test_a_gateway_with_a_password(user: str, password: str, status: int, tmp_path: Path) -> None:
    """The right user and password are taken, and the wrong ones are never shown."""
    settings = tmp_path / "web.yml"
    settings.write_text(f"basic_auth_users: {{{USER}: '{HASHED}'}}\n")
    path = written(tmp_path, USUAL)
    with pushgateway(f"--web.config.file={settings}") as gateway:
        done = dora("publish", "prometheus", path, "--pushgateway", gateway, "--verbose",
                    folder=tmp_path, DORA_PUSHGATEWAY_USER=user,
                    DORA_PUSHGATEWAY_PASSWORD=password)  # fmt: skip

    assert status == done.returncode, done.stderr
    assert ("refuses the push (status 401)" in done.stderr) == bool(status)
    _tells_no_secret(done.stdout + done.stderr, password or PASSWORD)


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
)  # fmt: skip
def test_a_gateway_that_refuses(
    answers: list[Answer], what: str, advice: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Each refusal says what is amiss and what to do; what may succeed is tried four times."""
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
            second.method, second.path,
        )  # fmt: skip
        assert wanted(USUAL) == parsed(second.body)
        assert waits[0] <= waited[0] <= waits[1]


def test_nobody_listens(tmp_path: Path) -> None:
    """A gateway that is not there is told in two lines, with status 1."""
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
    """A user without a password is a mistake, and is told as one."""
    with pytest.raises(DoraError, match="one is set without the other"):
        check_gateway(Gateway("http://pushgateway:9091", USER, ""))


def test_a_gateway_that_does_not_answer() -> None:
    """An answer that does not come is not waited for without an end."""
    with recording() as server:
        server.answers = [Answer(after=0.5)] * TRIES
        gateway = Gateway(server.url)
        with pytest.raises(DoraError, match="no answer in time"):
            push(
                gauges_of(USUAL).gauges,
                {"organization": "acme"},
                gateway,
                lambda _: None,
                timeout=0.05,
            )


def test_what_is_shown_of_an_address() -> None:
    """Messages name host and port, and neither path nor anything secret."""
    assert "http://[::1]:9091" == Gateway("http://[::1]:9091/path", USER, PASSWORD).shown
