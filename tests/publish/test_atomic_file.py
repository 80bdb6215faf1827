"""Files are written as a whole or not at all, and never in the place of what is no plain file."""

import os
import stat
from pathlib import Path

import pytest

from dora.cli.output import find_targets, write
from dora.errors import CannotWrite
from dora.publish.atomic_file import write_file

FORMATS = {"json": (".json",)}


@pytest.mark.parametrize("name", ["x.json", "x" * 250 + ".json"])
def test_a_file_is_replaced_and_nothing_is_left(name: str, tmp_path: Path) -> None:
    """A file, however long its name, has what was written last, and nothing is beside it."""
    path = tmp_path / name
    for text in ("old", "né\n"):
        assert {path: "json"} == find_targets([path], None, FORMATS)
        write(path, text)

    assert "né\n".encode() == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("plain.json/x.json", "Not a directory"),
        ("no/x.json", "No such file or directory"),
        ("x" * 300 + ".json", "File name too long"),
        ("loop.json", "Too many levels of symbolic links"),
        ("folder.json", "it is a folder"),
        ("pipe.json", "it is no plain file"),
        ("to-pipe.json", "it is no plain file"),
    ],
)
def test_what_cannot_be_written_is_reported(name: str, why: str, tmp_path: Path) -> None:
    """Whatever is in the way is reported in two lines, before and while writing, and stays.

    A pipe stands for devices, too: no test may name one of the machine, lest it be replaced.
    """
    (tmp_path / "plain.json").write_text("kept")
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "loop.json").symlink_to("loop.json")
    (tmp_path / "to-pipe.json").symlink_to("pipe.json")
    before = sorted(tmp_path.iterdir())
    path = tmp_path / name
    with pytest.raises(CannotWrite) as wrong:
        write_file(path, b"new")

    assert (f"{path} cannot be written: {why}", "Name another file.") == (
        wrong.value.what,
        wrong.value.advice,
    )
    with pytest.raises(CannotWrite):
        find_targets([path], None, FORMATS)
    assert before == sorted(tmp_path.iterdir())
    assert "kept" == (tmp_path / "plain.json").read_text()
    assert stat.S_ISFIFO((tmp_path / "pipe.json").stat().st_mode)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_a_link(is_there: bool, tmp_path: Path) -> None:
    """A link to a plain file is followed: the file is written where it is, and the link stays."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target, link = folder / "x.json", tmp_path / "x.json"
    if is_there:
        target.write_text("old")
    link.symlink_to(target)
    write_file(link, b"new", 0o644)

    assert link.is_symlink()
    assert (b"new", 0o644) == (target.read_bytes(), stat.S_IMODE(target.stat().st_mode))
    assert [target] == list(folder.iterdir())


def test_a_break_leaves_nothing_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run is ended while it writes, the file is as it was, with nothing beside it."""
    path = tmp_path / "x.json"
    path.write_text("old")

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", end)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"new")

    assert "old" == path.read_text()
    assert [path] == list(tmp_path.iterdir())
