"""Pauses that take no time."""

import pytest

from dora.publish import retry


@pytest.fixture
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once, unless the service says how long to wait."""
    monkeypatch.setattr(retry, "PAUSE", 0.001)
