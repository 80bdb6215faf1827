"""`dora publish prometheus`: the text and the file, read back by the parser of a client."""

import os
import stat
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dora.publish.gauges import LONGEST, gauges_of
from dora.publish.prometheus.exposition import exposition
from dora.report.evidence import EpisodeEvidence
from tests.support.command import dora
from tests.support.expected_series import parsed, wanted
from tests.support.published_files import (
    MONDAY,
    evidence,
    judged_report,
    report,
    row,
    written,
)
from tests.support.reports import ALL, HOSTILE, USUAL

# -- A file -------------------------------------------------------------------------------------


@pytest.mark.few(3)
@pytest.mark.parametrize("name", sorted(ALL))
def test_every_figure_of_every_report(name: str, tmp_path: Path) -> None:
    """A file has every figure of the report and no other."""
    path = written(tmp_path, ALL[name])
    done = dora("publish", "prometheus", path, "--output", "dora.prom", folder=tmp_path)
    text = (tmp_path / "dora.prom").read_bytes()

    assert (0, "") == (done.returncode, done.stdout), done.stderr
    assert wanted(ALL[name]) == parsed(text)
    assert b"NaN" not in text


def test_a_file_that_an_exporter_may_read_at_any_time(tmp_path: Path) -> None:
    """The file is replaced as a whole, readable by all whatever the umask, and nothing is left."""
    path = written(tmp_path, USUAL)
    folder = tmp_path / "textfile"
    folder.mkdir()
    target = folder / "dora.prom"
    target.write_text("dora_old 1\n")
    with target.open() as reader:
        umask = os.umask(0o077)
        try:
            done = dora("publish", "prometheus", path, "--output", target, folder=tmp_path)
        finally:
            os.umask(umask)
        assert 0 == done.returncode, done.stderr
        assert "dora_old 1\n" == reader.read()
    assert 0o644 == stat.S_IMODE(target.stat().st_mode)
    assert [target] == list(folder.iterdir())
    assert "dora_old" not in target.read_text()


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("no/dora.prom", "No such file or directory"),
        ("report.json/dora.prom", "Not a directory"),
        ("x" * 300 + ".prom", "File name too long"),
        ("pipe.prom", "it is no plain file"),
    ],
)
def test_a_file_that_cannot_be_written(name: str, why: str, tmp_path: Path) -> None:
    """Status 1, and what to do."""
    os.mkfifo(tmp_path / "pipe.prom")
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, "--output", name, folder=tmp_path)
    message = f"dora: {name} cannot be written: {why}\n      Name another file.\n"

    assert (1, "", message) == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("name", [".", "textfile"])
def test_a_folder_is_no_file(name: str, tmp_path: Path) -> None:
    """A folder is not replaced, and is reported."""
    (tmp_path / "textfile").mkdir()
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, "--output", name, folder=tmp_path)

    assert (1, 2) == (done.returncode, len(done.stderr.splitlines()))
    assert f"{name} cannot be written: it is a folder" in done.stderr


def test_a_dry_run_prints_what_a_file_would_hold(tmp_path: Path) -> None:
    """Nothing is written or sent, and the text is the same."""
    path = written(tmp_path, HOSTILE)
    shown = dora("publish", "prometheus", path, "--dry-run", folder=tmp_path)
    dora("publish", "prometheus", path, "--output", "dora.prom", folder=tmp_path)

    text = (tmp_path / "dora.prom").read_bytes().decode()
    assert (0, text) == (shown.returncode, shown.stdout)


def test_places_levels_and_delivery() -> None:
    """B3, B5, DF2, LT12: what is known is a gauge; unknown ends and parts of a trend are none."""
    made = judged_report()
    found = parsed(exposition(gauges_of(made).gauges))

    assert wanted(made) == found
    numbers: dict[str, list[float]] = {}
    for (name, _), number in found.items():
        numbers.setdefault(name.removeprefix("dora_"), []).append(number)
    assert {name: one for name, one in numbers.items() if name in JUDGED_GAUGES} == JUDGED_GAUGES
    assert "recovery_time_median_high_seconds" not in numbers
    levels = {
        (name, dict(labels)["end"], dict(labels)["level"])
        for name, labels in found
        if name.endswith("_level")
    }
    assert levels == {
        ("dora_change_lead_time_level", "worst", "medium"),
        ("dora_change_lead_time_level", "best", "elite"),
        ("dora_change_fail_rate_level", "worst", "high"),
        ("dora_change_fail_rate_level", "best", "high"),
    }


