"""The demonstration's organization, built once."""

from datetime import UTC, datetime

import pytest

from dora.demo.model import Organization
from dora.demo.organization import build_organization

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def medica_flow() -> Organization:
    """Build it at a fixed instant, with the forbidden repository."""
    return build_organization(NOW, forbidden=True)
