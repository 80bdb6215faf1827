"""A PostgreSQL of its own on a free port of 127.0.0.1, from the programs that Debian installs.

It refuses to run as root: there it becomes the user `postgres`, which the package brings.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

PASSWORD = "pä:ss/w@rd"  #: in an address it has to be percent-encoded
ENCODED = "p%C3%A4%3Ass%2Fw%40rd"
WAIT = 60  #: seconds
_number = count()


def program(name: str) -> str:
    """Path of one of PostgreSQL's programs; the newest, where Debian has several."""
    places = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda one: float(one.parts[4])
    )
    found = str(places[-1]) if places else shutil.which(name)
    assert found, f"{name} is missing: apt-get install postgresql"
    return found


def owner() -> dict[str, Any]:
    """How a program is started that refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@dataclass
class Server:
    """A running server; it can be stopped in the middle of anything, and started again."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, database: str = "postgres", user: str = "owner", password: str = ENCODED) -> str:
        """Address of a database."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str = "postgres", **more: Any) -> psycopg.Connection[Any]:
        """A connection that commits at once."""
        given = {"user": "owner", "password": PASSWORD, "autocommit": True, **more}
        return psycopg.connect(host="127.0.0.1", port=self.port, dbname=database, **given)

    def database(self, *, encoding: str = "UTF8") -> str:
        """A new and empty database; its name."""
        name = f"test_{os.getpid()}_{next(_number)}"
        with self.connect() as connection:
            connection.execute(
                f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LOCALE 'C'"
            )  # type: ignore[call-overload,unused-ignore]  # names of our own
        return name

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "log").open("ab")
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": "30",
            "shared_buffers": "128MB",
        }
        given = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(  # noqa: S603  # the program found above
            [program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *given],
            stdout=log, stderr=log, cwd="/", **owner(),
        )  # fmt: skip
        log.close()
        deadline = time.monotonic() + WAIT
        while True:
            try:
                self.connect().close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text("utf-8")
                assert self.process.poll() is None, (self.folder / "log").read_text("utf-8")
                time.sleep(0.05)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: SIGINT breaks every connection off, SIGQUIT at once and without a word."""
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(WAIT)


def free_port() -> int:
    """A port of 127.0.0.1 that nothing uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def postgresql() -> Iterator[Server]:
    """A server that is made, runs, and is taken away again."""
    folder = Path(tempfile.mkdtemp(prefix="dora-postgresql-"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        if who := owner():
            for one in (folder, secret):
                os.chown(one, who["user"], who["group"])
        subprocess.run(  # noqa: S603  # the program found above
            [program("initdb"), "-D", str(folder / "data"), "-U", "owner", "-A", "scram-sha-256",
             f"--pwfile={secret}", "-E", "UTF8", "--locale=C", "--no-sync"],
            check=True, capture_output=True, cwd="/", **owner(),
        )  # fmt: skip
        server = Server(folder, free_port())
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
