"""What every test may rely on, wherever the suite is started from."""

import gc
import os
import signal
from collections import Counter
from itertools import count
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.examples import QUICK, THOROUGH

#: Tests that start real programs.
SYSTEM = Path(__file__).parent / "system"
_number = count()
# A law holds however slow the machine is.
settings.register_profile(QUICK, deadline=None, max_examples=10)
settings.register_profile(THOROUGH, deadline=None)
settings.load_profile(QUICK)


def pytest_configure() -> None:
    """Tests and the programs they start can be interrupted, and ask no proxy.

    A shell starts a background job with SIGINT ignored, and that is handed down.
    Servers of tests stand on this machine, and no proxy is on the way to them; where that is said,
    no request reads all of the environment to find one.
    """
    os.environ["no_proxy"] = "127.0.0.1"
    gc.disable()  # what is imported and collected is no garbage
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Look for garbage seldom: what was imported and collected lives until the end."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(100_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make test-all` has beyond `make test`: see the markers in `pyproject.toml`."""
    seen: Counter[str] = Counter()
    for item in items:
        few = item.get_closest_marker("few")
        if few is not None:
            of = item.nodeid.partition("[")[0]
            seen[of] += 1
            if seen[of] > few.args[0]:
                item.add_marker(pytest.mark.thorough)
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.drawn)
        if SYSTEM in item.path.parents:
            item.add_marker(pytest.mark.system)


@pytest.fixture(autouse=True)
def cache_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder: each test has its own, which is not there before it is used."""
    folder = tmp_path_factory.getbasetemp() / f"cache-{next(_number)}"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder
