"""`dora demo`: a report of a made-up organization."""

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from dora.demo.github.server import Server
from tests.support.command import dora
from tests.support.examples import few_rows_of


def test_demo(tmp_path: Path) -> None:
    """The demo needs no token and no file, takes the report's options, and `--now` is its now."""
    done = dora(
        "demo",
        "--now",
        "2026-03-23T06:00:00Z",
        "--seed",
        "3",
        "--since",
        "7d",
        "--repo",
        "patient-*",
        "--format",
        "json",
        "--output",
        "demo.csv",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert ("medica-flow", 7.0) == (document["organization"], document["window"]["days"])
    assert "2026-03-23T06:00:00Z" == document["window"]["until"]
    assert {"patient-api", "patient-portal"} == {
        row["key"]["repository"] for row in document["rows"]
    }
    assert (tmp_path / "demo.csv").exists()
    (line,) = done.stderr.splitlines()
    assert line.startswith("No token is used: this is medica-flow, made up, served at http://127.")


@pytest.mark.parametrize(("exclude", "left_out"), [(None, 3), ("[]", 0)])
def test_demo_leaves_plans_out(exclude: str | None, left_out: int) -> None:
    """D9: three plans of pull requests are no deployments, unless the environment says so."""
    arguments = ("--now", "2026-11-23T06:00:00Z", "--since", "90d", "--repo", "terraform-ci")
    done = dora("demo", *arguments, "--format", "json", DORA_DEPLOYMENTS__EXCLUDE=exclude)
    assert json.loads(done.stdout)["coverage"]["deployments"]["left_out"] == left_out


def test_demo_with_a_forbidden_repository() -> None:
    """The demo can show what a report looks like that is not whole."""
    done = dora("demo", "--forbidden", "--since", "7d", "--repo", "payments-*", "--format", "json")
    assert done.returncode == 3
    (one,) = json.loads(done.stdout)["coverage"]["repositories"]["unreadable"]
    assert one["repository"] == "payments-vault"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--now", "soon"], "dora: --now: 'soon' is no time"),
        (["--by", "colour"], "dora: --by: 'colour' is not allowed"),
        (["--colour"], "No such option: --colour"),
    ],
)
def test_demo_with_wrong_options(arguments: Sequence[str], told: str) -> None:
    """Wrong options of the demo, and of the report behind it, are told alike."""
    done = dora("demo", *arguments)
    assert (2, "") == (done.returncode, done.stdout)
    assert told in done.stderr


def test_demo_of_init(tmp_path: Path) -> None:
    """`dora demo init` prints what `dora init` would write, and leaves no file."""
    shown = dora("demo", "--now", "2026-11-23T06:00:00Z", "init", folder=tmp_path)
    assert (0, "medica-flow") == (shown.returncode, tomllib.loads(shown.stdout)["org"])
    assert "#   design-system: " in shown.stdout
    assert [] == [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("arguments", "told"),
    few_rows_of(
        [
            (("explain", "patient-api", "production", "--since=7d"), "patient-api"),
            (("doctor", "--repo", "patient-api", "--format", "json"), '"dora.doctor/1"'),
        ],
        few=1,
    ),
)
def test_demo_of_other_commands(arguments: Sequence[str], told: str) -> None:
    """`dora demo explain` and `dora demo doctor` take their arguments."""
    done = dora("demo", "--now", "2026-11-23T06:00:00Z", *arguments)
    assert (0, True) == (done.returncode, told in done.stdout)


def test_demo_on_a_port_that_is_taken(server: Server) -> None:
    """A port in use is told with what to do."""
    port = server.url.rpartition(":")[2]
    done = dora("demo", "--port", port)
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"dora: no server can be started on 127.0.0.1:{port}: ")