#: The gauges of `judged_row` that came with places.
JUDGED_GAUGES = {
    "deployment_frequency_exposure_seconds": [42 * 86_400.0],
    "deployment_frequency_place_better_ratio": [0.227],
    "deployment_frequency_place_at_least_as_good_ratio": [0.446],
    "recovery_time_place_better_ratio": [0.213],
    "recovery_time_place_at_least_as_good_ratio": [1.0],
    "recovery_time_median_low_seconds": [1_800.0],
    "delivery_changes": [31.0],
    "delivery_waiting_changes": [4.0],
    "delivery_median_seconds": [7_200.0],
}


def test_how_long_an_outage_lasts() -> None:
    """With evidence each row says how old its oldest open outage is; others do not count."""
    hours = {2: None, 5: None, 50: MONDAY}
    episodes = [
        EpisodeEvidence("API", "Production", MONDAY - timedelta(hours=age), end, (age,))
        for age, end in hours.items()
    ]
    made = report(row("api", open=2), row("web"))
    found = parsed(exposition(gauges_of(made, evidence(episodes=episodes)).gauges))
    ages = {key: number for key, number in found.items() if "oldest_open" in key[0]}

    labels = {"organization": "acme", "repository": "api", "environment": "production",
              "tier": "production", "by": "repository"}  # fmt: skip
    name = "dora_recovery_time_oldest_open_outage_seconds"
    assert {(name, frozenset(labels.items())): 5 * 3_600.0} == ages


# -- Names --------------------------------------------------------------------------------------


def test_rows_that_would_be_one_are_told(tmp_path: Path) -> None:
    """Two rows whose names are the same when written do not make one series twice."""
    path = written(tmp_path, report(row("a\ud800"), row("a\udfff"), row("b")))
    done = dora("publish", "prometheus", path, "--dry-run", folder=tmp_path)

    assert 0 == done.returncode
    assert 2 == done.stdout.count("\ndora_change_lead_time_median_seconds{")
    assert 1 == len(done.stderr.splitlines())
    assert "another row has the same labels: organization acme, repository a\ufffd" in done.stderr
    parsed(done.stdout.encode())


def test_a_very_long_name_is_cut_and_stays_apart() -> None:
    """Two long names that begin alike are two series, neither of them long."""
    names = ["x" * 5_000 + end for end in "ab"]
    made = gauges_of(report(*[row(name) for name in names]))

    values = {dict(one.labels).get("repository", "") for one in made.gauges} - {""}
    assert () == made.doubles
    assert 2 == len(values)
    assert {LONGEST} == {len(one) for one in values}


@given(st.lists(st.text(st.characters(), min_size=1, max_size=20), min_size=1, max_size=4))
def test_any_name_is_read_back(names: list[str]) -> None:
    """Whatever a repository is called, its series is there once, by the name that can be written.

    Halves of surrogates aside, that is the name itself.
    """
    made = gauges_of(report(*[row(name) for name in names]))
    found = parsed(exposition(made.gauges))
    median = "dora_change_lead_time_median_seconds"
    read = [dict(labels)["repository"] for name, labels in found if name == median]

    expected = {"".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in one) for one in names}
    assert sorted(expected) == sorted(read)
    assert len(names) == len(expected) + len(made.doubles)


# -- Wrong use ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "allowed: --output, --pushgateway, --dry-run"),
        (["--pushgateway", "pushgateway:9091"], "is no address"),
        (["--pushgateway", "ftp://pushgateway"], "is no address"),
        (["--pushgateway", "http://[::1"], "is no address"),
        (["--pushgateway", "http://push gateway"], "is no address"),
        (["--pushgateway", "http://host:99999"], "is no address"),
        (["--pushgateway", "http://me:s3cr3t-9@host"], "more than an address in it"),
        (["--pushgateway", "http://host?key=s3cr3t-9"], "more than an address in it"),
    ],
)
def test_wrong_use(options: list[str], message: str, tmp_path: Path) -> None:
    """Status 2, one line, what is allowed, and no secret that somebody put into an address."""
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, *options, folder=tmp_path)

    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == len(done.stderr.splitlines())
    assert message in done.stderr
    assert "s3cr3t" not in done.stderr


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where prometheus-client is missing one line says what to install."""
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    path = written(tmp_path, USUAL)
    done = dora("publish", "prometheus", path, "--output", "dora.prom", folder=tmp_path)

    assert (2, "") == (done.returncode, done.stdout)
    assert 1 == len(done.stderr.splitlines())
    assert "pip install 'dora-report[prometheus]'" in done.stderr
