"""The files of the loading benchmark are what the commands write, so that its figures mean it."""

from pathlib import Path

from dora.report.evidence_stream import Window, read_items
from dora.report.report_json import read_report
from tests.benchmarks.loading import UNTIL, WEEK, write


def test_files(tmp_path: Path) -> None:
    """A week later most of the items are the same, the first are gone and as many are new."""
    told = []
    for week in (0, 1):
        folder = write(tmp_path / str(week), 1_300, UNTIL + week * WEEK)
        window = Window()
        items = list(read_items(folder / "evidence.json", window))
        report = read_report(folder / "report.json")
        assert {"deployments": 1_300, "changes": 13_000, "episodes": 65} == window.counts
        assert (report.window.since, report.window.until) == (window.since, window.until)
        assert all(window.since <= one[6] < window.until for name, one in items
                   if name == "deployments" and window.since and window.until)  # fmt: skip
        told.append({(name, one) for name, one in items if name != "episodes"})

    assert 1_300 + 13_000 == len(told[0])
    assert (12 * 100 * 11, 100 * 11) == (len(told[0] & told[1]), len(told[1] - told[0]))
