"""The rights that docs/stores.md gives are enough, and no more than is said."""

import re
from pathlib import Path

import psycopg
import pytest

from dora.publish.database import schema
from tests.publish.database.test_same import WEEKS
from tests.support.databases import column, contents, sent
from tests.support.servers.postgresql import Server

PAGE = Path(__file__).parents[3] / "docs" / "stores.md"
MAKE, READ = re.findall(r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def carry_out(connection: "psycopg.Connection[tuple[object, ...]]", text: str) -> None:
    """Run the statements of a page, with a password for the dots."""
    for statement in text.replace("'…'", "'secret'").strip().split(";"):
        if statement.strip():
            connection.execute(statement)  # type: ignore[call-overload,unused-ignore]  # our own page


def test_rights_of_the_page(server: Server, tmp_path: Path) -> None:
    """The program makes its tables with them; Grafana's user reads all of them and writes none."""
    with server.connect() as connection:
        carry_out(connection, MAKE)
    url = server.url("metrics", "dora", "secret")
    with server.connect("metrics", user="dora", password="secret") as connection:
        connection.execute("CREATE SCHEMA dora")
    with server.connect("metrics") as connection:
        carry_out(connection, READ)
    sent(url, tmp_path, *WEEKS[0])
    reading = server.url("metrics", "grafana", "secret")

    assert [1, 2, 3, 4] == column(contents(reading), "deployments", "deployment")
    with server.connect("metrics", user="grafana", password="secret") as connection:
        for table in schema.METADATA.sorted_tables:
            sql = str(table.delete())
            with pytest.raises(psycopg.Error):
                connection.execute("SET search_path = dora; " + sql)  # type: ignore[call-overload,unused-ignore]  # names of our own
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("SET search_path = dora")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql)  # type: ignore[call-overload,unused-ignore]  # likewise
            connection.execute("SET default_transaction_read_only = on")
        with pytest.raises(psycopg.Error):
            connection.execute("CREATE TABLE public.mine (a text)")


def test_a_schema_that_was_made_for_it(server: Server, tmp_path: Path) -> None:
    """In somebody else's database an own schema is all that it needs."""
    name = server.database()
    with server.connect(name) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'guest'").fetchone():
            connection.execute("CREATE ROLE guest LOGIN PASSWORD 'secret'")
        connection.execute("CREATE SCHEMA dora AUTHORIZATION guest")
    url = server.url(name, "guest", "secret")
    sent(url, tmp_path, *WEEKS[0])
    sent(url, tmp_path, *WEEKS[1])

    assert [1, 2, 4, 5] == column(contents(url), "deployments", "deployment")
