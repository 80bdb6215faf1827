"""`dora publish postgres`: what a database refuses is told, and a password never is."""

import json
import resource
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from dora.errors import BadUsage, CannotRead
from dora.publish.database.connection import parse_address
from dora.publish.database.load import publish
from dora.report.report_json import read_report
from tests.publish.database.test_same import DAY, WEEKS
from tests.support.databases import column, contents, deployment, evidence, send, sent, whole_report
from tests.support.published_files import MONDAY, row, written
from tests.support.servers.postgresql import ENCODED, PASSWORD, Server, free_port

SECRET = "hunter2 @:/?#[]%&="


def refused(url: str, folder: Path, *more: str) -> str:
    """What a run says that ends with status 1; nothing of the password is in it."""
    done = send(url, folder, *WEEKS[0], *more)
    assert (1, "") == (done.returncode, done.stdout), done.stderr
    lines = done.stderr.splitlines()
    if "--verbose" not in more:
        assert 2 == len(lines), done.stderr
    for secret in (PASSWORD, ENCODED, SECRET, quote(SECRET), "hunter2"):
        assert secret not in done.stderr
    return str(done.stderr)


def told_with_traceback(url: str, folder: Path) -> str:
    """The same with the traceback that --verbose shows."""
    return refused(url, folder, "--verbose")


def test_no_such_host(server: Server, tmp_path: Path) -> None:
    """A name that nothing answers to."""
    url = server.url().replace("127.0.0.1", "nowhere.invalid")
    assert "there is no such host" in refused(url, tmp_path)
    assert "there is no such host" in told_with_traceback(url, tmp_path)


def test_nothing_listens(tmp_path: Path) -> None:
    """A port that nothing listens on."""
    url = f"postgresql://me:{quote(SECRET, safe='')}@127.0.0.1:{free_port()}/dora"
    assert "nothing listens there" in refused(url, tmp_path)
    assert "nothing listens there" in told_with_traceback(url, tmp_path)


@pytest.mark.parametrize("user", ["owner", "nobody"])
def test_a_wrong_password(server: Server, tmp_path: Path, user: str) -> None:
    """A wrong password, and a user that there is not, are told alike."""
    url = server.url(user=user, password=quote(SECRET, safe=""))
    assert "refuses the user or the password" in refused(url, tmp_path)
    assert "refuses the user or the password" in told_with_traceback(url, tmp_path)


def test_no_such_database(server: Server, tmp_path: Path) -> None:
    """A database that there is not."""
    assert "has no such database" in refused(server.url("nowhere"), tmp_path)


@pytest.fixture
def reader(server: Server) -> str:
    """Address of an empty database, for a user who may only read."""
    name = server.database()
    with server.connect() as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'reader'").fetchone():
            connection.execute("CREATE ROLE reader LOGIN PASSWORD 'r'")
    return server.url(name, "reader", "r")


def test_no_rights(server: Server, reader: str, tmp_path: Path) -> None:
    """A user that may make no schema, or write to none."""
    assert "does not let its user write" in refused(reader, tmp_path)
    sent(server.url(reader.rpartition("/")[2]), tmp_path, *WEEKS[0])
    with server.connect(reader.rpartition("/")[2]) as connection:
        connection.execute("GRANT USAGE ON SCHEMA dora TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA dora TO reader")
    assert "does not let its user write" in refused(reader, tmp_path)


def test_read_only(server: Server, tmp_path: Path) -> None:
    """A database that takes no writes, as a replica does."""
    url = server.url(server.database()) + "?options=-c%20default_transaction_read_only%3Don"
    assert "it is read-only" in refused(url, tmp_path)


def test_an_encoding_that_lacks_signs(server: Server, tmp_path: Path) -> None:
    """A database of another encoding cannot hold every name."""
    url = server.url(server.database(encoding="LATIN1"))
    made = whole_report(row("日本"))
    done = send(url, tmp_path, made)

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "ENCODING 'UTF8'" in done.stderr


