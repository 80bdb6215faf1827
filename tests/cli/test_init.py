"""`dora init` as a shell sees it: a first look, a file, and the next command to type."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.github.visibility import Rights
from tests.support.command import dora, outcome
from tests.support.github.faults import Faults, Rule
from tests.support.github.faults import Status as Refused
from tests.support.source_organizations import (
    mixture,
    only_merges,
    only_releases,
    only_tags,
    only_workflow,
)
from tests.support.two_repositories import ACME, API, HOSTILE, NOW, VAULT, repository

#: What `dora init` says beforehand of the two repositories of `server`.
COST = (
    "dora: a first look at 2 repositories of 2 costs about 4 requests and 4 points, and up to "
    "12 requests about GitHub Actions (usually about 2), which have a budget of their own\n"
)


def init(
    server: Server, folder: Path, *arguments: str | Path, **variables: Any
) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of a run in *folder*."""
    return outcome(
        dora("init", "--org", "acme", *arguments, server=server, folder=folder, **variables)
    )


def sources(folder: Path) -> list[dict[str, Any]]:
    """The entries of `[[sources]]` that were written."""
    document: dict[str, Any] = tomllib.loads((folder / "dora.toml").read_text("utf-8"))
    return list(document.get("sources", []))


def test_it_writes_a_file_and_says_what_is_next(server: Server, tmp_path: Path) -> None:
    """A file with the organization; a summary on standard output, the cost on standard error."""
    status, out, err = init(server, tmp_path)
    assert (0, COST) == (status, err)
    assert [
        "acme: 2 repositories looked at, with 4 requests and 3 points.",
        "  deployments                         api, web",
        "Wrote dora.toml. Next: dora report",
    ] == [line for line in out.splitlines() if line]
    assert "acme" == tomllib.loads((tmp_path / "dora.toml").read_text("utf-8"))["org"]
    assert 0 == dora("report", "--no-cache", server=server, folder=tmp_path).returncode


def test_a_file_that_is_there(server: Server, tmp_path: Path) -> None:
    """A file is never written over without `--force`, and nothing is asked before."""
    target = tmp_path / "dora.toml"
    target.write_text("broken [")
    asked = len(server.requests)
    status, out, err = init(server, tmp_path)
    assert (2, "") == (status, out)
    assert err == (
        "dora: dora.toml is there already, and is not written over\n"
        "      Name another file with --output, print with --output -, or write over it with "
        "--force.\n"
    )
    assert ("broken [", asked) == (target.read_text(), len(server.requests))
    assert 0 == init(server, tmp_path, "--force", "--quiet")[0]
    assert target.read_text().startswith("# Settings of dora for acme")
    assert ["dora.toml"] == [one.name for one in tmp_path.iterdir()]


def test_output(server: Server, tmp_path: Path) -> None:
    """`--output -` prints, `--output FILE` is named in the next command."""
    status, out, err = init(server, tmp_path, "--output", "-", "--quiet")
    assert (0, "acme", "") == (status, tomllib.loads(out)["org"], err)
    status, out, _ = init(server, tmp_path, "--output", "my settings.toml")
    assert (0, "Wrote my settings.toml. Next: dora report --config 'my settings.toml'") == (
        status,
        out.splitlines()[-1],
    )
    assert ["my settings.toml"] == [one.name for one in tmp_path.iterdir()]


def test_settings_of_a_project_that_are_read_no_more(server: Server, tmp_path: Path) -> None:
    """A `dora.toml` takes the place of `[tool.dora]`, which is said; of a broken file it is not."""
    project = tmp_path / "pyproject.toml"
    told = []
    for text in ('[tool.dora]\nsince = "1y"\n', "[tool.other]\n", "broken ["):
        project.write_text(text)
        status, _, err = init(server, tmp_path, "--force")
        told.append((status, err.removeprefix(COST)))
    note = "dora: [tool.dora] of pyproject.toml is not read beside dora.toml\n"
    assert [(0, f"{note}      Take over what you need of it.\n"), (0, ""), (0, "")] == told


def test_what_cannot_be_written(server: Server, tmp_path: Path) -> None:
    """No such folder, a folder, a name that is too long: two lines, nothing asked."""
    asked = len(server.requests)
    (tmp_path / "folder").mkdir()
    for path in ("nowhere/dora.toml", "folder"):
        status, out, err = init(server, tmp_path, "--output", path, "--force")
        assert (1, "", 2) == (status, out, len(err.splitlines()))
        assert f"{path} cannot be written" in err
    status, out, err = init(server, tmp_path, "--output", "n" * 300)
    assert (1, "", 2) == (status, out, len(err.splitlines()))
    assert asked == len(server.requests)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--plan", "--force"), "dora: --plan writes nothing"),
        (("--since", "3x"), "dora: --since: '3x'"),
        (("--repo", "nothing-*"), "dora: --repo: nothing-* fits no repository"),
    ],
)
def test_wrong_usage(server: Server, tmp_path: Path, arguments: tuple[str, ...], told: str) -> None:
    """Exit status 2, and no file."""
    status, out, err = init(server, tmp_path, *arguments, "--quiet")
    assert (2, "", []) == (status, out, [*tmp_path.iterdir()])
    assert told in err


