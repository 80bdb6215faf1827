"""What is kept for the next run, as a shell sees it: where, by which option, and by none."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from tests.support.command import dora, outcome
from tests.support.two_repositories import ACME

COMMANDS = {
    "report": ("report",),
    "doctor": ("doctor",),
    "explain": ("explain", "api", "production"),
}


@pytest.fixture
def server() -> Iterator[Server]:
    """A stand-in with two repositories, for a single test."""
    with serve(ACME) as running:
        yield running


def file_of(folder: Path, server: Server) -> Path:
    """Where what is read of *server* is kept below *folder*."""
    port = server.url.rpartition(":")[2]
    return folder / f"127.0.0.1-{port}" / "acme.sqlite"


def kept(folder: Path) -> list[Path]:
    """What is kept below *folder*."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def report(server: Server, *arguments: str | Path, **options: Any) -> tuple[int, Any]:
    """Requests that a report costs, and the report without how and when it was read."""
    before = len(server.requests)
    # One instant for all of them: a row that began in the window has rates of the time since then.
    until = ("--until", server.visible.organization.now.isoformat())
    done = dora(
        "report", "--org", "acme", "--format", "json", *until, *arguments, server=server, **options
    )
    assert (0, "") == (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    del document["generated"], document["coverage"]["requests"], document["window"]
    return len(server.requests) - before, document


def test_next_run_asks_less(server: Server, cache_home: Path) -> None:
    """What was read of commits is in the user's cache folder, for nobody else to read."""
    first, plain = report(server)
    file = file_of(cache_home / "dora", server)
    assert [file] == kept(cache_home)
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert 0o700 == stat.S_IMODE(file.parent.stat().st_mode)
    second, again = report(server)
    assert (4, 3, plain) == (first, second, again)
    asked = [one.operation for one in server.requests[first:]]
    assert ["Deployments", "Incidents", "Repositories"] == sorted(map(str, asked))


@pytest.mark.few(1)
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_every_command_that_reads_keeps(
    arguments: tuple[str, ...], server: Server, cache_home: Path, tmp_path: Path
) -> None:
    """Each keeps in the user's folder or the one that is named, or keeps nothing."""
    given: tuple[str | Path, ...] = (*arguments, "--org", "acme")
    assert 0 == dora(*given, "--no-cache", server=server).returncode
    assert not cache_home.exists()
    assert 0 == dora(*given, "--cache", tmp_path / "own", server=server).returncode
    assert not cache_home.exists()
    assert 0 == dora(*given, server=server).returncode
    files = [file_of(tmp_path / "own", server), file_of(cache_home / "dora", server)]
    assert files == [*kept(tmp_path), *kept(cache_home)]


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        pytest.param(("explain", "api", "production", "--authors"), {}, id="shown"),
        pytest.param(("report",), {"DORA_CHANGES__EXCLUDE_AUTHORS": '["*[[]bot]"]'}, id="left out"),
    ],
)
def test_nothing_is_kept_of_authors(
    arguments: tuple[str, ...], variables: dict[str, Any], server: Server, cache_home: Path
) -> None:
    """Who wrote a change is nobody's business on a disk: where it matters nothing is kept (LT9)."""
    done = dora(*arguments, "--org", "acme", server=server, **variables)
    assert (0, "") == (done.returncode, done.stderr)
    assert [] == kept(cache_home)


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_cache_and_no_cache(
    arguments: tuple[str, ...], server: Server, cache_home: Path, tmp_path: Path
) -> None:
    """Both together are a usage error, told before anything is asked."""
    given: tuple[str | Path, ...] = (
        *arguments,
        "--org",
        "acme",
        "--cache",
        tmp_path / "own",
        "--no-cache",
    )
    told = "dora: --cache and --no-cache: only one of them can be meant\n"
    assert (2, "", told) == outcome(dora(*given, server=server))
    assert ([], []) == (server.requests, [*tmp_path.iterdir(), *cache_home.glob("*")])


def test_both_beside_another_problem() -> None:
    """Whoever is told of wrong options is told of all of them."""
    done = dora("report", "--org", "acme", "--cache", "x", "--no-cache", "--format", "pdf")
    assert 2 == done.returncode
    assert "--cache and --no-cache: only one of them can be meant" in done.stderr
    assert "--format: 'pdf' is not allowed" in done.stderr


def test_environment_that_keeps_nothing(server: Server, cache_home: Path, tmp_path: Path) -> None:
    """`DORA_COLLECT__CACHE=false` is `--no-cache`; `--cache` is nearer."""
    costs = {report(server, DORA_COLLECT__CACHE="false")[0] for _ in range(2)}
    assert ({4}, False) == (costs, cache_home.exists())
    report(server, "--cache", tmp_path / "own", DORA_COLLECT__CACHE="false")
    assert [file_of(tmp_path / "own", server)] == kept(tmp_path)


def test_folder_in_the_users_home(server: Server, cache_home: Path, tmp_path: Path) -> None:
    """`~` in a file is the user's home; a folder without it is where the program runs."""
    (tmp_path / "dora.toml").write_text('[collect]\ncache = "~/kept"\n')
    home = tmp_path / "home"
    report(server, folder=tmp_path, HOME=str(home))
    assert [file_of(home / "kept", server)] == kept(home)
    report(server, "--cache", "here", folder=tmp_path, HOME=str(home))
    assert [file_of(tmp_path / "here", server)] == kept(tmp_path / "here")
    assert not cache_home.exists()


def test_home_of_nobody(server: Server) -> None:
    """A home that there is not is a usage error in two lines."""
    done = dora("report", "--org", "acme", "--cache", "~no-such-user/x", server=server)
    told = "dora: the cache ~no-such-user/x is in nobody's home\n"
    advice = "      Name another folder with --cache, or none with --no-cache.\n"
    assert (2, "", told + advice) == outcome(done)


def test_folder_that_cannot_be_made(server: Server, tmp_path: Path) -> None:
    """A cache that cannot be had costs requests and a warning, never the report."""
    (tmp_path / "file").write_text("no folder")
    file = file_of(tmp_path / "file", server)
    done = dora(
        "report",
        "--org",
        "acme",
        "--cache",
        tmp_path / "file",
        "--tier",
        "all",
        "--format",
        "json",
        server=server,
    )
    assert done.returncode == 0
    assert done.stderr.startswith(f"dora: the cache {file} cannot be used: ")
    assert 1 == done.stderr.count("\n")
    assert 2 == len(json.loads(done.stdout)["rows"])


def test_demo_keeps_nothing(cache_home: Path, tmp_path: Path) -> None:
    """What is made up is served at another address each time: only who asks for it keeps it."""
    given = ("demo", "--since", "7d", "--repo", "billing-*", "--quiet")
    assert 0 == dora(*given, folder=tmp_path).returncode
    assert ([], False) == ([*tmp_path.iterdir()], cache_home.exists())
    assert 0 == dora(*given, "--cache", "own", folder=tmp_path).returncode
    (file,) = kept(tmp_path)
    assert ("medica-flow.sqlite", tmp_path / "own") == (file.name, file.parent.parent)
