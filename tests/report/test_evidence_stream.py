"""`evidence_stream`: the items of a file one by one, wherever the blocks that are read end."""

import json
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.errors import CannotRead
from dora.report import evidence_stream
from dora.report.evidence import (
    ChangeEvidence,
    DeploymentEvidence,
    EpisodeEvidence,
    FailureReason,
)
from dora.report.evidence_json import Item, read_evidence
from dora.report.evidence_stream import EvidenceHeader, read_items
from tests.support.databases import WHOLE, change, deployment, episode, evidence
from tests.support.published_files import MONDAY

TOLD = evidence(
    deployment(1, MONDAY, "status", environment='prod "\\ 日本'),
    deployment(2, MONDAY, succeeded_at=None, failed_status_at=MONDAY),
    change(1, MONDAY, pull_request=None, service="web"),
    episode([2, 1], MONDAY),
)


def write(folder: Path, told: Mapping[str, Any], **how: Any) -> Path:
    """The evidence as a file."""
    path = folder / "evidence.json"
    path.write_text(json.dumps(told, **how), encoding="utf-8")
    return path


def read(path: Path) -> tuple[list[Item], EvidenceHeader]:
    """Every item, and what the file holds beside them."""
    header = EvidenceHeader()
    return list(read_items(path, header)), header


@pytest.mark.parametrize("how", [{}, {"indent": 2}, {"ensure_ascii": False}, {"sort_keys": True}])
@pytest.mark.parametrize("block", [1, 2, 7, 64, 1 << 20])
def test_blocks(
    tmp_path: Path, block: int, how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large the blocks and however the file is written, the items are the same."""
    monkeypatch.setattr(evidence_stream, "BLOCK", block)
    found, header = read(write(tmp_path, TOLD, **how))
    first, second = [one for one in found if isinstance(one, DeploymentEvidence)]
    (shipped,) = [one for one in found if isinstance(one, ChangeEvidence)]

    assert {"deployments": 2, "changes": 1, "episodes": 1} == header.counts
    assert ("acme", MONDAY, WHOLE) == (header.organization, header.until, header.scope)
    assert ("api", 'prod "\\ 日本', "", 1, f"{1:040x}") == (
        first.repository, first.environment, first.service, first.id, first.sha,
    )  # fmt: skip
    assert ((FailureReason("status", MONDAY, None, "x"),), ()) == (first.reasons, second.reasons)
    assert ("web", 3600.0, None) == (shipped.service, shipped.lead_time, shipped.pull_request)
    assert EpisodeEvidence("api", "production", MONDAY, None, (2, 1)) in found


def test_as_read_at_once(tmp_path: Path) -> None:
    """The records of a file that is read at once are those of its items."""
    path = write(tmp_path, TOLD)
    found, header = read(path)
    whole = read_evidence(path)

    assert (whole.since, whole.until, whole.scope) == (header.since, header.until, header.scope)
    assert found == [*whole.deployments, *whole.changes, *whole.episodes]


@given(cut=st.integers(0, len(json.dumps(TOLD)) - 1))
def test_a_file_that_breaks_off(cut: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Wherever a file ends too early, it is refused in two lines."""
    path = tmp_path_factory.mktemp("cut") / "evidence.json"
    path.write_text(json.dumps(TOLD)[:cut], encoding="utf-8")
    with pytest.raises(CannotRead, match="is no JSON"):
        read(path)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"schema": 1}', "\x00", "{" * 9_999])
def test_other_files(tmp_path: Path, text: str) -> None:
    """What is no evidence is refused."""
    path = tmp_path / "evidence.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CannotRead):
        read(path)


def test_a_number_that_is_too_long(tmp_path: Path) -> None:
    """A whole number of more digits than Python reads is told as what is no JSON."""
    path = tmp_path / "evidence.json"
    path.write_text(json.dumps(TOLD).replace('"id": 2', '"id": ' + "9" * 5_000), encoding="utf-8")
    with pytest.raises(CannotRead, match="is no JSON"):
        read(path)


@pytest.mark.thorough
@pytest.mark.parametrize("how", [{}, {"indent": 2}])
def test_a_large_file_needs_little_memory(tmp_path: Path, how: dict[str, Any]) -> None:
    """Twenty thousand changes are never in memory together."""
    many = evidence(*(change(n, MONDAY) for n in range(20_000)))
    path = write(tmp_path, many, **how)
    del many
    header = EvidenceHeader()
    tracemalloc.start()
    for _ in read_items(path, header):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert {"changes": 20_000} == header.counts
    assert path.stat().st_size > 5_000_000
    assert peak < 8 * evidence_stream.BLOCK
