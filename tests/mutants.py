"""Whether the fast tests notice a broken rule: `make mutants` breaks twenty, one at a time.

Each mutant is one rule of docs/metrics.md turned wrong by one edit. The checkout is copied, the
edit made in the copy, and `make test` run there until its first failure. The program ends with
status 1 when a mutant survives, and stops when an edit no longer fits the code. Numbers given as
arguments run these mutants alone; 0 is the copy without an edit, which must pass.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FAST = ("-n", "auto", "-x", "-q", "-m", "not system and not thorough", "-p", "no:cacheprovider")
COPIED = ("dora", "tests", "docs", ".github", ".ci")
#: pytest's exit status where a test failed; anything else is neither noticed nor survived.
PASSED, FAILED = 0, 1


class Mutant(NamedTuple):
    """One edit that breaks a rule."""

    rule: str
    breaks: str
    file: str
    right: str
    wrong: str


MUTANTS: tuple[Mutant, ...] = ()


def main(numbers: Sequence[str]) -> int:
    """Run the mutants, all or those of *numbers*; 1 where one survives."""
    chosen = [int(one) for one in numbers] or range(1, len(MUTANTS) + 1)
    for mutant in MUTANTS:
        _mutated(mutant, (ROOT / mutant.file).read_text("utf-8"))  # all fit before any is run
    survivors = 0
    for number in chosen:
        mutant = MUTANTS[number - 1] if number else None
        began = time.monotonic()
        status, first = _run(mutant)
        wanted = FAILED if mutant else PASSED
        survivors += status != wanted
        told = "found" if status == FAILED else "survived" if status == PASSED else "stopped"
        what = f"{mutant.rule}: {mutant.breaks}" if mutant else "no edit"
        print(f"{number:2d} {told:8s} {time.monotonic() - began:4.0f} s  {what}", flush=True)
        if first:
            print(f"                     {first}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} as they must be")
    return 1 if survivors else 0


def _run(mutant: Mutant | None) -> tuple[int, str]:
    """Exit status of the fast tests with *mutant* in the code, and the first test that failed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in ROOT.iterdir():
            if path.is_file():
                shutil.copy(path, copy)
        if mutant is not None:
            file = copy / mutant.file
            file.write_text(_mutated(mutant, file.read_text("utf-8")), "utf-8")
        done = subprocess.run(  # noqa: S603  # our own tests
            [sys.executable, "-m", "pytest", *FAST],
            cwd=copy,
            capture_output=True,
            text=True,
            check=False,
        )
    lines = done.stdout.splitlines()
    failed = next((line for line in lines if line.startswith(("FAILED", "ERROR"))), "")
    return done.returncode, failed[:100]


def _mutated(mutant: Mutant, text: str) -> str:
    """*text* with the edit made; it must fit exactly once."""
    if text.count(mutant.right) != 1:
        sys.exit(f"{mutant.rule}: {mutant.file} does not have once: {mutant.right!r}")
    return text.replace(mutant.right, mutant.wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
