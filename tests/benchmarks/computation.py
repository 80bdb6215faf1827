"""Measures how the computation grows, from tables of 10,000 commits to 1,000,000.

Each size runs in a process of its own, so that its peak memory is its own. A repository has 10,000
commits and 1,000 deployments to three environments, with pull requests for every other commit,
merges, failures and rollbacks.
"""

import json
import resource
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dora.cli.process_memory import save_memory
from dora.model.tables import REPOSITORIES, SCHEMAS, Tables
from tests.support.typed_tables import typed

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
COMMITS_A_REPOSITORY = 10_000
DEPLOYMENTS_A_COMMIT = 0.1
NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
#: The commits spread over two years: look-back, window and what came before.
SPAN = timedelta(days=730)


def measure(size: int) -> dict[str, float]:
    """Seconds, peak memory in MB and rows of a report on *size* commits, in this process."""
    from dora.config import load_config
    from dora.report.build import build_report

    tables = make_tables(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    config = load_config({"org": "bench", "since": "1y"}, now=NOW, directory=Path("/nonexistent"))
    began, began_working = time.perf_counter(), time.process_time()
    report = build_report(tables, config)
    seconds = time.perf_counter() - began
    processor_seconds = time.process_time() - began_working
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    changes = sum(row.metrics.change_lead_time.changes for row in report.rows)
    return {
        "commits": size,
        "deployments": len(tables.deployments),
        "rows": len(report.rows),
        "changes": changes,
        "seconds": seconds,
        "processor_seconds": processor_seconds,
        "input_mb": before,
        "peak_mb": peak,
    }


def make_tables(size: int) -> "Tables":
    """Tables of about *size* commits and a tenth as many deployments, the same each time."""
    random = np.random.default_rng(size)
    parts = [_repository(n, random) for n in range(max(1, size // COMMITS_A_REPOSITORY))]
    frames: dict[str, Any] = {
        name: typed(schema, pd.concat([part[name] for part in parts], ignore_index=True))
        for name, schema in SCHEMAS.items()
    }
    return Tables(**frames)


def _repository(number: int, random: np.random.Generator) -> dict[str, pd.DataFrame]:
    """One repository: a main line with a merge every twentieth commit, deployed to three places."""
    count = COMMITS_A_REPOSITORY
    name = f"repository-{number:04}"
    shas = np.array([f"{number:08x}{n:032x}" for n in range(count)], dtype=object)
    committed = _instants(np.sort(random.uniform(0, 1, count)))
    authored = committed - pd.to_timedelta(random.exponential(86_400, count), unit="s").round("s")
    children = np.arange(1, count)
    merges = children[children % 20 == 0]
    deployments, statuses = _deployments(name, number, shas, random)
    numbers = np.arange(1, count, 2)
    merged = committed[numbers]
    branches = np.char.add("b", shas[numbers].astype(str))
    nothing = {
        other: pd.DataFrame(columns=list(SCHEMAS[other]))
        for other in ("labels", "tags", "incidents", "teams")
    }
    return nothing | {
        "repositories": pd.DataFrame(
            [(name, None, False, True, False, "", shas[-1], NOW, None, None)],
            columns=list(REPOSITORIES),
        ),
        "deployments": deployments,
        "statuses": statuses,
        "commits": pd.DataFrame(
            {"repository": name, "sha": shas, "authored_at": authored, "committed_at": committed,
             "author": None, "message": None}
        ),
        "parents": pd.DataFrame(
            {"repository": name, "sha": shas[np.concatenate([children, merges])],
             "position": np.repeat([0, 1], [len(children), len(merges)]),
             "parent_sha": shas[np.concatenate([children - 1, merges - 3])]}
        ),
        "pull_requests": pd.DataFrame(
            {"repository": name, "number": numbers, "created_at": merged - pd.Timedelta(hours=5),
             "merged_at": merged, "merge_sha": shas[numbers], "head_ref": "work",
             "first_authored_at": merged - pd.Timedelta(days=2), "head_sha": branches}
        ),
        "associations": pd.DataFrame(
            {"repository": name, "sha": shas[numbers], "number": numbers}
        ),
        "branch_commits": pd.DataFrame(
            {"repository": name, "number": numbers, "sha": branches}
        ),
    }  # fmt: skip


def _deployments(
    name: str, number: int, shas: np.ndarray, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    count = int(len(shas) * DEPLOYMENTS_A_COMMIT)
    at = np.sort(random.uniform(0, 1, count))
    behind = random.integers(0, 20, count) + 60 * (random.uniform(0, 1, count) < 0.05)
    deployed = np.clip((at * len(shas)).astype(int) - behind, 0, len(shas) - 1)
    created = _instants(at)
    ids = number * 1_000_000 + np.arange(1, count + 1)
    deployments = pd.DataFrame({
        "repository": name, "deployment": ids, "sha": shas[deployed], "is_known": True,
        "environment": random.choice(["dev", "qa", "production"], count), "task": "deploy",
        "payload": "{}", "created_at": created, "creator": "github-actions[bot]",
        "description": None, "ref": None,
        "source": "deployments", "id": None, "url": None, "entry": 0,
    })  # fmt: skip
    state = np.where(random.uniform(0, 1, count) < 0.1, "failure", "success")
    statuses = pd.concat([
        pd.DataFrame({"repository": name, "deployment": ids, "state": state,
                      "created_at": created + after, "log_url": None,
                      "description": None})
        for state, after in (("queued", pd.Timedelta(0)), ("in_progress", pd.Timedelta("10s")),
                             (state, pd.Timedelta("5min")))
    ])  # fmt: skip
    return deployments, statuses


def _instants(shares: np.ndarray) -> pd.DatetimeIndex:
    """Instants of whole seconds at *shares* of the span that ends now."""
    seconds = pd.to_timedelta((shares * SPAN.total_seconds()).astype("int64"), unit="s")
    return (pd.Timestamp(NOW - SPAN) + seconds).as_unit("us")


def table(*, quick: bool = False) -> str:
    """A Markdown table, a line a size; *quick* with a tenth of each, but a repository at least."""
    sizes = {max(size // 10, COMMITS_A_REPOSITORY) if quick else size for size in SIZES}
    lines = [
        "| commits | deployments | rows | changes | seconds | seconds per million | peak MB |",
        "| --: | --: | --: | --: | --: | --: | --: |",
    ]
    for size in sorted(sizes):
        command = [sys.executable, "-m", "tests.benchmarks.computation", str(size)]
        done = subprocess.run(  # noqa: S603  # this very module
            command, check=True, capture_output=True, text=True
        )
        one = json.loads(done.stdout)
        lines.append(
            f"| {one['commits']:,} | {one['deployments']:,} | {one['rows']:,} | {one['changes']:,} "
            f"| {one['seconds']:.2f} | {one['seconds'] / one['commits'] * 1e6:.1f} "
            f"| {one['peak_mb']:,.0f} |"
        )
    return "\n".join([*lines, "", _small_report()])


def _small_report() -> str:
    """What a report of the smallest organization takes, in a process that has made some."""
    command = [sys.executable, "-m", "tests.benchmarks.computation", "small"]
    done = subprocess.run(  # noqa: S603  # this very module
        command, check=True, capture_output=True, text=True
    )
    seconds = float(done.stdout)
    return f"One report of a repository with three deployments: {seconds * 1000:.0f} ms."


def measure_small() -> float:
    """Processor seconds of one report of three deployments, the least of many."""
    from dora.report.build import build_report
    from tests.support.tables import config, failed_attempts

    tables, settings = failed_attempts(), config()
    took = []
    for _ in range(20):
        began = time.process_time()
        build_report(tables, settings)
        took.append(time.process_time() - began)
    return min(took)


if __name__ == "__main__":
    save_memory()
    what = sys.argv[1]
    print(measure_small() if what == "small" else json.dumps(measure(int(what))))  # noqa: T201  # read by `table`
