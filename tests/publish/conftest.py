"""One PostgreSQL for all tests of a process, and pauses that take no time."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dora.publish import retry
from tests.support.servers.postgresql import Server, postgresql


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A running PostgreSQL."""
    with postgresql() as running:
        yield running


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once, unless the service says how long to wait."""
    monkeypatch.setattr(retry, "PAUSE", 0.001)


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of an empty database, of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/dora.db"
    running: Server = request.getfixturevalue("server")
    return running.url(running.database())
