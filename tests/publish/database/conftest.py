"""One PostgreSQL for all tests of a process; each test has a database of its own in it.

Tests that need it are `system`. What holds for both kinds of database is tried on SQLite in
`make test`, too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import Dialect, Engine

from dora.publish.database.connection import DatabaseAddress
from tests.support.servers.postgresql import Server, postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start PostgreSQL."""
    for item in items:
        is_here = Path(__file__).parent in item.path.parents
        if is_here and "server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.system)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """SQL for SQLite is compiled once a process, and not in each run, where it takes most time.

    SQLAlchemy finds what it has compiled by the dialect, so all engines have that of the first.
    """
    make, compiled, dialects = DatabaseAddress.engine, dict[Any, Any](), list[Dialect]()

    def engine(address: DatabaseAddress) -> Engine:
        made = make(address)
        if not address.is_sqlite:
            return made
        dialects.append(made.dialect)
        made.dialect = dialects[0]
        return made.execution_options(compiled_cache=compiled)

    with patch.object(DatabaseAddress, "engine", engine):
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running PostgreSQL."""
    with postgresql() as running:
        yield running


@pytest.fixture(params=[pytest.param("postgresql", marks=pytest.mark.system), "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/dora.db"
    running: Server = request.getfixturevalue("server")
    return running.url(running.database())
