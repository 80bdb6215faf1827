"""All benchmarks, printed and written to docs/benchmarks.md: `make bench`."""

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import computation

PAGE = """# Benchmarks

Made by `make bench` on {date}: Python {python}, {cores} cores, {machine}.
Times are of a shared machine: read them for their order and their growth, not for their last digit.

## The computation

From tables in memory to the finished report, one process a size.
A repository has 10,000 commits and 1,000 deployments to three environments in two years.
The window is the last of them.
Wanted: 1,000,000 commits with 100,000 deployments in under 30 s and 4 GB on two cores.

{computation}
"""


def main() -> None:
    """Run them all, one after the other."""
    page = PAGE.format(
        date=datetime.now(UTC).date().isoformat(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        machine=platform.machine(),
        computation=computation.table(),
    )
    Path("docs/benchmarks.md").write_text(page, encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
