"""Whether the calibration measures what it says, and ends as it should."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.calibration import failures, frequency, lead_time, rows
from tests.calibration.__main__ import main
from tests.calibration.bursts import draw_failures, draw_recoveries
from tests.calibration.draws import Draws, generator
from tests.calibration.histories import DATA, MERGES, RELEASES, load_histories
from tests.calibration.promises import Promise

TINY = Draws(
    windows=350, releases=60, release_pairs=2, shares=40, recoveries=80, recovery_pairs=2, rows=40,
    changed=1,
)  # fmt: skip
MERGES_HEAD = "history,day,merges\n"
RELEASES_HEAD = "history,release,deployed_at,lead_seconds\n"
#: Fourteen weeks with three merges on each Monday.
WEEKS = "".join(f"a,{np.datetime64('2026-01-05') + 7 * week},3\n" for week in range(14))
#: Twelve releases of two changes each.
TAGS = "".join(f"a,{tag},{tag}000,{tag}00\na,{tag},{tag}000,{tag}01\n" for tag in range(1, 13))


def few_histories(folder: Path) -> list[str]:
    """Options for two of the shipped histories of each kind, small ones."""
    options = []
    for option, shipped in (("--merges", MERGES), ("--releases", RELEASES)):
        read = shipped.read_bytes()
        lines = (gzip.decompress(read) if shipped.suffix == ".gz" else read).splitlines(
            keepends=True
        )
        path = folder / f"few{option}.csv"
        path.write_bytes(
            b"".join(line for line in lines if line.startswith((b"h01", b"h07", b"history")))
        )
        options += [option, str(path)]
    return options


def narrowed(intervals: Callable[..., Any]) -> Callable[..., Any]:
    """The same intervals, a quarter as wide."""

    def narrow(*arguments: Any) -> Any:
        low, high = intervals(*arguments)
        reach = np.nan_to_num(3 / 8 * (high - low))
        return low + reach, high - reach

    return narrow


def test_intervals_that_are_too_narrow_break_their_promises_and_end_with_status_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """K5's promises are judged by what was measured, and the broken ones are named."""
    page, few = tmp_path / "calibration.md", few_histories(tmp_path)
    main([*few, "--out", str(page)], TINY)
    judged, broken = capsys.readouterr()

    assert 14 == len(judged.splitlines())
    assert "holds" not in broken
    assert "\nNo history was left out.\n" in page.read_text("utf-8")

    for module, name in (
        (frequency, "weekly_rate_intervals"), (lead_time, "clustered_median_intervals"),
        (failures, "wilson_interval"), (failures, "survival_median_intervals"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, narrowed(getattr(module, name)))
    status = main(few, TINY)
    text, broken = capsys.readouterr()

    assert 1 == status
    assert 8 == sum("holds" in line for line in judged.splitlines())
    assert 8 == sum("holds" in line for line in broken.splitlines())
    assert text.startswith("# Do the numbers hold on real histories?\n")
    assert "Not all promises are kept." in text


def test_a_promise_is_kept_up_to_its_limit() -> None:
    """A figure at its limit is within it."""
    kept = [
        Promise("", "", 0.06, measured, is_upper=is_upper).is_kept
        for measured in (0.05, 0.06, 0.07)
        for is_upper in (True, False)
    ]

    assert [True, False, True, True, False, True] == kept


@pytest.mark.thorough
def test_the_document_is_what_the_histories_give(tmp_path: Path) -> None:
    """docs/calibration.md is the output of the program, byte for byte."""
    page = tmp_path / "calibration.md"

    assert 0 == main(["--out", str(page)])
    assert Path("docs/calibration.md").read_bytes() == page.read_bytes()


@pytest.mark.parametrize(
    ("option", "text", "what"),
    [
        ("--merges", "", "line 1 does not name the column history once"),
        ("--merges", "history,day\na,2026-01-01\n", "line 1 does not name the column merges once"),
        ("--merges", MERGES_HEAD, "no history has enough to resample"),
        ("--merges", MERGES_HEAD + "a,2026-01-01,1\n", "no history has enough to resample"),
        ("--merges", MERGES_HEAD + "a,2026-13-01,1\n", "line 2: day is '2026-13-01'"),
        ("--merges", MERGES_HEAD + "\na,2026-12-01,-1\n", "line 3: merges is '-1'"),
        ("--merges", MERGES_HEAD + "a,2026-12-01,1.5\n", "line 2: merges is '1.5'"),
        ("--merges", MERGES_HEAD + "a,2026-12-01\n", "line 2: 2 values for 3 columns"),
        ("--merges", MERGES_HEAD + 'a,"2026-12-01\n', "line 2: unexpected end of data"),
        ("--merges", MERGES_HEAD + " ,2026-12-01,1\n", "line 2: history needs a name"),
        ("--merges", MERGES_HEAD + WEEKS + "a,2026-01-05,1\n", "day 2026-01-05 of this history"),
        ("--releases", RELEASES_HEAD + "a,1,x,1\n", "line 2: deployed_at is 'x'"),
        ("--releases", RELEASES_HEAD + "a,1,1,\n", "line 2: lead_seconds is ''"),
        ("--releases", RELEASES_HEAD + "a,1,1,inf\n", "line 2: lead_seconds is 'inf'"),
        ("--releases", RELEASES_HEAD + "a,1,1,1\n", "no history has enough to resample"),
        ("--releases", "\udcff", "is not UTF-8 text"),
        ("--releases", "\x1f\udc8b\x08", "cannot be read"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_ends_with_status_2(
    option: str, text: str, what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two lines say which line of which file is wrong, and what to do."""
    path = tmp_path / "given.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    assert 2 == main([option, str(path)], TINY)
    out, error = capsys.readouterr()
    assert "" == out
    assert error.startswith(f"python -m tests.calibration: {path}: ")
    assert what in error
    assert 2 == len(error.splitlines())


def test_a_missing_file_ends_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So does a page that cannot be written."""
    assert 2 == main(["--releases", str(tmp_path)], TINY)
    assert "cannot be read" in capsys.readouterr().err


def test_histories_with_too_little_are_left_out_and_named(tmp_path: Path) -> None:
    """Weeks are counted from the first day; packed files and other columns do not matter."""
    merges, releases = tmp_path / "merges.csv", tmp_path / "releases.csv"
    merges.write_bytes(
        gzip.compress((MERGES_HEAD + WEEKS + "b,2026-01-01,9\na,2026-01-06,1\n").encode())
    )
    lines = "".join(f"{one},x\r\n" for one in TAGS.splitlines())
    releases.write_text(
        "\ufeff" + RELEASES_HEAD.strip() + ",more\r\n" + lines + "c,1,1,-5,x\r\n", "utf-8"
    )
    found = load_histories(merges, releases)

    assert ["a"] == [one.name for one in found.merges]
    assert [[4, *[3] * 12]] == found.merges[0].quarters.tolist()
    assert ["a"] == [one.name for one in found.releases]
    assert [2] * 12 == found.releases[0].sizes.tolist()
    assert [100.5, 200.5] == found.releases[0].medians[:2].tolist()
    assert (
        ("b", "no 13 weeks with merges in at least 4 of them"), ("c", "fewer than 12 releases"),
    ) == found.left_out  # fmt: skip


def test_the_shipped_histories_are_numbers_without_names() -> None:
    """Their names are numbers, and they take no more than 400 kB."""
    found = load_histories(MERGES, RELEASES)

    assert [f"h{n:02}" for n in range(1, 8)] == [one.name for one in found.merges]
    assert [f"h{n:02}" for n in range(1, 16)] == [one.name for one in found.releases]
    assert 400_000 > sum(path.stat().st_size for path in DATA.iterdir())


def test_failures_follow_each_other_as_closely_as_is_said() -> None:
    """A tenth fails; with a correlation of 0.2 it is 28 % of those after a failed one."""
    failed = draw_failures(generator("test"), 0.1, 0.2, (20_000, 10))
    after = failed[:, 1:][failed[:, :-1]]

    assert pytest.approx(0.1, abs=0.005) == failed.mean()
    assert pytest.approx(0.28, abs=0.01) == after.mean()


def test_recoveries_are_as_long_and_as_alike_as_is_said() -> None:
    """Half take more than twelve hours, one in ten thirteen times that; few are open."""
    drawn = draw_recoveries(generator("test"), (20_000, 4), 0.4)
    ended = np.where(drawn.ended, drawn.seconds, np.inf) / 43_200
    logs = np.log(drawn.seconds)

    assert pytest.approx(1, rel=0.1) == np.median(ended)
    assert pytest.approx(0.4, abs=0.05) == np.corrcoef(logs[:, 0], logs[:, 1])[0, 1]
    assert 0.01 < 1 - drawn.ended.mean() < 0.05


def test_tests_that_cannot_be_clear_change_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not worked out has a p-value above 0.05, and so the same words come out (K5)."""
    histories = load_histories(MERGES, RELEASES)
    histories = replace(histories, merges=histories.merges[:3])
    habits = rows.Habits(rate=2.0, lead_time=2.0, recovery=4.0, failing=(0.1, 0.4))
    some = rows.draw_rows(generator("test"), histories, 60, habits)
    monkeypatch.setattr(rows, "CERTAIN", 0.0)
    every = rows.draw_rows(generator("test"), histories, 60, habits)
    words = [rows.judge_rows([(one, slice(None))]).tolist() for one in (some, every)]

    assert words[0] == words[1]
    assert {-1.0, 0.0, 1.0} == {word for row in words[0] for word in row}
    for one, other in zip(some.tested, every.tested, strict=True):
        assert not ((one.p_values == 1) & (other.p_values <= 0.05)).any()
