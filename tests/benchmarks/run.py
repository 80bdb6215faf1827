"""All benchmarks, printed and written to docs/benchmarks.md: `make bench`.

`make bench ARGS=--quick` tries them with a tenth of the size, and writes nothing.
"""

import argparse
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from tests.benchmarks.collection import collect
from tests.benchmarks.page import show_collection

PAGE = Path(__file__).with_name("page.md")


def main() -> None:
    """Run them all, one after the other."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size, only printed")
    quick = parser.parse_args().quick
    collected = show_collection(collect(quick=quick))
    # Only now: until here this process was to be small, for what it starts is measured.
    from tests.benchmarks import computation, loading, memory, pages, sources

    page = Template(PAGE.read_text("utf-8")).substitute(
        date=datetime.now(UTC).date().isoformat(),
        python=platform.python_version(),
        cores=os.cpu_count(),
        machine=platform.machine(),
        **collected,
        sources=sources.table(quick=quick),
        loading=loading.table(quick=quick),
        computation=computation.table(quick=quick),
        memory=memory.table(quick=quick),
        pages=pages.table(quick=quick),
    )
    if not quick:
        Path("docs/benchmarks.md").write_text(page, encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
