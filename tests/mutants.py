"""Whether the fast tests notice a broken rule: `make mutants` breaks twenty, one at a time.

Each mutant is one rule of docs/metrics.md turned wrong by one edit. The checkout is copied, the
edit made in the copy, and `make test` run there until its first failure. The program ends with
status 1 when a mutant survives, and stops when an edit no longer fits the code.

Numbers given as arguments run these mutants alone; 0 is the copy without an edit, which must pass.
Folders of tests given as arguments are run instead of all of `make test`, which is faster.
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
PASSED = 0  #: pytest's exit status
FAILED = 1
STOPPED = 2  #: the same of two processes, ended by the first failure


class Mutant(NamedTuple):
    """One edit that breaks a rule."""

    rule: str
    breaks: str
    file: str
    right: str
    wrong: str


RULES = "dora/model/outcome_rules.py"
OUTCOMES = "dora/analysis/outcomes.py"
CHANGES = "dora/analysis/changes.py"
SIGNALS = "dora/analysis/signals.py"
INCIDENTS = "dora/analysis/attribution.py"
FAILURES = "dora/analysis/failures.py"
SHIPPED = "dora/model/shipped_commits.py"

MUTANTS = (
    Mutant("D1", "two spellings of an environment are two", "dora/model/environments.py",
           "key=canonical.casefold(),",
           "key=canonical,"),
    Mutant("D2", "a deployment succeeded when its last success was written", RULES,
           'success = first(history, ("success",))\n    return None',
           'success = first([*history][::-1], ("success",))\n    return None'),
    Mutant("D3", "a failure is forgotten once there was a success", OUTCOMES,
           "elif failure is not None:",
           "elif failure and not success:"),
    Mutant("D4", "preprod is production", "dora/model/environments.py",
           'in {"pre", "non"}:',
           'in {"non"}:'),
    Mutant("D6", "a run has succeeded with its first part", "dora/model/attempts.py",
           "complete = max(known)",
           "complete = min(known)"),
    Mutant("D7", "of two successes of one instant the higher id came first", SIGNALS,
           "return one.succeeded_at, one.deployment",
           "return one.succeeded_at, -one.deployment"),
    Mutant("W2", "a status of the very end of the window counts", RULES,
           "if one.at < until)",
           "if one.at <= until)"),
    Mutant("W3", "a success at the window's first instant came before it", SHIPPED,
           "return one.succeeded_at < span.since and",
           "return one.succeeded_at <= span.since and"),
    Mutant("LT2", "the first deployment ever seen ships its whole history", SHIPPED,
           "and position != self.baseline",
           ""),
    Mutant("LT3", "a merge commit is a change", CHANGES,
           "is_change=is_read & (parents <= 1),",
           "is_change=is_read & (parents <= 2),"),
    Mutant("LT4", "of several pull requests the highest number is a commit's own",
           "dora/analysis/commit_requests.py",
           '(-tables.pull_requests["number"]',
           '(tables.pull_requests["number"]'),
    Mutant("LT5", "a clock that ran ahead makes a lead time negative", CHANGES,
           "lead_time_seconds=lead_time.clip(min=0)",
           "lead_time_seconds=lead_time"),
    Mutant("LT9", "excluded changes wait, too", CHANGES,
           " & ~facts.is_excluded[waiting.numbers])",
           ")"),
    Mutant("F2", "an older commit is a rollback, whenever it was filed", SIGNALS,
           "one.goes_back and came_later and",
           "one.goes_back and"),
    Mutant("F5", "a labelled change fails its deployment until the last success", SIGNALS,
           'successes.after((repository, key), one), f"',
           'own[-1].succeeded_at, f"'),
    Mutant("F7", "an incident belongs to what was live, for however long", INCIDENTS,
           "if end and incident.opened_at - own[end - 1].succeeded_at <= self.longest:",
           "if end:"),
    Mutant("F8", "never live is what failed by any signal", FAILURES,
           "is_never_live = only_status and",
           "is_never_live ="),
    Mutant("R2", "failures that end together are several episodes", FAILURES,
           "None if only_status else key[2])",
           "key[2])"),
    Mutant("R4", "open outages count as ended in the median", "dora/metrics/recovery_time.py",
           "survival_curves(seconds, is_recovered, ",
           "survival_curves(seconds, is_recovered | True, "),
    Mutant("B2", "6 % failed is elite in 2023", "dora/metrics/benchmarks.py",
           'fail_rate={"elite": 5,',
           'fail_rate={"elite": 6,'),
)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Run the mutants, all or those whose numbers are given; 1 where one survives."""
    chosen = [int(one) for one in arguments if one.isdigit()] or range(1, len(MUTANTS) + 1)
    tests = [one for one in arguments if not one.isdigit()]
    for fitting in MUTANTS:
        _mutated(fitting, (ROOT / fitting.file).read_text("utf-8"))  # all fit before any is run
    survivors = 0
    for number in chosen:
        mutant = MUTANTS[number - 1] if number else None
        began = time.monotonic()
        status, first = _run(mutant, tests)
        is_found = status in {FAILED, STOPPED} and bool(first)
        survivors += not is_found if mutant else status != PASSED
        told = "found" if is_found else "survived" if status == PASSED else "no tests"
        what = f"{mutant.rule}: {mutant.breaks}" if mutant else "no edit"
        print(f"{number:2d} {told:8s} {time.monotonic() - began:4.0f} s  {what}", flush=True)
        if first:
            print(f"                     {first}", flush=True)
    print(f"{len(chosen) - survivors} of {len(chosen)} as they must be")
    return 1 if survivors else 0


def _run(mutant: Mutant | None, tests: Sequence[str]) -> tuple[int, str]:
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
            [sys.executable, "-m", "pytest", *FAST, *tests],
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