def test_plan(server: Server, tmp_path: Path) -> None:
    """`--plan` says what looking would cost, lists the repositories, and writes nothing."""
    asked = len(server.requests)
    status, out, err = init(server, tmp_path, "--plan")
    assert (0, COST.removeprefix("dora: a"), "") == (status, f"{out[1:-2]}\n", err)
    assert (1, []) == (len(server.requests) - asked, [*tmp_path.iterdir()])


def test_a_token_without_actions(tmp_path: Path) -> None:
    """Without the permission Actions: read it goes on with what is left, and says so."""
    with serve(only_workflow().organization, rights=Rights(actions=False)) as server:
        status, _, err = init(server, tmp_path)
    assert (0, ["merges"]) == (status, [one["from"] for one in sources(tmp_path)])
    assert "the workflows cannot be read (" in err
    assert "Actions: read" in err
    assert "# Workflows could not be read (" in (tmp_path / "dora.toml").read_text("utf-8")


def test_what_is_not_there(tmp_path: Path) -> None:
    """No repository: nothing is written. Only archived or unreadable ones: a file, and status 3."""
    with serve(replace(ACME, repositories=())) as server:
        status, out, err = init(server, tmp_path, "--quiet")
        assert (1, "", []) == (status, out, [*tmp_path.iterdir()])
        assert "there is no repository of acme that the token sees" in err
    old = replace(API, archived_at=NOW)
    for place, (one, told) in enumerate(
        [(old, "no source gives rows"), (VAULT, "no source is known: no repository could be read")]
    ):
        folder = tmp_path / str(place)
        folder.mkdir()
        with serve(replace(ACME, repositories=(one,))) as server:
            status, _, err = init(server, folder)
        assert (3, []) == (status, sources(folder))
        assert told in err
        assert (one is VAULT) == ("vault: " in err)


def test_incidents_that_cannot_be_counted(tmp_path: Path) -> None:
    """Where the search is refused the file is written without their numbers."""
    refused = Faults([Rule(Refused(403), "IncidentPlaces")])
    with serve(only_releases().organization, middleware=[refused]) as server:
        status, _, _ = init(server, tmp_path, "--since", only_releases().since.isoformat())
        assert "IncidentPlaces" in {one.operation for one in server.requests}
    assert (0, ["releases"]) == (status, [one["from"] for one in sources(tmp_path)])


def test_organizations_without_deployments(tmp_path: Path) -> None:
    """D8: releases, tags, a workflow, merges: each gets the source that tells the truth of it."""
    cases = {"shop": only_releases(), "lib": only_tags(), "api": only_workflow(), "": only_merges()}
    written = {}
    for name, case in cases.items():
        (tmp_path / name).mkdir(exist_ok=True)
        with serve(case.organization) as server:
            init(server, tmp_path / name, "--since", case.since.isoformat(), "--quiet")
        own = sources(tmp_path / name)
        written[name] = [(one["from"], one.get("repositories", ["*"])) for one in own]
    assert {
        "shop": [("releases", ["shop"])],
        "lib": [("tags", ["lib"])],
        "api": [("workflow", ["api"])],
        "": [("merges", ["site"])],
    } == written


def test_a_mixture(tmp_path: Path) -> None:
    """D8: each repository by what it has, a few requests for all of them."""
    with serve(mixture().organization) as server:
        init(server, tmp_path, "--since", mixture().since.isoformat())
        kinds = [one.operation or one.path.rpartition("/")[2] for one in server.requests]
    assert [
        ("workflow", ["api"], "deploy.yml"),
        ("releases", ["lib"], None),
        ("tags", ["cli"], None),
        ("merges", ["jobs", "legacy", "site"], None),
    ] == [(one["from"], one["repositories"], one.get("workflow")) for one in sources(tmp_path)]
    assert {
        "Repositories": 1, "TeamNames": 1, "Look": 3, "IncidentPlaces": 1, "workflows": 7,
        "runs": 1,
    } == {kind: kinds.count(kind) for kind in kinds}  # fmt: skip


def test_names_that_would_tell_a_terminal_what_to_do(tmp_path: Path) -> None:
    """No name of GitHub's reaches the terminal or the file as it is."""
    evil = repository("evil", HOSTILE, default_branch=HOSTILE)
    with serve(replace(ACME, repositories=(evil,))) as server:
        _, out, err = init(server, tmp_path)
    text = (tmp_path / "dora.toml").read_text("utf-8")
    assert not set("\x1b\x07\u202e") & set(out + err + text)
