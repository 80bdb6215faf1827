"""The database's schema, version by version: each is reached from the one before by its statements.

`versions/` holds them. What a version did is never changed again: somewhere a database has it. The
same text serves both databases, for SQLite takes any name for a type. `schema` says what the
columns mean.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dora.errors import CannotWrite

#: Between two statements of a file; no statement has one of its own.
END = ";\n"


def _statements(path: Path) -> tuple[str, ...]:
    statements = path.read_text(encoding="utf-8").removesuffix(END).split(END)
    return tuple(one.strip() for one in statements)


#: Statements that lead from one version to the next; the first from nothing.
MIGRATIONS: tuple[tuple[str, ...], ...] = tuple(
    map(_statements, sorted(Path(__file__).with_name("versions").glob("*.sql")))
)
VERSION = len(MIGRATIONS)
#: Holds one row, the version; never changed by a migration.
VERSIONS = "CREATE TABLE schema_version (version bigint NOT NULL)"


def version_of(connection: Connection) -> int:
    """Version of the schema that is there, 0 for none; CannotWrite for one newer than known."""
    if not inspect(connection).has_table("schema_version"):
        return 0
    found = int(connection.scalar(text("SELECT max(version) FROM schema_version")) or 0)
    if found > VERSION:
        raise CannotWrite(
            f"the database has version {found} of the schema, and this dora knows up to {VERSION}",
            "Install the dora that wrote it, or a newer one: pip install -U dora-report.",
        )
    return found


def upgrade(connection: Connection, to: int = VERSION) -> None:
    """Bring the schema to a version, within the transaction that is open."""
    found = version_of(connection)
    if found == 0:
        connection.execute(text(VERSIONS))
        connection.execute(text("INSERT INTO schema_version (version) VALUES (0)"))
    for statements in MIGRATIONS[found:to]:
        for statement in statements:
            connection.execute(text(statement))
    if found < to:
        connection.execute(text("UPDATE schema_version SET version = :to"), {"to": to})
