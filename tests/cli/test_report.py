"""The program as a shell sees it: exit status, standard output, standard error, files."""

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule, met

DORA = (sys.executable, "-W", "error", "-c", "from dora.cli import main; main()")
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
HOSTILE = "prod\x1b]0;owned\x07\x1b[2J\u202e[bold]"
WAIT_SECONDS = 60


def repository(name: str, environment: str = "production", **more: Any) -> Repository:
    """A repository of four commits, deployed day by day."""
    shas = [f"{ord(name[0]):02x}{n:038x}" for n in range(4)]
    at = [NOW - (40 - 10 * n) * DAY for n in range(4)]
    commits = {
        sha: Commit(sha, tuple(shas[max(0, n - 1) : n]), at[n] - DAY, at[n] - DAY)
        for n, sha in enumerate(shas)
    }
    deployments = tuple(
        Deployment(
            100 * ord(name[0]) + n,
            sha,
            environment,
            at[n],
            (Status("success", at[n] + DAY / 24),),
        )
        for n, sha in enumerate(shas)
    )
    values = {"head": shas[-1], "commits": commits, "deployments": deployments, **more}
    return Repository(name, ord(name[0]), NOW - 900 * DAY, **values)


API, WEB = repository("api"), repository("web", "staging")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A stand-in with two repositories."""
    with serve(Organization("acme", NOW, (API, WEB))) as running:
        yield running


def environment(server: Server | None, **variables: str | None) -> dict[str, str]:
    """What a shell would hand on: the way to the stand-in, and what a test adds or takes away."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DORA_", "GITHUB_", "GH_"))
        and name not in {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "TERM", "CI"}
    }
    given: dict[str, str | None] = {"TERM": "xterm-256color"}
    if server is not None:
        given |= {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    given |= variables
    return {**kept, **{name: value for name, value in given.items() if value is not None}}


def dora(
    *arguments: str | Path,
    server: Server | None = None,
    folder: Path | None = None,
    **variables: Any,
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; none of its errors may be a traceback."""
    done = subprocess.run(  # noqa: S603  # our own program
        [*DORA, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(server, **variables),
        cwd=folder or Path(__file__).parent,
        timeout=WAIT_SECONDS,
        check=False,
    )
    assert TOKEN not in done.stdout + done.stderr
    assert ("--verbose" in arguments) or "Traceback" not in done.stderr
    return done


def outcome(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    return done.returncode, done.stdout, done.stderr


# -- Help ---------------------------------------------------------------------------------------


def test_help_needs_nothing_heavy() -> None:
    """`--help` answers in a blink: what a command needs is imported by that command."""
    script = (
        "import sys; sys.argv = ['dora', *sys.argv[1:]]\n"
        "from dora.cli import main\n"
        "try: main()\n"
        "except SystemExit: print(*sorted(sys.modules), file=sys.stderr)"
    )
    heavy = {"pandas", "numpy", "scipy", "github", "graphql", "requests", "rich", "jinja2",
             "prometheus_client", "datadog_api_client"}  # fmt: skip
    targets: list[list[str]] = [[], ["issue"], ["slack"], ["prometheus"], ["datadog"]]
    publish = [["publish", *target, "--help"] for target in targets]
    for arguments in (["--help"], ["report", "--help"], ["demo", "--help"], *publish):
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
        )
        imported = set(done.stderr.split())
        assert done.stdout.strip()
        assert set() == heavy & imported
        # For a command's options typer itself looks whether one is a type of pydantic's.
        assert "pydantic" not in imported or len(arguments) > 1


def test_version() -> None:
    """One line that a bug report needs."""
    done = dora("--version")
    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(r"dora \d+\.\d+\.\d+ \(Python .*, PyGithub .*\)\n", done.stdout)


def test_console_script() -> None:
    """The program is installed as `dora`."""
    program = Path(sys.executable).with_name("dora")
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    assert done.stdout.startswith("dora ")


# -- Exit status 2: the command line or the configuration ---------------------------------------


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
        ("org = ", "dora: {folder}/dora.toml: is no TOML: "),
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


# -- Exit status 1: it could not be done --------------------------------------------------------


def test_unknown_organization(server: Server) -> None:
    """Two lines: what could not be done, what to do."""
    done = dora("report", "--org", "nobody", server=server)
    first, second = done.stderr.splitlines()
    assert (1, "") == (done.returncode, done.stdout)
    assert first.startswith("dora: the organization 'nobody' cannot be read: Could not resolve")
    assert second.startswith("      Check its name")


def test_bad_token(server: Server) -> None:
    """The token is refused; it is not shown."""
    done = dora("report", "--org", "acme", server=server, GITHUB_TOKEN="ghp_made_up_and_wrong")
    assert (1, "") == (done.returncode, done.stdout)
    assert f"dora: {server.url} refuses the credentials: Bad credentials\n" in done.stderr
    assert "ghp_made_up_and_wrong" not in done.stderr


def test_no_token(server: Server, tmp_path: Path) -> None:
    """No token, no `gh`: what to set, and that the demo needs none."""
    done = dora("report", "--org", "acme", server=server, GITHUB_TOKEN=None, PATH=str(tmp_path))
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("dora: there is no token to read GitHub with\n      Set GITHUB")


def test_server_down() -> None:
    """Nobody there: told after a few tries, not after minutes."""
    with serve(Organization("acme", NOW)) as gone:
        pass
    done = dora("report", "--org", "acme", server=gone)
    assert outcome(done) == (
        1,
        "",
        (
            f"dora: {gone.url} cannot be reached (ConnectionError)\n"
            "      Check the network and GITHUB_API_URL, then run it again.\n"
        ),
    )


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no/such/folder/report.json", "the folder {folder}/no/such/folder cannot be written to"),
        ("folder.json", "it is a folder"),
    ],
)
def test_output_that_cannot_be_written(path: str, why: str, server: Server, tmp_path: Path) -> None:
    """Where a report cannot go is told before GitHub is asked for it."""
    (tmp_path / "folder.json").mkdir()
    before = len(server.requests)
    done = dora("report", "--org", "acme", "--output", path, server=server, folder=tmp_path)
    told = f"dora: {path} cannot be written: {why.format(folder=tmp_path)}\n"
    assert (1, "", told + "      Name another file.\n") == outcome(done)
    assert before == len(server.requests)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"GITHUB_API_URL": "http://[::1"}, id="address"),
        pytest.param({"GITHUB_TOKEN": "ghp_“quoted”"}, id="token"),
        pytest.param({"DORA_REPO": "api"}, id="list that is no JSON"),
    ],
)
def test_wrong_environment(variables: dict[str, Any], server: Server) -> None:
    """What is wrong with the environment is told in words."""
    done = dora("report", "--org", "acme", server=server, **variables)
    assert done.returncode in {1, 2}
    assert done.stderr.startswith("dora: ")


def test_traceback_on_purpose() -> None:
    """`--verbose` shows where an expected error came from, and then its two lines."""
    done = dora("report", "--verbose")
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback (most recent call last):\n")
    assert "\ndora: no organization was named\n" in done.stderr


# -- Exit status 3: not all of it ---------------------------------------------------------------


def test_repository_that_cannot_be_read() -> None:
    """The report is made of the others; which is missing is told twice, to people and programs."""
    vault = repository("vault", forbidden=True)
    with serve(Organization("acme", NOW, (API, vault))) as server:
        done = dora("report", "--org", "acme", "--format", "json", server=server)
    reason = "Resource not accessible by personal access token"
    assert done.returncode == 3
    assert done.stderr == (
        f"dora: vault: {reason}\n"
        "      What could not be read is not in the numbers; the others hold.\n"
    )
    document = json.loads(done.stdout)
    unreadable = document["coverage"]["repositories"]["unreadable"]
    assert [{"repository": "vault", "reason": reason}] == unreadable
    assert ["api"] == [row["key"]["repository"] for row in document["rows"]]


def test_list_of_repositories_that_breaks_off() -> None:
    """What was listed is reported; that there are others is told to people and programs."""
    many = [replace(API, name=f"r{n:03}", database_id=n) for n in range(101)]
    rule = Rule(faults.PartialError("organization", message="Lost."), "Repositories", starting=2)
    with serve(Organization("acme", NOW, tuple(many)), middleware=[Faults([rule])]) as server:
        done = dora("report", "--org", "acme", "--format", "json", server=server)
    reason = "the organization 'acme' cannot be read: Lost.; only the first 100 were listed"
    assert done.returncode == 3
    assert done.stderr == (
        f"dora: the repositories: {reason}\n"
        "      What could not be read is not in the numbers; the others hold.\n"
    )
    document = json.loads(done.stdout)
    assert [{"what": "repositories", "reason": reason}] == document["coverage"]["gaps"]
    assert 100 == len(document["rows"])


# -- Exit status 0 ------------------------------------------------------------------------------


def test_report_is_on_standard_output_and_nothing_else(server: Server) -> None:
    """Results go to standard output, everything else to standard error, of which there is none."""
    done = dora("report", "--org", "acme", server=server)
    assert (0, "") == (done.returncode, done.stderr)
    assert "api" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("format_", ["table", "markdown", "html", "json", "csv"])
def test_formats(format_: str, server: Server) -> None:
    """Each format is told apart at a glance, and holds both rows."""
    done = dora("report", "--org", "acme", "--format", format_, server=server)
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
    with serve(Organization("acme", NOW, (API, WEB))) as server:
        alone = dora("report", "--org", "acme", "--no-cache", server=server)
        asked = len(server.requests)
        names = ("a.json", "b.CSV", "c.md", "d.txt", "e.xyz", "f.html", "g.HTM")
        files = [word for name in names for word in ("--output", name)]
        done = dora(
            "report", "--org", "acme", "--no-cache", "--format", "table", *files,
            server=server, folder=tmp_path,
        )  # fmt: skip
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
        "report", "--since", "20d", "--format", "json",
        server=server, folder=tmp_path, DORA_BY="organization", DORA_SINCE="15d",
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert (20.0, "organization") == (document["window"]["days"], document["by"])


# -- The terminal -------------------------------------------------------------------------------


def on_terminal(*arguments: str, server: Server, **variables: str | None) -> str:
    """What the program writes where its standard output is a terminal."""
    ours, its = pty.openpty()
    with subprocess.Popen(  # noqa: S603  # our own program
        [*DORA, *arguments],
        stdout=its,
        stderr=subprocess.DEVNULL,
        env=environment(server, **variables),
    ) as running:
        os.close(its)
        told = b""
        with suppress(OSError):  # the end, on Linux
            while more := os.read(ours, 65536):
                told += more
        assert running.wait(WAIT_SECONDS) == 0
    os.close(ours)
    return told.decode()


def test_colour_only_where_it_is_wanted(server: Server) -> None:
    """A terminal gets colour, unless NO_COLOR or a dumb one says no."""
    arguments = ("report", "--org", "acme")
    assert "\x1b[" in on_terminal(*arguments, server=server)
    assert "\x1b" not in on_terminal(*arguments, server=server, NO_COLOR="1")
    assert "\x1b" not in on_terminal(*arguments, server=server, TERM="dumb")


@pytest.mark.parametrize("columns", ["60", "200"])
def test_columns(columns: str, server: Server) -> None:
    """No line is longer than COLUMNS."""
    done = dora("report", "--org", "acme", server=server, COLUMNS=columns)
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= int(columns)


@pytest.mark.parametrize("format_", ["table", "markdown", "html", "json", "csv"])
def test_hostile_names_do_not_reach_the_terminal(format_: str) -> None:
    """No name of GitHub's tells a terminal what to do, in no format."""
    with serve(Organization("acme", NOW, (repository("api", HOSTILE),))) as server:
        done = dora("report", "--org", "acme", "--format", format_, server=server)
    assert (0, "") == (done.returncode, done.stderr)
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout) is None


@pytest.mark.parametrize(
    ("path", "status"), [("organization", 1), ("organization.repositories.nodes.0", 3)]
)
def test_hostile_answers_do_not_reach_the_terminal(path: str, status: int) -> None:
    """No message of a server tells a terminal what to do."""
    rule = Rule(faults.PartialError(path, message=HOSTILE), variables={"probe": True})
    with serve(Organization("acme", NOW, (API, WEB)), middleware=[Faults([rule])]) as server:
        done = dora("report", "--org", "acme", server=server)
    assert status == done.returncode
    assert "owned" in done.stderr
    assert re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.stdout + done.stderr) is None