def test_other_tables_of_these_names(url: str, tmp_path: Path) -> None:
    """Tables of somebody else are left alone."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            file.execute("CREATE TABLE runs (mine text)")
    else:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA dora")
            connection.execute("CREATE TABLE dora.runs (mine text)")
    assert "holds other tables of these names" in refused(url, tmp_path)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("53100", "has no room left on its disk"),
        ("57014", "took longer than it allows a statement"),
        ("40P01", "gave way to another transaction"),
        ("57P01", "was stopped, or is starting"),
        ("P0001", "does not take it (error P0001)"),
    ],
)
def test_what_a_server_raises_half_way(
    server: Server, tmp_path: Path, code: str, told: str
) -> None:
    """A server that gives up in the middle, with its code for it: all is as it was."""
    url = server.url(server.database())
    sent(url, tmp_path, *WEEKS[0])
    before = contents(url)
    with server.connect(url.rpartition("/")[2]) as connection:
        connection.execute(
            "CREATE FUNCTION dora.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"RAISE EXCEPTION 'no' USING ERRCODE = '{code}'; END $$"
        )  # type: ignore[call-overload,unused-ignore]  # a code from the list above
        connection.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON dora.reasons EXECUTE FUNCTION dora.refuse()"
        )
    done = send(url, tmp_path, *WEEKS[1])

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert told in done.stderr
    assert before == contents(url)


@pytest.mark.parametrize("kind", ["no folder", "no database", "a folder"])
def test_files_that_cannot_be_used(tmp_path: Path, kind: str) -> None:
    """A file of SQLite in no folder, one of another kind, a folder."""
    file = tmp_path / "dora.db"
    if kind == "no folder":
        file = tmp_path / "nowhere" / "dora.db"
        told = "cannot be opened"
    elif kind == "no database":
        file.write_text("x" * 5000)
        told = "is no SQLite file"
    else:
        file = tmp_path
        told = "cannot be opened"
    assert told in refused(f"sqlite:///{file}", tmp_path)


def test_a_full_disk(tmp_path: Path) -> None:
    """A file that may not grow: status 1, and it is as it was."""
    url = f"sqlite:///{tmp_path}/dora.db"
    sent(url, tmp_path, *WEEKS[0])
    before = contents(url)
    many = [deployment(n, MONDAY - DAY) for n in range(1, 4000)]
    (tmp_path / "evidence.json").write_text(json.dumps(evidence(*many)), encoding="utf-8")
    more = ("--evidence", str(tmp_path / "evidence.json"))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))  # Python ignores its signal
    try:
        done = send(url, tmp_path, whole_report(row()), None, *more)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "has no room left on its disk" in done.stderr
    assert before == contents(url)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{SECRET}@h/d",
        "postgresql://me:hunter2@hunter2@host/db",
        "postgresql://me:hunter2@host:hunter2/db",
        "postgresql://me:hunter2@host",
        "mysql://me:hunter2@host/db",
        "postgresql://host/db?password=hunter2",
        "hunter2",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_addresses_that_are_none(url: str, tmp_path: Path) -> None:
    """Status 2, one line, what is allowed, and nothing of what was given."""
    done = send(url, tmp_path, *WEEKS[0])

    assert (2, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert "allowed: " in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@x/secret@127.0.0.1/db",
        "postgresql://user/secret@127.0.0.1/db",
        "postgresql://127.0.0.1/db/secret",
    ],
)
def test_a_password_that_is_not_encoded(url: str, tmp_path: Path) -> None:
    """What of a password is read as a database's name is not shown: the address is refused."""
    done = send(url, tmp_path, whole_report(row()), None, "--dry-run")
    assert (2, "") == (done.returncode, done.stdout)
    assert "--url: cannot be read" in done.stderr
    assert "secret" not in done.stderr


def test_a_schema_of_postgresql(tmp_path: Path) -> None:
    """Names that PostgreSQL keeps for itself are refused before it is asked."""
    url = "postgresql://127.0.0.1/db"
    done = send(url, tmp_path, whole_report(row()), None, "--dry-run", "--schema=pg_foo")
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "--schema: begins with pg_" in done.stderr


