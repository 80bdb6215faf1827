"""`dora report` as a shell sees it: exit status 0, standard output, standard error, files."""

import csv
import json
import re
from pathlib import Path

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.support.command import (
    dora,
)
from tests.support.two_repositories import ACME, DAY, HOSTILE, NOW, repository


def test_version() -> None:
    """One line that a bug report needs."""
    done = dora("--version")
    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(r"dora \d+\.\d+\.\d+ \(Python .*, PyGithub .*\)\n", done.stdout)


def test_report_is_on_standard_output_and_nothing_else(server: Server) -> None:
    """Results go to standard output, everything else to standard error, of which there is none."""
    done = dora("report", "--org", "acme", server=server)
    assert (0, "") == (done.returncode, done.stderr)
    assert "api" in done.stdout
    assert "\x1b" not in done.stdout


def repositories_shown(folder: Path, server: Server, *options: str) -> list[list[str]]:
    """Repositories in the report as table, Markdown, HTML, JSON and CSV, all of one run."""
    files = [folder / f"report.{ending}" for ending in ("md", "html", "json", "csv")]
    outputs = [f"--output={one}" for one in files]
    done = dora("report", "--org", "acme", *outputs, *options, server=server)
    assert (0, "") == (done.returncode, done.stderr)
    markdown, page, document, lines = (one.read_text(encoding="utf-8") for one in files)
    return [
        re.findall(r"^(api|web)$", done.stdout, re.MULTILINE),
        re.findall(r"^\| `(api|web)` ", markdown, re.MULTILINE),
        re.findall(r"<th scope=row><a href=#\d+>(\w+)</a>", page),
        [row["key"]["repository"] for row in json.loads(document)["rows"]],
        [row["repository"] for row in csv.DictReader(lines.splitlines())],
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), ["api"]),
        (("--tier", "all"), ["api", "web"]),
        (("--tier", "production", "--tier", "staging"), ["api", "web"]),
        (("--tier", "staging"), ["web"]),
        (("--repo", "web"), ["web"]),
    ],
)
def test_every_format_shows_production_unless_told_otherwise(
    options: tuple[str, ...], expected: list[str], server: Server, tmp_path: Path
) -> None:
    """G1: rows of production by default, and of every tier where nothing is of production."""
    assert [expected] * 5 == repositories_shown(tmp_path, server, *options)


@pytest.mark.parametrize("format_", ["table", "markdown", "json", "csv"])
def test_it_says_that_nothing_is_of_production(format_: str, server: Server) -> None:
    """G1: in the result where that has words, else on standard error, but not with --quiet."""
    told = "othing was deployed to the tier production: rows of every tier are shown"
    options = ("report", "--org", "acme", "--repo", "web", "--format", format_)
    done = dora(*options, server=server)
    quiet = dora(*options, "--quiet", server=server)
    has_words = format_ in {"table", "markdown"}
    shown, shown_quietly = (" ".join(one.stdout.split()) for one in (done, quiet))
    assert (has_words, not has_words) == (told in shown, told in done.stderr)
    assert (has_words, "") == (told in shown_quietly, quiet.stderr)
    if format_ == "json":
        assert json.loads(done.stdout)["lacks_production"]


@pytest.mark.few(3)
@pytest.mark.parametrize("format_", ["table", "markdown", "html", "json", "csv"])
def test_formats(format_: str, server: Server) -> None:
    """Each format is told apart at a glance, and holds both rows."""
    done = dora("report", "--org", "acme", "--tier", "all", "--format", format_, server=server)
    assert (0, "") == (done.returncode, done.stderr)
    text = done.stdout
    if format_ == "json":
        assert ["api", "web"] == [row["key"]["repository"] for row in json.loads(text)["rows"]]
    elif format_ == "csv":
        rows = list(csv.DictReader(text.splitlines()))
        assert ["api", "web"] == [row["repository"] for row in rows]
    elif format_ == "html":
        assert text.startswith("<!doctype html>")
        assert ["api", "web"] == re.findall(r"<th scope=row><a href=#\d+>(\w+)</a>", text)
    else:
        assert ("api" in text, "web" in text, "| " in text) == (True, True, format_ == "markdown")