# -- Pipes and signals --------------------------------------------------------------------------


@contextmanager
def running(*arguments: str, server: Server | None = None) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs."""
    with subprocess.Popen(  # noqa: S603  # our own program
        [*DORA, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(server),
    ) as started:
        try:
            yield started
        finally:
            started.kill()


@pytest.mark.parametrize("format_", ["table", "json"])
def test_reader_who_has_seen_enough(format_: str, server: Server) -> None:
    """`dora report | head -1` says nothing about the pipe that was closed."""
    with running("report", "--org", "acme", "--format", format_, server=server) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.close()
        told = started.stderr.read()
        assert (0, "") == (started.wait(WAIT_SECONDS), told)


def test_stopped_by_hand() -> None:
    """Ctrl-C ends a run that waits for GitHub, in one line."""
    with (
        serve(
            Organization("acme", NOW, (API,)), middleware=[Faults([Rule(faults.Stall(60))])]
        ) as server,
        running("report", "--org", "acme", server=server) as started,
    ):
        assert started.stderr is not None
        while not met(server):
            assert started.poll() is None
            time.sleep(0.01)
        started.send_signal(signal.SIGINT)
        told = started.stderr.read()
        assert (130, "dora: stopped\n") == (started.wait(WAIT_SECONDS), told)


# -- The demo -----------------------------------------------------------------------------------


def test_demo(tmp_path: Path) -> None:
    """The demo needs no token and no file, takes the report's options, and `--now` is its now."""
    done = dora(
        "demo", "--now", "2026-03-23T06:00:00Z", "--seed", "3", "--since", "7d",
        "--repo", "patient-*", "--format", "json", "--output", "demo.csv",
        folder=tmp_path,
    )  # fmt: skip
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


