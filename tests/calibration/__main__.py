"""Measures on real histories whether intervals and words hold: `python -m tests.calibration`.

It prints docs/calibration.md, or writes it to `--out`, and ends with status 1 when a figure is
outside of what docs/metrics.md promises, and with 2 when a file cannot be used.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dora.errors import BadUsage
from tests.calibration.document import describe, write_document
from tests.calibration.draws import FULL, Draws
from tests.calibration.histories import MERGES, RELEASES, load_histories
from tests.calibration.measured import measure
from tests.calibration.promises import judge_promises


def main(arguments: Sequence[str] | None = None, draws: Draws = FULL) -> int:
    """Measure, write, and give the exit status."""
    options = _options(arguments)
    try:
        histories = load_histories(options.merges, options.releases)
        measured = measure(histories, draws)
        page = write_document(histories, measured, draws)
        promises = judge_promises(measured)
        if options.out is None:
            sys.stdout.write(page)
        else:
            _write(options.out, page)
            sys.stdout.writelines(f"{describe(one)}\n" for one in promises)
    except BadUsage as error:
        sys.stderr.write(f"python -m tests.calibration: {error.what}\n{error.advice}\n")
        return error.exit_status
    broken = [one for one in promises if not one.is_kept]
    sys.stderr.writelines(f"{describe(one)}\n" for one in broken)
    return 1 if broken else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.calibration",
        description="Measure on real histories whether intervals and words hold.",
    )
    parser.add_argument("--merges", type=Path, default=MERGES, metavar="CSV",
                        help="history,day,merges (default: those of this folder)")  # fmt: skip
    parser.add_argument("--releases", type=Path, default=RELEASES, metavar="CSV",
                        help="history,release,deployed_at,lead_seconds (likewise)")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the page there")
    return parser.parse_args(arguments)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{path}: cannot be written: {error}", "Name another file.") from error


if __name__ == "__main__":
    sys.exit(main())
