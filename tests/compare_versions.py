"""Show that a change of the code changes nothing that is printed, written or stored.

`python -m tests.compare_versions REVISION` runs this checkout and an older revision on the made-up
organization, with the clock fixed, and compares every output byte for byte. It ends with status 1
when one differs, and says where.
"""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from dora.demo.github.server import TOKEN, serve
from dora.demo.organization.build import SEED, build_organization
from dora.demo.organization.model import Organization

ROOT = Path(__file__).parents[1]
NOW = datetime.fromisoformat("2026-11-23T06:00:00+00:00")
SINCE = NOW - timedelta(days=90)

#: Runs the command line of whichever version is found first on the path, as if it were NOW and no
#: time passed: the clock stood in `cli.reading` before it came to `cli.inputs`.
DRIVER = f"""
import importlib, sys
from datetime import datetime
from types import SimpleNamespace

NOW = datetime.fromisoformat({NOW.isoformat()!r})

class Clock(datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW.astimezone(tz)

for name in ("dora.cli.inputs", "dora.cli.reading"):
    try:
        importlib.import_module(name).datetime = Clock
    except ModuleNotFoundError:
        pass
importlib.import_module("dora.collect.organization").time = SimpleNamespace(monotonic=lambda: 0.0)
from dora.cli import main
main()
"""

#: When the hour of the stand-in's budget ends, by its own clock.
RESET = re.compile(rb"until \d\d:\d\d UTC")
WINDOW = ("--since", SINCE.isoformat(), "--until", NOW.isoformat(), "--no-cache", "--quiet")
REPORT = ("report", "--org", "medica-flow", *WINDOW)
EXPLAIN = ("explain", "--org", "medica-flow", *WINDOW)
#: Each command, and the files that it writes beside what it prints.
COMMANDS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    ((*REPORT, "--output", "report.json", "--output", "report.csv", "--output", "report.md",
      "--output", "report.html"), ("report.json", "report.csv", "report.md", "report.html")),
    ((*REPORT, "--compare", "--trend", "week", "--output", "compared.json", "--output",
      "compared.csv", "--output", "compared.md", "--output", "compared.html"),
     ("compared.json", "compared.csv", "compared.md", "compared.html")),
    ((*REPORT, "--by", "team", "--trend", "month", "--format", "json"), ()),
    ((*REPORT, "--by", "environment", "--benchmark", "quick-check", "--format", "json"), ()),
    ((*REPORT, "--by", "organization", "--compare", "--format", "csv"), ()),
    ((*EXPLAIN, "--format", "json", "--output", "evidence.json"), ("evidence.json",)),
    ((*EXPLAIN, "--format", "csv"), ()),
    ((*EXPLAIN, "--format", "csv", "--table", "changes"), ()),
    ((*EXPLAIN, "--format", "csv", "--table", "episodes"), ()),
    ((*EXPLAIN[:1], "patient-api", *EXPLAIN[1:]), ()),
    (("doctor", "--org", "medica-flow", *WINDOW), ()),
    (("publish", "summary", "report.json", "--dry-run"), ()),
    (("publish", "prometheus", "compared.json", "--output", "dora.prom"), ("dora.prom",)),
    (("publish", "postgres", "compared.json", "--evidence", "evidence.json", "--url",
      "sqlite:///dora.db"), ("dora.db",)),
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Compare with the revision named; 1 where an output differs."""
    if len(arguments) != 1:
        sys.exit("usage: python -m tests.compare_versions REVISION")
    organization = build_organization(NOW, SEED)
    with (
        _checkout(arguments[0]) as before,
        tempfile.TemporaryDirectory() as folder,
    ):
        outputs = [
            dict(_outputs(version, Path(folder) / name, organization))
            for name, version in (("before", before), ("now", ROOT))
        ]
    different = [name for name in outputs[1] if outputs[0][name] != outputs[1][name]]
    for name, text in outputs[1].items():
        size = f"{len(text):9,} bytes"
        print(f"{'DIFFERENT' if name in different else 'same     '} {size}  {name}")
    for name in different:
        print(f"\n{name}:\n{_first_difference(outputs[0][name], outputs[1][name])}")
    print(f"\n{len(outputs[1]) - len(different)} of {len(outputs[1])} outputs are the same")
    return 1 if different else 0


@contextmanager
def _checkout(revision: str) -> Iterator[Path]:
    """A folder with the files of *revision*."""
    git = shutil.which("git") or "git"
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(  # noqa: S603  # a fixed command
            [git, "archive", revision, "dora"], cwd=ROOT, check=True, capture_output=True
        )
        subprocess.run(  # noqa: S603  # likewise
            [shutil.which("tar") or "tar", "-x", "-C", folder], input=archive.stdout, check=True
        )
        yield Path(folder)


def _outputs(
    version: Path, folder: Path, organization: Organization
) -> Iterator[tuple[str, bytes]]:
    """Everything that the code in *version* prints and writes, by name."""
    folder.mkdir()
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    kept |= {"GITHUB_TOKEN": TOKEN, "PYTHONPATH": str(version), "PYTHONSAFEPATH": "1",
             "COLUMNS": "160", "PYTHONUTF8": "1",
             "DORA_COLLECT__CONCURRENCY": "1"}  # fmt: skip  # the same requests each time
    for command, files in COMMANDS:
        with serve(organization) as server:  # each command has the whole budget of an hour
            done = subprocess.run(  # noqa: S603  # our own program
                [sys.executable, "-c", DRIVER, *command],
                cwd=folder,
                env={**kept, "GITHUB_API_URL": server.url},
                capture_output=True,
                check=False,
            )
        if done.returncode not in {0, 3}:
            sys.exit(f"{' '.join(command)}\n{done.stderr.decode()}")
        asked = " ".join(one for one in command if one not in WINDOW)
        yield f"dora {asked}", RESET.sub(b"until ...", done.stdout + done.stderr)
        for name in files:
            yield name, _content(folder / name)


def _content(path: Path) -> bytes:
    """What a file says; of a database, the statements that would make it."""
    if path.suffix != ".db":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join(connection.iterdump()).encode()


def _first_difference(before: bytes, now: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
    start = max(0, (min(len(before), len(now)) if at is None else at) - 80)
    return "\n".join(
        repr(text[start : start + 240].decode(errors="replace")) for text in (before, now)
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
