"""The files of the loading benchmark are what the commands write, so that its figures mean it."""

from pathlib import Path

import pytest

from dora.report.evidence import DeploymentEvidence, EpisodeEvidence
from dora.report.evidence_stream import EvidenceHeader, read_items
from dora.report.report_json import read_report
from tests.benchmarks.loading import UNTIL, WEEK, write


@pytest.mark.thorough
def test_files(tmp_path: Path) -> None:
    """A week later most of the items are the same, the first are gone and as many are new."""
    told = []
    for week in (0, 1):
        folder = write(tmp_path / str(week), 1_300, UNTIL + week * WEEK)
        header = EvidenceHeader()
        items = list(read_items(folder / "evidence.json", header))
        report = read_report(folder / "report.json")
        assert {"deployments": 1_300, "changes": 13_000, "episodes": 65} == header.counts
        assert (report.window.since, report.window.until) == (header.since, header.until)
        assert all(report.window.since <= one.created_at < report.window.until for one in items
                   if isinstance(one, DeploymentEvidence))  # fmt: skip
        told.append({one for one in items if not isinstance(one, EpisodeEvidence)})

    assert 1_300 + 13_000 == len(told[0])
    assert (12 * 100 * 11, 100 * 11) == (len(told[0] & told[1]), len(told[1] - told[0]))
