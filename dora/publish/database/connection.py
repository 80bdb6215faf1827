"""The address of a database, and connections to it; the password in it is never shown."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dora.errors import BadUsage

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

SCHEMA = "dora"  #: PostgreSQL's schema of the tables, unless another is named
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")
ALLOWED = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:///FILE"
#: Seconds to wait for a server that does not answer, and for another run to end.
CONNECT_SECONDS, LOCK_SECONDS = 15, 600
#: Characters of a host; any other is of a password that was not percent-encoded.
HOST = re.compile(r"[A-Za-z0-9._:\-\[\]%]*")
#: Options of an address, after the `?`, that libpq knows and that are not secret.
OPTIONS = {
    "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "options", "passfile", "port",
    "require_auth", "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
    "sslrootcert", "target_session_attrs", "tcp_user_timeout", "user",
}  # fmt: skip


@dataclass(frozen=True)
class DatabaseAddress:
    """A database and the schema of the tables in it; *url* holds the password and has no repr."""

    url: "URL" = field(repr=False)
    schema: str

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def shown(self) -> str:
        """The address as messages show it: host, port and database, or the file."""
        if self.is_sqlite:
            return f"the SQLite file {self.url.database}"
        host = self.url.host or self.url.query.get("host") or "this machine"
        port = f":{self.url.port}" if self.url.port else ""
        return f"the database {self.url.database or ''} at {host}{port}"

    @property
    def tables(self) -> str:
        """The address and schema of the tables, as messages show them."""
        return self.shown if self.is_sqlite else f"{self.shown}, schema {self.schema}"

    def engine(self) -> "Engine":
        """An engine whose connections are each new; in SQLite a transaction locks the file."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        if not self.is_sqlite:
            arguments = {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"}
            # A pooler between the program and the server does not know prepared statements.
            arguments |= {"application_name": "dora", "prepare_threshold": None}
            given = {name: value for name, value in arguments.items() if name not in self.url.query}
            return create_engine(
                self.url,
                poolclass=NullPool,
                hide_parameters=True,
                # A statement after the lock must see what the run before it wrote.
                isolation_level="READ COMMITTED",
                connect_args=given,
            )
        arguments = {"timeout": LOCK_SECONDS, "isolation_level": None}
        engine = create_engine(
            self.url, poolclass=NullPool, hide_parameters=True, connect_args=arguments
        )
        event.listen(engine, "begin", _begin)
        return engine


def parse_address(address: str, schema: str) -> DatabaseAddress:
    """The database that a URL names; BadUsage, which shows none of it, if it names none."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    scheme = address.partition(":")[0]
    if scheme not in SCHEMES:
        raise BadUsage(f"--url: is no address of a database; allowed: {ALLOWED}")
    try:
        url = make_url(address)
    except (ArgumentError, ValueError, UnicodeError):
        raise _unreadable() from None
    if scheme == "sqlite":
        if not url.database or url.host or url.database == ":memory:":
            raise BadUsage("--url: names no file; allowed: sqlite:///FILE")
        return DatabaseAddress(url.set(query={}), schema)
    # An @ or / here comes from a password that was not encoded, and messages would show it.
    if HOST.fullmatch(url.host or "") is None or re.fullmatch("[^@/]+", url.database or "") is None:
        raise _unreadable()
    wrong = sorted(set(url.query) - OPTIONS)
    if wrong:
        raise BadUsage(
            "--url: has an option after the ? that is not allowed; allowed: "
            + ", ".join(sorted(OPTIONS))
        )
    if schema.startswith("pg_"):
        raise BadUsage(
            "--schema: begins with pg_, as PostgreSQL's own do; allowed: any other name of up to "
            "63 bytes"
        )
    if not schema or len(schema.encode()) > 63 or "\0" in schema:  # PostgreSQL's limit
        raise BadUsage("--schema: is not allowed; allowed: a name of up to 63 bytes")
    return DatabaseAddress(url.set(drivername="postgresql+psycopg"), schema)


def check_installed() -> None:
    """Raise BadUsage if SQLAlchemy or psycopg is not installed."""
    try:
        import psycopg  # noqa: F401  # an optional extra
        import sqlalchemy  # noqa: F401  # likewise
    except ImportError:
        raise BadUsage(
            "postgres: the packages SQLAlchemy and psycopg are not installed; allowed: with the "
            "extra, `pip install 'dora-report[postgres]'`"
        ) from None


def _unreadable() -> BadUsage:
    return BadUsage(
        f"--url: cannot be read; allowed: {ALLOWED}, where signs such as @ : / ? # % of user and "
        "password are percent-encoded"
    )


def _begin(connection: "Connection") -> None:
    """Begin a transaction of SQLite with the lock to write, so that no other run writes."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
