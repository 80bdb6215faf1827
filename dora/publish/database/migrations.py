"""Brings the tables of a database to the newest version of the schema.

Each file of `versions/` holds the statements that lead from one version to the next. A version is
never changed once it is published, because databases have it already. The same statements serve
both kinds of database, because SQLite accepts any name of a type. `schema` says what the columns
mean.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from dora.errors import CannotWrite

#: What separates the statements of a file; no statement contains it.
END = ";\n"


def _statements(path: Path) -> tuple[str, ...]:
    statements = path.read_text(encoding="utf-8").removesuffix(END).split(END)
    return tuple(one.strip() for one in statements)


#: The statements that lead to each version from the one before, the first from nothing.
MIGRATIONS: tuple[tuple[str, ...], ...] = tuple(
    map(_statements, sorted(Path(__file__).with_name("versions").glob("*.sql")))
)
VERSION = len(MIGRATIONS)
#: The table that holds the version, in one row; no migration changes it.
VERSIONS = "CREATE TABLE schema_version (version bigint NOT NULL)"


def version_of(connection: Connection) -> int:
    """The schema's version in the database, 0 for none; CannotWrite if it is newer than known."""
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
    """Bring the schema to a version, as part of the open transaction."""
    found = version_of(connection)
    if found == 0:
        connection.execute(text(VERSIONS))
        connection.execute(text("INSERT INTO schema_version (version) VALUES (0)"))
    for statements in MIGRATIONS[found:to]:
        for statement in statements:
            connection.execute(text(statement))
    if found < to:
        connection.execute(text("UPDATE schema_version SET version = :to"), {"to": to})
