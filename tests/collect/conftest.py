"""What every test of the collector stands on: no setting or token of whoever runs them."""

import os

import pytest

from dora.collect.github import client


@pytest.fixture(autouse=True)
def _nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget settings and tokens of the surroundings."""
    for name in list(os.environ):
        if name.startswith(("DORA_", "GITHUB_", "GH_")):
            monkeypatch.delenv(name)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between tries of hundredths of a second."""
    monkeypatch.setattr(client, "PAUSE", 0.01)
    monkeypatch.setattr(client, "LONGEST_PAUSE", 0.02)
