"""The schema of the database: its versions, and that it is what the program takes it for."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, text

from dora.errors import CannotWrite
from dora.publish.database import migrations, schema
from dora.publish.database.connection import parse_address
from dora.publish.database.load import opened
from tests.publish.database.test_same import WEEKS
from tests.support.databases import contents, send, sent
from tests.support.published_files import JUDGED, JUDGED_PARTS, judged_report, judged_row
from tests.support.servers.postgresql import Server


def make(url: str, version: int) -> None:
    """Make a schema of that version, as the program of its time did."""
    with opened(parse_address(url, "dora")) as connection:
        if not url.startswith("sqlite"):
            connection.execute(text("CREATE SCHEMA dora"))
        migrations.upgrade(connection, version)


def test_version_1_is_what_it_was() -> None:
    """A version that is out is never changed: somewhere a database has it."""
    told = "\n".join(migrations.MIGRATIONS[0])
    expected = "e14818107ae2fdfd40c35a924a5098ee273a0d2ba94d16cf11f3bc65d0f9948b"
    assert expected == hashlib.sha256(told.encode()).hexdigest()


def test_upgrade_keeps_what_is_there(url: str, tmp_path: Path) -> None:
    """A database of version 1, with a report in it, becomes what a new one is."""
    make(url, 1)
    with opened(parse_address(url, "dora")) as connection:
        instant = "2026-01-01T00:00:00.000000Z"
        connection.execute(
            text(
                "INSERT INTO runs VALUES ('old', 'repository', :at, :at, 1.0, 'UTC', :at, '0',"
                " '', '', '[]', '[]', '[]', '[]', '[]')"
            ),
            {"at": instant},
        )
    sent(url, tmp_path, *WEEKS[0])
    found = contents(url)

    assert ["acme", "acme", "old"] == sorted(one[0] for one in found["runs"])
    assert None is next(one[-1] for one in found["runs"] if one[0] == "old")
    assert "0 rows are new" in sent(url, tmp_path, *WEEKS[0])


def test_upgrade_from_version_4_keeps_rows_and_trends(url: str, tmp_path: Path) -> None:
    """Version 5: what was there stays, what it did not know is null, and places come beside."""
    make(url, 4)
    instant = {"at": "2026-01-01T00:00:00.000000Z"}
    names = "organization, kind, repository, environment, service, team, tier, generated_at"
    values = "'acme', 'repository', 'old', 'production', '', '', 'production', :at"
    per_day = "deployment_frequency_per_day"
    metrics = f"INSERT INTO metrics ({names}, since, until, {per_day}, recovery_time_level)"
    part = "bucket, starts_on, start_at, end_at, days, partial, as_of"
    trends = f"INSERT INTO trends ({names}, {part}, {per_day})"
    with opened(parse_address(url, "dora")) as connection:
        connection.execute(text(f"{metrics} VALUES ({values}, :at, :at, 0.5, 'high')"), instant)
        at = ":at, :at, 1.0, false, :at, 0.5"
        connection.execute(
            text(f"{trends} VALUES ({values}, 'month', '2026-01-01', {at})"), instant
        )
    sent(url, tmp_path, judged_report())

    assert None is value_of(url, "metrics", "old", "recovery_time_place_better")
    assert "high" == value_of(url, "metrics", "old", "recovery_time_level")
    assert 0.5 == value_of(url, "metrics", "old", "deployment_frequency_per_day")
    assert 0.5 == value_of(url, "trends", "old", "deployment_frequency_per_day")
    assert None is value_of(url, "trends", "old", "deployment_frequency_exposure_days")
    assert {name: value_of(url, "metrics", "api", name) for name in JUDGED} == JUDGED
    assert None is value_of(url, "metrics", "api", "recovery_time_median_high_seconds")
    began = value_of(url, "metrics", "api", "exposure_since")
    assert judged_row().since == began


def test_an_unknown_part_of_a_trend_is_null(url: str, tmp_path: Path) -> None:
    """DF2: a part before the row began has a row with every figure null, none of them 0."""
    sent(url, tmp_path, judged_report())
    figures = (*schema.PART_FIGURES, *schema.PART_FIGURES_LATER)
    columns = [one.column for one in figures]
    with opened(parse_address(url, "dora")) as connection:
        asked = select(schema.TRENDS).order_by(schema.TRENDS.c.start_at)
        unknown, part = connection.execute(asked).mappings()

    assert [None] * len(columns) == [unknown[name] for name in columns]
    assert 48.0 == unknown["days"]
    assert [14.0, 1_800.0, None] == [part[name] for name in JUDGED_PARTS]


def value_of(url: str, table: str, repository: str, name: str) -> Any:
    """What the newest row of a repository has in a column."""
    there = schema.METADATA.tables[table]
    until = there.c.until if table == "metrics" else there.c.end_at
    asked = select(there.c[name]).where(there.c.repository == repository).order_by(until.desc())
    with opened(parse_address(url, "dora")) as connection:
        return connection.execute(asked).scalars().first()


def test_every_version_leads_to_the_newest(url: str) -> None:
    """Tables made step by step have the columns and keys that the program writes."""
    for version in range(1, migrations.VERSION + 1):
        if version == 1:
            make(url, version)
        with opened(parse_address(url, "dora")) as connection:
            migrations.upgrade(connection, version)
    with opened(parse_address(url, "dora")) as connection:
        there = inspect(connection)
        name = None if url.startswith("sqlite") else "dora"
        found = {
            table: (
                [(one["name"], bool(one["nullable"])) for one in there.get_columns(table, name)],
                there.get_pk_constraint(table, name)["constrained_columns"],
            )
            for table in there.get_table_names(name)
        }
        assert migrations.VERSION == migrations.version_of(connection)
    expected = {
        table.name: (
            [(one.name, bool(one.nullable)) for one in table.columns],
            [one.name for one in table.primary_key.columns],
        )
        for table in schema.METADATA.sorted_tables
    }
    del found["schema_version"]

    assert expected == found


def test_types(server: Server) -> None:
    """In PostgreSQL instants have a time zone, and numbers and texts are what they are called."""
    url = server.url(server.database())
    make(url, migrations.VERSION)
    with opened(parse_address(url, "dora")) as connection:
        rows = connection.execute(
            text(
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'dora' AND table_name <> 'schema_version'"
            )
        )
        found = {(one[0], one[1]): one[2] for one in rows}
    names = {"DATE": "date", "TEXT": "text", "BIGINT": "bigint", "BOOLEAN": "boolean",
             "DOUBLE PRECISION": "double precision", "TIMESTAMP WITH TIME ZONE":
             "timestamp with time zone"}  # fmt: skip
    dialect = parse_address(url, "dora").engine().dialect

    assert found == {
        (table.name, one.name): names[one.type.compile(dialect)]
        for table in schema.METADATA.sorted_tables
        for one in table.columns
    }


def test_a_newer_schema_is_refused(url: str, tmp_path: Path) -> None:
    """A database that a later program wrote is left alone, with advice."""
    sent(url, tmp_path, *WEEKS[0])
    before = contents(url)
    with opened(parse_address(url, "dora")) as connection:
        connection.execute(text("UPDATE schema_version SET version = 99"))
    done = send(url, tmp_path, *WEEKS[1])

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "has version 99 of the schema" in done.stderr
    assert "or a newer one" in done.stderr
    assert before == contents(url)


@pytest.mark.few(4)
@pytest.mark.parametrize("half", migrations.MIGRATIONS[1])
def test_an_upgrade_that_fails_is_none(
    url: str, tmp_path: Path, half: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An upgrade breaks off at any of its statements: the database has its old version."""
    make(url, 1)
    at = migrations.MIGRATIONS[1].index(half)
    broken = (*migrations.MIGRATIONS[1][:at], "SELECT nothing FROM nowhere")
    monkeypatch.setattr(migrations, "MIGRATIONS", (migrations.MIGRATIONS[0], broken))
    with pytest.raises(CannotWrite), opened(parse_address(url, "dora")) as connection:
        migrations.upgrade(connection)
    monkeypatch.undo()
    with opened(parse_address(url, "dora")) as connection:
        assert 1 == migrations.version_of(connection)
    sent(url, tmp_path, *WEEKS[0])