def test_missing_evidence_makes_no_file(tmp_path: Path) -> None:
    """A first run without its evidence leaves no empty database behind."""
    path = written(tmp_path, whole_report(row()))
    with pytest.raises(CannotRead):
        publish(
            read_report(path), tmp_path / "none.json",
            parse_address(f"sqlite:///{tmp_path}/new.db", "dora"),
        )  # fmt: skip
    assert not (tmp_path / "new.db").exists()


def test_no_address(tmp_path: Path) -> None:
    """Without an address, both places where one may stand are named."""
    done = send("", tmp_path, *WEEKS[0])

    assert 2 == done.returncode
    assert "--url or DORA_DATABASE_URL" in done.stderr


def test_a_password_is_in_no_repr(server: Server) -> None:
    """Neither the place nor its engine shows it."""
    place = parse_address(server.url(), "dora")
    for shown in (repr(place), str(place), place.shown, place.tables, repr(place.engine())):
        assert PASSWORD not in shown
        assert ENCODED not in shown
    with pytest.raises(BadUsage):
        parse_address(server.url(), "x" * 64)


def test_dry_run(tmp_path: Path) -> None:
    """What would be written and where to, and nothing is; no database need be there."""
    url = f"postgresql://me:{ENCODED}@db.invalid:5433/metrics"
    done = send(url, tmp_path, *WEEKS[0], "--dry-run")

    assert (0, "") == (done.returncode, done.stderr)
    assert [
        "would be written to the database metrics at db.invalid:5433, schema dora:",
        "  2 rows of acme by repository",
        "  4 deployments",
        "  3 changes",
        "  2 episodes",
    ] == done.stdout.splitlines()


@pytest.mark.parametrize("missing", ["psycopg", "sqlalchemy"])
def test_without_a_package(tmp_path: Path, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line says which extra to install."""
    monkeypatch.setitem(sys.modules, missing, None)
    done = send("sqlite:///x.db", tmp_path, whole_report(row()))

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "pip install 'dora-report[postgres]'" in done.stderr


@pytest.mark.system
@pytest.mark.parametrize("missing", ["psycopg", "sqlalchemy"])
def test_without_the_extra(tmp_path: Path, missing: str) -> None:
    """Nothing needs a package of the extra before it is known to be there."""
    report = str(written(tmp_path, whole_report(row())))
    code = (
        f"import sys\nsys.modules[{missing!r}] = None\n"
        f"sys.argv = ['dora', 'publish', 'postgres', {report!r}, '--url', 'sqlite:///x.db']\n"
        "from dora.cli import main; main()"
    )
    done = subprocess.run(  # noqa: S603  # this very package
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert (2, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "pip install 'dora-report[postgres]'" in done.stderr


NAMES = ["'; DROP TABLE runs; --", 'a"b', "back\\slash\\N", "tab\tline\nend\r", "nul\0", "\ud800x",
         "日本 🚀", "%s {x} :name $1", "\\."]  # fmt: skip


def test_hostile_names(url: str, tmp_path: Path) -> None:
    """Names are data: none is carried out; what a text cannot hold is replaced."""
    items: list[dict[str, Any]] = [
        deployment(n, MONDAY - DAY, "status", environment=name, repository=name, sha=name)
        for n, name in enumerate(NAMES, 1)
    ]
    made = whole_report(*(row("api", name.replace("\ud800", "\ufffd")) for name in NAMES))
    sent(url, tmp_path, made, evidence(*items))
    found = contents(url)
    kept = sorted(name.replace("\0", "\ufffd").replace("\ud800", "\ufffd") for name in NAMES)

    assert kept == column(found, "deployments", "environment")
    assert kept == column(found, "deployments", "repository")
    assert kept == column(found, "reasons", "repository")
    assert kept == column(found, "metrics", "environment")
    assert "0 rows are new or changed" in sent(url, tmp_path, made, evidence(*items))


def test_a_hostile_schema(server: Server, tmp_path: Path) -> None:
    """The schema's name is a name as well."""
    url, name = server.url(server.database()), 'a"; DROP SCHEMA public; --:x'
    done = send(url, tmp_path, *WEEKS[0], f"--schema={name}")

    assert 0 == done.returncode, done.stderr
    assert [1, 2, 3, 4] == column(contents(url, name), "deployments", "deployment")
