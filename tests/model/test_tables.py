"""The one way to make a table."""

from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest

from dora.model import table_builder
from dora.model.table_builder import TableBuilder
from dora.model.tables import (
    COMMITS,
    REPOSITORIES,
    SCHEMAS,
    Column,
    Schema,
    frame,
    make_tables,
)
from tests.support.tables import CAST

SCHEMA: Schema = {
    "name": Column("str", "a name", ""),
    "count": Column("int64", "a count", ""),
    "flag": Column("bool", "a flag", ""),
    "at": Column("datetime64[us, UTC]", "an instant", ""),
}
AT = datetime(2026, 11, 23, 6, 0, 0, 5, tzinfo=UTC)


def dtypes(made: pd.DataFrame) -> dict[str, str]:
    """The dtype of every column."""
    return {str(name): str(dtype) for name, dtype in made.dtypes.items()}


EXPECTED = {name: column.dtype for name, column in SCHEMA.items()}


def test_empty_table_keeps_its_columns_and_dtypes() -> None:
    """A table without rows is the same kind of table."""
    assert EXPECTED == dtypes(frame(SCHEMA, []))


@pytest.mark.parametrize(
    "row", [("a", 1, True, AT), {"flag": True, "at": AT, "name": "a", "count": 1}]
)
def test_rows_are_sequences_or_mappings(row: object) -> None:
    """Rows come in the schema's order or with names, and every dtype is the schema's."""
    made = frame(SCHEMA, [row])
    assert EXPECTED == dtypes(made)
    assert [{"name": "a", "count": 1, "flag": True, "at": AT}] == made.to_dict("records")


INDIA = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    "instants",
    [
        pytest.param([AT, AT], id="UTC"),
        pytest.param([AT.astimezone(INDIA)] * 2, id="one offset"),
        pytest.param([AT.astimezone(INDIA), AT], id="two offsets"),
    ],
)
def test_instants_become_utc(instants: list[datetime]) -> None:
    """Every instant is UTC, whatever its offset, with microseconds."""
    made = frame(SCHEMA, [("a", 1, True, instant) for instant in instants])
    assert [AT, AT] == made["at"].tolist()
    assert EXPECTED == dtypes(made)


def test_instants_may_be_text() -> None:
    """GitHub's own spelling of an instant is read, with and without fractions."""
    texts = ("2026-11-23T06:00:00Z", "2026-11-23T06:00:00.000005Z")
    made = frame(SCHEMA, [("a", 1, True, text) for text in texts])
    assert [AT.replace(microsecond=0), AT] == made["at"].tolist()


@pytest.mark.parametrize("missing", [None, pd.NaT])
def test_missing_stays_missing(missing: object) -> None:
    """Missing is missing: NaT for an instant, alone in its column or not, no stand-in."""
    alone = frame(SCHEMA, [("a", 1, True, missing)])
    beside = frame(SCHEMA, [("a", 1, True, missing), ("b", 1, True, AT)])
    assert [[True], [True, False]] == [made["at"].isna().tolist() for made in (alone, beside)]
    assert [EXPECTED, EXPECTED] == [dtypes(alone), dtypes(beside)]
    assert frame(SCHEMA, [(None, 1, True, AT)])["name"].isna().tolist() == [True]


@pytest.mark.parametrize("naive", [datetime(2026, 11, 23), "2026-11-23T06:00:00"])  # noqa: DTZ001  # the point
def test_naive_instant_is_an_error(naive: object) -> None:
    """An instant without a time zone would silently be taken for UTC: it is refused."""
    with pytest.raises(TypeError, match=r"time zone|timezone"):
        frame(SCHEMA, [("a", 1, True, naive)])


def test_tables_not_named_are_empty() -> None:
    """A table of which nothing was read is there, empty, with its columns and dtypes."""
    expected = {
        name: {key: column.dtype for key, column in schema.items()}
        for name, schema in SCHEMAS.items()
    }
    for made in (make_tables({}), TableBuilder().finish()):
        assert expected == {name: dtypes(getattr(made, name)) for name in SCHEMAS}
        assert (0, 0, 0.0, {}) == (made.requests, made.points, made.seconds, made.gaps)


def test_tables_tell_what_they_cost() -> None:
    """What GitHub was asked, and what is missing, comes with the tables."""
    made = TableBuilder().finish(requests=3, points=4, seconds=5.0, gaps={"teams": "No."})
    assert (3, 4, 5.0) == (made.requests, made.points, made.seconds)
    assert {"teams": "No."} == made.gaps


@pytest.mark.parametrize("many", [1, 3, 100])
def test_tables_built_as_rows_come(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rows are held before they become frames, the tables are those of all rows.

    Repositories come in the order of their names; rows of one in the order in which they came.
    """
    monkeypatch.setattr(table_builder, "MANY_ROWS", many)
    parents = [
        ("web", "c", 0, "b"),
        ("web", "b", 0, "a"),
        ("api", "e", 1, "d"),
        ("api", "e", 0, "a"),
    ]
    incidents = [
        (None, 1, "Q1", None, AT, None, None, None, None, "prod", None),
        ("web", 2, "Q2", None, AT, AT, "x", "", "completed", None, "shop"),
    ]
    teams = [("us", "web"), ("them", "api"), ("them", "web")]
    building = TableBuilder()
    building.add({"parents": parents[:2], "incidents": incidents[:1]})
    building.add({})
    building.add({"parents": parents[2:], "incidents": incidents[1:], "teams": iter(teams)})
    made = building.finish()
    expected = make_tables(
        {
            "parents": [*parents[2:], *parents[:2]],
            "incidents": incidents[::-1],
            "teams": [teams[1], teams[0], teams[2]],
        }
    )
    for name in SCHEMAS:
        pd.testing.assert_frame_equal(getattr(expected, name), getattr(made, name))


@pytest.mark.parametrize("name", CAST)
def test_cast_obeys_the_schemas(name: str) -> None:
    """The tables that tests play with are of the very kind that GitHub is read into."""
    made = CAST[name]()
    assert [list(schema) for schema in SCHEMAS.values()] == [
        list(getattr(made, table).columns) for table in SCHEMAS
    ]
    assert REPOSITORIES["archived_at"].dtype == COMMITS["authored_at"].dtype
