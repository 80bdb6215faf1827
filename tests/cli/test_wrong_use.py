"""Exit status 2: the command line or the configuration is wrong."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from dora.demo.github.server import Server
from tests.support.command import dora, outcome


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--since", "yesterday-ish"], "--since: 'yesterday-ish' is no time; allowed: an age like"),
        (
            ["--since", "2030-01-01", "--until", "2030-02-01"],
            "--since: '2030-01-01' is in the futu",
        ),
        (["--since", "7d", "--until", "30d"], "--since: the window would begin at "),
        (["--since", "7d", "--until", "7d"], "--since: the window would begin at "),
        (["--until", "2999-01-01"], "--until: '2999-01-01' is in the future; allowed: up to now"),
        (["--by", "colour"], "--by: 'colour' is not allowed; allowed: 'repository', "),
        (["--benchmark", "2024"], "--benchmark: '2024' cannot be used: 2024 is no ladder"),
        (["--timezone", "Mars/Olympus"], "--timezone: 'Mars/Olympus' is no time zone; allowed: "),
        (["--wait", "soon"], "--wait: 'soon' is no age; allowed: "),
        (["--format", "pdf"], "--format: 'pdf' is not allowed; allowed: table, markdown, htm"),
        (["--output", "report.xyz"], "--output: the ending of 'report.xyz' says no format; allowe"),
        (["--output", "report"], "--output: the ending of 'report' says no format; allowed: .txt"),
        (["--config", "no/such.toml"], "no/such.toml: cannot be read: "),
    ],
)
def test_wrong_option(arguments: Sequence[str], told: str, server: Server) -> None:
    """What is wrong, and what is allowed; nothing is asked of GitHub."""
    before = len(server.requests)
    done = dora("report", "--org", "acme", *arguments, server=server)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("dora: " + told)
    assert before == len(server.requests)


def test_wrong_option_is_named_as_it_is_typed() -> None:
    """An error names the option that the user typed."""
    done = dora("report", "--org", "acme", "--wait", "soon")
    assert done.stderr.startswith("dora: --wait: 'soon' is no age")


def test_all_problems_are_told_at_once(server: Server) -> None:
    """Nobody mends one problem to be told of the next."""
    wrong = ("--since", "bogus", "--by", "colour", "--tier", "prod", "--timezone", "Nowhere")
    done = dora("report", "--org", "acme", *wrong, server=server, DORA_BENCHMARK="1999")
    assert done.returncode == 2
    for name in ("--since", "--by", "--tier", "--timezone", "DORA_BENCHMARK"):
        assert f"{name}: " in done.stderr, name


def test_no_organization() -> None:
    """Without an organization there is nothing to report on: three ways to name one."""
    assert outcome(dora("report")) == (
        2,
        "",
        (
            "dora: no organization was named\n"
            '      Name one: --org my-org, DORA_ORG=my-org, or org = "my-org" in dora.toml.\n'
        ),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('orgg = "acme"', "dora: dora.toml: orgg: unknown key; did you mean 'org'?\n"),
        (
            "[collect]\nwiat = 1",
            "dora: dora.toml: collect.wiat: unknown key; did you mean 'wait'?\n",
        ),
        ("org = ", "dora: {folder}/dora.toml: is not valid TOML: "),
    ],
)
def test_wrong_configuration(text: str, told: str, tmp_path: Path) -> None:
    """File, key, what is allowed."""
    (tmp_path / "dora.toml").write_text(text)
    done = dora("report", folder=tmp_path)
    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(told.format(folder=tmp_path))


def test_unknown_option() -> None:
    """What is no option at all is told with the way to help."""
    done = dora("report", "--colour")
    assert (2, "") == (done.returncode, done.stdout)
    assert "No such option: --colour" in done.stderr


def test_traceback_on_purpose() -> None:
    """`--verbose` shows where an expected error came from, and then its two lines."""
    done = dora("report", "--verbose")
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "\ndora: no organization was named\n" in done.stderr


def test_trend_of_too_many_parts() -> None:
    """T1: what nobody could look at is refused before anything is read."""
    told = dora("report", "--org", "acme", "--since", "20y", "--trend", "day", GITHUB_TOKEN="x")
    assert 2 == told.returncode
    assert told.stderr.startswith(
        "dora: --trend: 'day' would cut the window into about 7,301 parts;"
    )


def test_no_window_before() -> None:
    """K1: where time had not begun, there is nothing to compare with."""
    told = dora("report", "--org", "acme", "--since", "0001-01-01", "--compare", GITHUB_TOKEN="x")
    assert (2, "") == (told.returncode, told.stdout)
    assert "there is no window of equal length before" in told.stderr
