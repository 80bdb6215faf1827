"""`dora publish postgres`: a run that ends in the middle leaves what was there before it."""

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.publish.database.test_same import WEEKS
from tests.support.command import PROGRAM, environment
from tests.support.databases import column, contents, evidence, send, sent, whole_report
from tests.support.published_files import MONDAY, WEEK, row, written
from tests.support.servers.postgresql import WAIT, Server


@pytest.fixture
def database(server: Server) -> str:
    """Address of an empty database of PostgreSQL."""
    return server.url(server.database())


def files(folder: Path, week: int) -> list[str]:
    """Arguments that name the files of a week."""
    report, told = WEEKS[week]
    path = folder / f"evidence-{week}.json"
    path.write_text(json.dumps(told), encoding="utf-8")
    return [str(written(folder, report, f"report-{week}.json")), "--evidence", str(path)]


def begun(folder: Path, url: str, *arguments: str) -> "subprocess.Popen[str]":
    """The command, begun."""
    return subprocess.Popen(  # noqa: S603  # this very package
        [*PROGRAM, "publish", "postgres", *arguments],
        cwd=folder,
        text=True,
        encoding="utf-8",
        env=environment(None, DORA_DATABASE_URL=url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finished(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit status and standard error."""
    _, told = process.communicate(timeout=WAIT)
    return process.returncode, told


@contextmanager
def held(server: Server, url: str, table: str) -> Iterator[Any]:
    """Nobody writes to a table meanwhile: a run comes that far and waits."""
    with server.connect(url.rpartition("/")[2], autocommit=False) as connection:
        connection.execute(f"LOCK TABLE dora.{table} IN SHARE MODE")  # type: ignore[call-overload,unused-ignore]  # a name of our own
        yield connection


def wait_until(server: Server, url: str, condition: str, count: int = 1) -> None:
    """Wait until as many connections to the database are as *condition* says."""
    name = url.rpartition("/")[2]
    query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND ({condition})"  # noqa: S608  # our own
    deadline = time.monotonic() + WAIT
    with server.connect() as connection:
        while connection.execute(query, [name]).fetchone() != (count,):  # type: ignore[call-overload,unused-ignore]  # likewise
            assert time.monotonic() < deadline, connection.execute(
                "SELECT query FROM pg_stat_activity"
            ).fetchall()
            time.sleep(0.02)


WAITS = "wait_event_type = 'Lock' AND query ILIKE 'INSERT INTO episodes%%'"


def test_killed_while_it_writes(server: Server, database: str, tmp_path: Path) -> None:
    """kill -9 after deployments and changes were written: nothing of it is there."""
    sent(database, tmp_path, *WEEKS[0])
    before = contents(database)
    with held(server, database, "episodes"):
        process = begun(tmp_path, database, *files(tmp_path, 1))
        wait_until(server, database, WAITS)
        process.kill()
        process.wait(WAIT)
        process.communicate()
    wait_until(server, database, "true", 0)

    assert before == contents(database)
    sent(database, tmp_path, *WEEKS[1])
    killed = contents(database)
    clean = server.url(server.database())
    for week in (0, 1):
        sent(clean, tmp_path, *WEEKS[week])
    assert contents(clean) == killed


def test_the_database_goes_away(server: Server, database: str, tmp_path: Path) -> None:
    """A server that is stopped in the middle: status 1, two lines, and nothing of it is there."""
    sent(database, tmp_path, *WEEKS[0])
    before = contents(database)
    with server.connect(database.rpartition("/")[2], autocommit=False) as connection:
        connection.execute("LOCK TABLE dora.episodes IN SHARE MODE")
        process = begun(tmp_path, database, *files(tmp_path, 1))
        wait_until(server, database, WAITS)
        server.stop()
        try:
            status, told = finished(process)
        finally:
            server.start()
        connection.close()

    assert (1, 2) == (status, len(told.splitlines())), told
    assert "was stopped, or is starting" in told or "was lost on the way" in told
    assert before == contents(database)


def test_a_connection_that_is_cut(server: Server, database: str, tmp_path: Path) -> None:
    """An administrator who ends the connection: status 1, and nothing of it is there."""
    sent(database, tmp_path, *WEEKS[0])
    before = contents(database)
    with held(server, database, "episodes"):
        process = begun(tmp_path, database, *files(tmp_path, 1))
        wait_until(server, database, WAITS)
        with server.connect() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                "application_name = 'dora'"
            )
        status, told = finished(process)

    assert (1, 2) == (status, len(told.splitlines())), told
    assert before == contents(database)


def test_several_at_once(server: Server, database: str, tmp_path: Path) -> None:
    """Three runs that begin together wait for each other, also to make the tables."""
    lock = int.from_bytes(b"dora")
    name = database.rpartition("/")[2]
    with server.connect(name, autocommit=False) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s, hashtext('dora'))", [lock])
        started = [begun(tmp_path, database, *files(tmp_path, week)) for week in (1, 0, 1)]
        wait_until(server, database, "wait_event = 'advisory'", 3)
        connection.rollback()
    ended = [finished(one) for one in started]
    once = server.url(server.database())
    for week in (0, 1):
        sent(once, tmp_path, *WEEKS[week])

    assert [0, 0, 0] == [status for status, _ in ended], ended
    assert contents(once) == contents(database)


@pytest.mark.system
def test_several_at_once_in_sqlite(tmp_path: Path) -> None:
    """Three runs into one file wait for each other."""
    url, once = f"sqlite:///{tmp_path}/dora.db", f"sqlite:///{tmp_path}/once.db"
    started = [begun(tmp_path, url, *files(tmp_path, week)) for week in (1, 0, 1)]
    ended = [finished(one) for one in started]
    for week in (0, 1):
        sent(once, tmp_path, *WEEKS[week])

    assert [0, 0, 0] == [status for status, _ in ended], ended
    assert contents(once) == contents(url)


@pytest.mark.system
def test_killed_in_sqlite(tmp_path: Path) -> None:
    """kill -9 while a run reads its evidence: the file is as before, and the next run succeeds."""
    url = f"sqlite:///{tmp_path}/dora.db"
    sent(url, tmp_path, *WEEKS[0])
    before = contents(url)
    report, told = WEEKS[1]
    pipe = tmp_path / "pipe.json"
    os.mkfifo(pipe)
    process = begun(tmp_path, url, str(written(tmp_path, report)), "--evidence", str(pipe))
    with pipe.open("w", encoding="utf-8") as file:
        file.write(json.dumps(told)[:-100])
        file.flush()
        process.kill()
        process.wait(WAIT)
        process.communicate()

    assert before == contents(url)
    sent(url, tmp_path, *WEEKS[1])
    assert [1, 2, 4, 5] == column(contents(url), "deployments", "deployment")


@pytest.mark.few(3)
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda text: text[:-200], "is no JSON, or not all of it"),
        (lambda text: text.replace('"lead_time": 60.0', '"lead_time": NaN'), "is no JSON"),
        (lambda text: text.replace('"lead_time": 60.0', '"lead_time": "x"'), "changes.0"),
        (lambda text: text.replace('"id": 5', '"id": 1e3'), "deployments.2: 1000.0 is no id"),
        (lambda text: text.replace('"id": 5', f'"id": {2**63}'), "is no id"),
        (lambda text: text.replace('"deployments": [4]', '"deployments": []'), "episodes.1"),
        (lambda text: text.replace('"sha"', '"SHA"'), "'sha' is missing"),
        (lambda text: text.replace("evidence/1", "evidence/9"), "its schema is"),
    ],
)
def test_a_file_that_is_wrong_in_the_middle(url: str, tmp_path: Path, spoil: Any, why: str) -> None:
    """A failure half-way: status 1, where it is, and the database is as it was."""
    sent(url, tmp_path, *WEEKS[0])
    before = contents(url)
    report, told = WEEKS[1]
    path = tmp_path / "spoiled.json"
    path.write_text(spoil(json.dumps(told)), encoding="utf-8")
    done = send(url, tmp_path, report, None, "--evidence", str(path))

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert why in done.stderr
    assert before == contents(url)


def test_an_empty_week(url: str, tmp_path: Path) -> None:
    """A report and evidence of nothing are no error, and take away what is gone."""
    sent(url, tmp_path, *WEEKS[0])
    sent(url, tmp_path, whole_report(until=MONDAY + WEEK), evidence(until=MONDAY + WEEK))
    found = contents(url)

    assert [1] == column(found, "deployments", "deployment")
    assert 2 == len(found["metrics"])
    assert row("api").key["repository"] in column(found, "metrics", "repository")
