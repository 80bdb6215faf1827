"""The stand-in serves the history that git itself prints."""

import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dora.demo.github import git
from dora.demo.organization.model import Commit


def random_graph(seed: int, count: int = 40) -> dict[str, Commit]:
    """A graph of commits with few distinct dates, so that many are equal, some backwards."""
    draw = random.Random(seed)  # noqa: S311 - the same graphs every time
    commits: dict[str, Commit] = {}
    for number in range(count):
        earlier = list(commits)[-8:]
        parents = tuple(draw.sample(earlier, min(len(earlier), draw.choice((1, 1, 1, 2, 3)))))
        moment = datetime.fromtimestamp(1_770_000_000 + 60 * draw.randrange(count // 2), UTC)
        name = f"c{number}"
        commits[name] = Commit(name, parents, moment, moment)
    return commits


def real_repository(folder: Path, commits: dict[str, Commit]) -> dict[str, str]:
    """The same graph made by git itself; our names by git's shas."""
    marks = {name: number for number, name in enumerate(commits, 1)}
    lines = []
    for name, commit in commits.items():
        stamp = f"A <a@example.org> {int(commit.committed_at.timestamp())} +0000"
        lines += ["commit refs/heads/main", f"mark :{marks[name]}"]
        lines += [f"author {stamp}", f"committer {stamp}", f"data {len(name)}", name]
        lines += [
            f"{'merge' if at else 'from'} :{marks[parent]}"
            for at, parent in enumerate(commit.parents)
        ]
        lines.append("")
    run(folder, "init", "--quiet")
    run(folder, "fast-import", "--quiet", "--export-marks=marks", stdin="\n".join(lines))
    shas = dict(line.split() for line in (folder / "marks").read_text().splitlines())
    return {shas[f":{number}"]: name for name, number in marks.items()}


def run(folder: Path, *arguments: str, stdin: str = "") -> str:
    """What git prints."""
    return subprocess.run(  # noqa: S603 - arguments are those written here
        ["git", *arguments],  # noqa: S607 - whichever git is installed
        cwd=folder,
        input=stdin,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize("seed", range(5))
def test_log_is_in_the_order_of_git_log(tmp_path: Path, seed: int) -> None:
    """The order of history, and what since and until leave, are those of the git program."""
    commits = random_graph(seed)
    names = real_repository(tmp_path, commits)
    head = list(commits)[-1]
    start = next(sha for sha, name in names.items() if name == head)
    middle = datetime.fromtimestamp(1_770_000_000 + 60 * 8, UTC)
    stamp = int(middle.timestamp())
    for bounds, options in (
        ({}, []),
        ({"since": middle}, [f"--since=@{stamp}"]),
        ({"until": middle}, [f"--until=@{stamp}"]),
    ):
        told = run(tmp_path, "log", "--format=%H", *options, start).split()
        assert [names[sha] for sha in told] == git.log(commits, head, **bounds)


def test_comparison_tells_what_each_side_has_alone() -> None:
    """Ahead and behind are the differences of what head and base reach, oldest first."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    commits = {
        name: Commit(name, parents, moment, moment.replace(hour=hour))
        for hour, (name, parents) in enumerate(
            {"a": (), "b": ("a",), "c": ("b",), "x": ("a",), "m": ("c", "x")}.items()
        )
    }
    assert (["b", "c"], ["x"]) == git.compare(commits, "x", "c")
    assert git.merge_base(commits, "x", "c") == "a"
    assert [
        git.comparison_status(*map(len, git.compare(commits, base, head)))
        for base, head in (("x", "c"), ("a", "c"), ("c", "a"), ("c", "c"))
    ] == ["diverged", "ahead", "behind", "identical"]
