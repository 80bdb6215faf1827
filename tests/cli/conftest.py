"""What the tests of the command line share."""

from collections.abc import Iterator

import pytest

from dora.demo.github.server import Server, serve
from tests.support.two_repositories import ACME


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in with two repositories."""
    with serve(ACME) as running:
        yield running