def test_several_files_of_one_run(tmp_path: Path) -> None:
    """GitHub is asked once, however many files are written; each has its ending's format."""
    with serve(ACME) as server:
        alone = dora("report", "--org", "acme", "--no-cache", server=server)
        asked = len(server.requests)
        names = ("a.json", "b.CSV", "c.md", "d.txt", "e.xyz", "f.html", "g.HTM")
        files = [word for name in names for word in ("--output", name)]
        done = dora(
            "report",
            "--org",
            "acme",
            "--no-cache",
            "--format",
            "table",
            *files,
            server=server,
            folder=tmp_path,
        )
        assert 2 * asked == len(server.requests)
    assert (0, alone.stdout.splitlines()[0]) == (done.returncode, done.stdout.splitlines()[0])
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())
    assert json.loads((tmp_path / "a.json").read_text())["schema"] == "dora.report/1"
    assert (tmp_path / "b.CSV").read_text().startswith("repository,environment,tier,")
    assert "| " in (tmp_path / "c.md").read_text()
    page = (tmp_path / "f.html").read_text()
    assert page == (tmp_path / "g.HTM").read_text()
    assert page.startswith("<!doctype html>")
    assert (tmp_path / "d.txt").read_text() == (tmp_path / "e.xyz").read_text() == done.stdout


def test_same_report_twice(server: Server) -> None:
    """A window in the past gives the same bytes again, but for when and how it was read."""
    until = (NOW - 2 * DAY).isoformat()
    since = (NOW - 60 * DAY).isoformat()
    arguments = ("--until", until, "--since", since, "--format", "json", "--no-cache")

    def text() -> str:
        document = json.loads(dora("report", "--org", "acme", *arguments, server=server).stdout)
        del document["generated"]["at"], document["coverage"]["requests"]["seconds"]
        return json.dumps(document)

    assert text() == text()


def test_settings_by_option_environment_and_file(server: Server, tmp_path: Path) -> None:
    """Option beats environment variable beats file."""
    (tmp_path / "dora.toml").write_text('org = "acme"\nsince = "10d"\nby = "environment"\n')
    done = dora(
        "report",
        "--since",
        "20d",
        "--format",
        "json",
        server=server,
        folder=tmp_path,
        DORA_BY="organization",
        DORA_SINCE="15d",
    )
    document = json.loads(done.stdout)
    assert (20.0, "organization") == (document["window"]["days"], document["by"])


def test_trend_and_comparison(server: Server, tmp_path: Path) -> None:
    """T1, K1: `--trend` and `--compare` in every format, of one reading for both windows."""
    asked = ("report", "--org", "acme", "--since", "20d", "--trend", "week", "--compare")
    words = {"a.txt": "Compared with", "b.md": "Bars: one for each week", "c.csv": "verdict"}
    files = [word for name in words for word in ("--output", name)]
    told = dora(*asked, "--format", "json", *files, server=server, folder=tmp_path)
    assert (0, "") == (told.returncode, told.stderr)
    for name, word in words.items():
        assert word in (tmp_path / name).read_text()
    report = json.loads(told.stdout)
    (before,) = [report["before"]]
    assert ("week", []) == (report["trend"], before["gone"])
    assert report["window"]["since"] == before["until"]
    row = report["rows"][0]
    assert [2, 2] == [one["deployment_frequency"]["deployments"] for one in (row["previous"], row)]
    assert 2 == sum(part["deployment_frequency"]["deployments"] for part in row["trend"])


@pytest.mark.parametrize("columns", ["60", "200"])
def test_columns(columns: str, server: Server) -> None:
    """No line is longer than COLUMNS."""
    done = dora("report", "--org", "acme", server=server, COLUMNS=columns)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


def test_hostile_names_do_not_reach_the_terminal(tmp_path: Path) -> None:
    """No name of GitHub's tells a terminal what to do, in no format."""
    files = [tmp_path / name for name in ("a.md", "b.html", "c.json", "d.csv")]
    outputs = [word for file in files for word in ("--output", file)]
    with serve(Organization("acme", NOW, (repository("api", HOSTILE),))) as server:
        done = dora("report", "--org", "acme", *outputs, server=server)
    assert (0, "") == (done.returncode, done.stderr)
    for text in (done.stdout, *(file.read_text() for file in files)):
        assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) is None
