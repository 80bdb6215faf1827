"""One PostgreSQL for all tests of a process; each test has a database of its own in it.

Tests that need it are `system`. What holds for both kinds of database is tried on SQLite in
`make test`, too.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.servers.postgresql import Server, postgresql


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start PostgreSQL."""
    for item in items:
        if (
            "server" in getattr(item, "fixturenames", ())
            and Path(__file__).parent in item.path.parents
        ):
            item.add_marker(pytest.mark.system)


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
