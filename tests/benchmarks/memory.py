"""What the memory settings of the process save: a report with each of them alone, all and none."""

import json
import subprocess
import sys
from collections.abc import Callable

from dora.cli.process_memory import (
    collect_garbage_rarely,
    return_freed_blocks,
    save_memory,
    use_system_pool,
)
from tests.benchmarks.computation import measure

COMMITS = 300_000
SETTINGS: dict[str, Callable[[], None]] = {
    "none of them": lambda: None,
    "garbage collected rarely": collect_garbage_rarely,
    "Arrow allocates from the system": use_system_pool,
    "freed blocks returned at once": return_freed_blocks,
    "all of them": save_memory,
}


def table(*, quick: bool = False) -> str:
    """A Markdown table, a line a setting; *quick* with a tenth of the commits."""
    commits = COMMITS // 10 if quick else COMMITS
    lines = ["| settings | processor seconds | peak MB |", "| --- | --: | --: |"]
    for name in SETTINGS:
        command = [sys.executable, "-m", "tests.benchmarks.memory", name, str(commits)]
        done = subprocess.run(  # noqa: S603  # this very module
            command, check=True, capture_output=True, text=True
        )
        one = json.loads(done.stdout)
        lines.append(f"| {name} | {one['processor_seconds']:.1f} | {one['peak_mb']:,.0f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    SETTINGS[sys.argv[1]]()
    print(json.dumps(measure(int(sys.argv[2]))))  # noqa: T201  # read by `table`
