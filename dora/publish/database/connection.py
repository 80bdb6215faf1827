"""An address in, a place to connect to out; the password in it is shown nowhere."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dora.errors import BadUsage

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

SCHEMA = "dora"  #: of PostgreSQL, where none is named
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "sqlite")
ALLOWED = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:///FILE"
#: Seconds until a server that does not answer counts as absent, and that another run may take.
CONNECT_SECONDS, LOCK_SECONDS = 15, 600
#: What a host is written with; anything else is a password that was not percent-encoded.
HOST = re.compile(r"[A-Za-z0-9._:\-\[\]%]*")
#: Parts of an address behind the `?` that libpq knows and that are no secret.
OPTIONS = {
    "application_name", "channel_binding", "connect_timeout", "gssencmode", "host", "keepalives",
    "keepalives_count", "keepalives_idle", "keepalives_interval", "options", "passfile", "port",
    "require_auth", "service", "sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation",
    "sslrootcert", "target_session_attrs", "tcp_user_timeout", "user",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where tables are; *url* holds the password and is in no repr."""

    url: "URL" = field(repr=False)
    schema: str

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self.url.get_backend_name() == "sqlite"

    @property
    def shown(self) -> str:
        """What may be shown: host, port and database, or the file."""
        if self.is_sqlite:
            return f"the SQLite file {self.url.database}"
        host = self.url.host or self.url.query.get("host") or "this machine"
        port = f":{self.url.port}" if self.url.port else ""
        return f"the database {self.url.database or ''} at {host}{port}"

    @property
    def tables(self) -> str:
        """Where in it the tables are."""
        return self.shown if self.is_sqlite else f"{self.shown}, schema {self.schema}"

    def engine(self) -> "Engine":
        """Connections to it, each new; transactions begin with what serializes runs."""
        from sqlalchemy import create_engine, event
        from sqlalchemy.pool import NullPool

        if not self.is_sqlite:
            arguments = {"connect_timeout": CONNECT_SECONDS, "client_encoding": "utf8"}
            # Poolers in between do not know of statements that were prepared.
            arguments |= {"application_name": "dora", "prepare_threshold": None}
            given = {name: value for name, value in arguments.items() if name not in self.url.query}
            return create_engine(
                self.url,
                poolclass=NullPool,
                hide_parameters=True,
                # What is seen after the lock was waited for must be what the other run wrote.
                isolation_level="READ COMMITTED",
                connect_args=given,
            )
        arguments = {"timeout": LOCK_SECONDS, "isolation_level": None}
        engine = create_engine(
            self.url, poolclass=NullPool, hide_parameters=True, connect_args=arguments
        )
        event.listen(engine, "begin", _begin)
        return engine


def find_place(address: str, schema: str) -> Place:
    """The place of an address; BadUsage where it is none, without showing any of it."""
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
        return Place(url.set(query={}), schema)
    # An @ or / there is of a password, too, and would be shown with the place.
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
    if not schema or len(schema.encode()) > 63 or "\0" in schema:  # noqa: PLR2004  # PostgreSQL's limit
        raise BadUsage("--schema: is not allowed; allowed: a name of up to 63 bytes")
    return Place(url.set(drivername="postgresql+psycopg"), schema)


def check_installed() -> None:
    """Refuse to go on without SQLAlchemy and psycopg."""
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
    """SQLite: nobody else writes from here on."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
