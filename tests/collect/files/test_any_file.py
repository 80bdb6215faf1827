"""Whatever a file holds is read or refused, and what is told of it is safe to print (D8, F7)."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from dora.collect.files.columns import DEPLOYMENT_COLUMNS, INCIDENT_COLUMNS
from dora.collect.files.deployments import read_deployments
from dora.collect.files.incidents import read_incidents
from dora.collect.files.mistakes import MOST
from tests.support.examples import examples

FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
VALUES = st.sampled_from(
    ["", "web", "acme/web", "a" * 7, "2026-08-01T10:00:00Z", "0001-01-01T00:00:00+10:00",
     "9999-12-31T23:59:59-10:00", "2026-08-01", "success", "https://x", "7", "2", "file:2", "NaN",
     "a\nb", 'q"q', "٣" * 7, "\x1b[0m", "\u202e", "\x85", "\U0001f600", " x ", "x" * 200]
)  # fmt: skip
GOOD = {
    "repository": "web", "sha": "a" * 40, "created_at": "2026-08-01T10:00:00Z", "state": "success",
    "finished_at": "2026-08-01T11:00:00Z", "opened_at": "2026-08-01T10:00:00Z",
}  # fmt: skip


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Bytes of a file that is nearly right: some values and some bytes are anything."""
    names = [*draw(st.sampled_from([DEPLOYMENT_COLUMNS, INCIDENT_COLUMNS]))]
    names = [name for name in names if name in GOOD or draw(st.booleans())]
    rows = [
        [draw(VALUES) if draw(st.integers(0, 9)) == 0 else GOOD.get(name, "") for name in names]
        for _ in range(draw(st.integers(0, 4)))
    ]
    delimiter, end = draw(st.sampled_from([",", ";", "\t"])), draw(st.sampled_from(["\n", "\r\n"]))
    data = end.join(delimiter.join(row) for row in [names, *rows]).encode()
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.sampled_from([b"", b"", b'"', b"\xff", b"\n", b"{"])) + data[at:]


@examples(2_000, few=10, derandomize=True, deadline=None)
@given(data=contents())
def test_any_file_is_read_or_refused(data: bytes) -> None:
    """D8, F7: no file ends the program; a few mistakes are told, in characters that print."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        file, table = read_deployments(path, "file", "acme")
        _, other = read_incidents(path, "file", "acme", FIRST, LAST)
    for told in (table.mistakes.told(), other.mistakes.told()):
        assert len(told) <= MOST + 1
        assert "".join(told).isprintable()
    if not table.mistakes:
        own = file.of("web", LAST)
        assert len(own.created) == len(own.take(0, len(own.created)))