def test_demo_on_a_port_that_is_taken(server: Server) -> None:
    """A port in use is told with what to do."""
    port = server.url.rpartition(":")[2]
    done = dora("demo", "--port", port)
    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"dora: no server can be started on 127.0.0.1:{port}: ")


def test_demo_served() -> None:
    """`--serve` says how to reach the stand-in, for a shell to read, and ends with Ctrl-C."""
    with running("demo", "--serve") as started:
        assert started.stdout is not None
        assert started.stderr is not None
        lines = [started.stdout.readline() for _ in range(2)]
        variables = dict(line.removeprefix("export ").strip().split("=") for line in lines)
        assert ["GITHUB_API_URL", "GITHUB_TOKEN"] == list(variables)
        told = started.stderr.readline()
        assert told == "Now `dora report --org medica-flow` reads it. Ctrl-C ends it.\n"
        arguments = ("--since", "7d", "--repo", "billing-*", "--format", "json")
        done = subprocess.run(  # noqa: S603  # our own program
            [*DORA, "report", "--org", "medica-flow", *arguments],
            capture_output=True,
            text=True,
            env=environment(None, **variables),
            timeout=WAIT_SECONDS,
            check=True,
        )
        assert json.loads(done.stdout)["organization"] == "medica-flow"
        started.send_signal(signal.SIGINT)
        assert started.wait(WAIT_SECONDS) == 0
        assert (started.stdout.read(), started.stderr.read().strip()) == ("", "")


# -- Over time ----------------------------------------------------------------------------------


def test_trend_and_comparison(server: Server) -> None:
    """T1, K1: `--trend` and `--compare` in every format, of one reading for both windows."""
    asked = ("report", "--org", "acme", "--since", "20d", "--trend", "week", "--compare")
    told = dora(*asked, "--format", "json", server=server)
    assert (0, "") == (told.returncode, told.stderr)
    report = json.loads(told.stdout)
    (before,) = [report["before"]]
    assert ("week", []) == (report["trend"], before["gone"])
    assert report["window"]["since"] == before["until"]
    row = report["rows"][0]
    assert [2, 2] == [one["deployment_frequency"]["deployments"] for one in (row["previous"], row)]
    assert 2 == sum(part["deployment_frequency"]["deployments"] for part in row["trend"])
    for name, word in (
        ("table", "Compared with"),
        ("markdown", "Bars: a week"),
        ("csv", "verdict"),
    ):
        assert word in dora(*asked, "--format", name, server=server).stdout


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
