"""The file of what is kept: whatever is wrong with it costs requests and a warning, no report."""

import os
import pwd
import random
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from dora.collect.cache.store import VERSION, Cache, cache_path
from dora.demo.github.server import TOKEN
from tests.collect.test_organization import pages_of
from tests.support.cached_runs import Runs, runs_of, same
from tests.support.examples import few_of
from tests.support.repository_weeks import acme, ago, api, last_week, main, with_request
from tests.support.runs import Reading

HOST = "https://api.github.com"


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """Runs of which the first was made last week; since then a label has been given."""
    with pages_of(1, tiny_lists=False), runs_of(last_week(api()), tmp_path) as running:
        running.kept()
        changed = with_request(api(), 5, labels=("hotfix",), updated_at=ago(2))
        running.server.replace(acme(changed))
        yield running


def commits_asked(runs: Runs, run: Callable[[], Reading]) -> int:
    """How many requests for commits a run makes."""
    runs.server.requests.clear()
    run()
    return sum(one.operation == "Commits" for one in runs.server.requests)


def execute(path: Path, *statements: str) -> None:
    """Change the file behind the program's back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def cut(path: Path, size: int) -> None:
    """Leave so many bytes of the file."""
    path.write_bytes(path.read_bytes()[:size])


def foreign(path: Path) -> None:
    """Put somebody else's database into its place."""
    path.unlink()
    execute(path, "CREATE TABLE kept (song TEXT)", "INSERT INTO kept VALUES ('la')")


# -- A file that is not as it was written --------------------------------------------------------

DAMAGES: dict[str, Callable[[Path], object]] = {
    "of a later version": lambda path: execute(path, f"PRAGMA user_version = {VERSION + 1}"),
    "of an earlier version": lambda path: execute(path, "PRAGMA user_version = 0"),
    "of another program": lambda path: execute(path, "PRAGMA application_id = 7"),
    "of another program, with such a table": foreign,
    "no database": lambda path: path.write_text("Dear diary,\n" * 999, encoding="utf-8"),
    "cut in half": lambda path: cut(path, path.stat().st_size // 2),
    "cut after its header": lambda path: cut(path, 100),
    "cut within its header": lambda path: cut(path, 50),
    "of zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "a row changed": lambda path: execute(
        path, "UPDATE kept SET said = replace(said, '\"bug\"', '\"dug\"')"
    ),
    "a row under another name": lambda path: execute(
        path,
        f"UPDATE kept SET name = '{main(50)}' WHERE name = '{main(20)}'",  # noqa: S608  # of our own shas
        f"UPDATE kept SET name = '{main(20)}' WHERE name = '{main(21)}'",  # noqa: S608  # of our own shas
    ),
    "a row of bytes that are no text": lambda path: execute(
        path, "UPDATE kept SET said = CAST(x'7bff7d' AS TEXT) WHERE kind <> 'request'"
    ),
    "a row of no text": lambda path: execute(path, "UPDATE kept SET said = 7"),
    "a row of bytes": lambda path: execute(path, "UPDATE kept SET said = x'00ff'"),
    "a check sum that is no number": lambda path: execute(path, "UPDATE kept SET sum = 'x'"),
    "without its table": lambda path: execute(path, "DROP TABLE kept", "CREATE TABLE other (a)"),
    "with another table": lambda path: execute(path, "ALTER TABLE kept RENAME COLUMN said TO told"),
    "with a table beside": lambda path: execute(path, "CREATE TABLE other (a)"),
    "that says it cannot be written": lambda path: _patch(path, 18, 9),
    "that says it cannot be read": lambda path: _patch(path, 19, 9),
    "of a format of tomorrow": lambda path: _patch(path, 47, 9),
}


def _patch(path: Path, position: int, value: int) -> None:
    """Change one byte."""
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)


OWNER, HEAD = (7, "labels=True"), ("repository", "")
#: What a file holds here: a commit under its sha each, one of them with a label.
ROWS = {HEAD: "{}", **{("commit", main(n)): f'[{n}, "bug", "é"]' for n in range(1, 41)}}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a file with these rows."""
    path = tmp_path_factory.mktemp("store") / "x.sqlite"
    cache = Cache(path, pytest.fail)
    assert write(cache, None)
    cache.close()
    return path.read_bytes()


def write(cache: Cache, seen: str | None) -> bool:
    """Put all rows, as a run does that saw *seen* before."""
    return cache.put(OWNER, ROWS, head=HEAD, last_header=seen, dropped=set(), is_new=seen is None)


def check_damaged(path: Path) -> list[str]:
    """Nothing wrong is read of the file, and the next one is whole; what was warned of."""
    warned: list[str] = []
    cache = Cache(path, warned.append)
    seen = cache.get(OWNER, HEAD)
    assert [] == [key for key, said in ROWS.items() if cache.get(OWNER, key) not in {said, None}]
    write(cache, seen)
    cache.close()
    cache = Cache(path, pytest.fail)
    assert write(cache, cache.get(OWNER, HEAD))
    assert ROWS == {key: cache.get(OWNER, key) for key in ROWS}
    cache.close()
    with closing(sqlite3.connect(path)) as connection:
        assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
    return warned


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damage_is_noticed(
    damage: Callable[[Path], object], content: bytes, tmp_path: Path
) -> None:
    """Whatever was changed in a file, nothing of it is read: it is told of once, and discarded."""
    path = tmp_path / "x.sqlite"
    path.write_bytes(content)
    damage(path)
    (told,) = check_damaged(path)
    assert told.startswith(f"the cache {path} was damaged and is discarded: ")


@pytest.mark.thorough
@pytest.mark.parametrize("part", few_of(range(10), 1))
def test_any_byte_of_the_file_may_be_wrong(part: int, content: bytes, tmp_path: Path) -> None:
    """Wherever a byte of the file is another, no row says what was not written."""
    chance = random.Random(part)  # noqa: S311  # reproducible, not secret
    path = tmp_path / "x.sqlite"
    for _ in range(200):
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        path.write_bytes(another_byte(content, chance))
        assert len(check_damaged(path)) <= 1


def another_byte(content: bytes, chance: random.Random) -> bytes:
    """The content with one byte changed, rather often in its header."""
    position = chance.choice((chance.randrange(len(content)), chance.randrange(100)))
    changed = bytearray(content)
    changed[position] ^= chance.choice((1, 2, 128, chance.randrange(1, 256)))
    return bytes(changed)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    "name", few_of(sorted(DAMAGES, key=lambda name: name != "a row changed"), 2)
)
def test_damaged_file_is_discarded(name: str, runs: Runs) -> None:
    """What a damaged file says counts for nothing: it is told of once, and a new one is begun."""
    DAMAGES[name](runs.path)
    hurt = runs.kept()
    (told,) = hurt.told.warned
    assert told.startswith(f"the cache {runs.path} was damaged and is discarded: ")
    same(runs.plain(), hurt)
    runs.kept()  # what a run notices in its middle is kept by the next one
    assert [] == runs.check().told.warned
    assert commits_asked(runs, runs.kept) < commits_asked(runs, runs.plain) / 5


@pytest.mark.few(1)
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: cut(path, 0)], ids=["gone", "empty"])
def test_file_that_holds_nothing_is_written_anew(
    damage: Callable[[Path], None], runs: Runs
) -> None:
    """A file that is not there, or empty as a full disk leaves it, is no damage."""
    damage(runs.path)
    assert [] == runs.check().told.warned
    assert commits_asked(runs, runs.kept) < commits_asked(runs, runs.plain) / 5


def test_repository_of_which_the_beginning_is_lost(runs: Runs) -> None:
    """What was kept of a repository is of no use without what tells as of when it was true."""
    execute(
        runs.path,
        "DELETE FROM kept WHERE kind = 'repository'",
        f"UPDATE kept SET name = 'ghost' WHERE name = '{main(20)}'",  # noqa: S608  # of our own shas
    )
    runs.check()
    with closing(sqlite3.connect(runs.path)) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM kept")}
    assert main(20) in names
    assert "ghost" not in names


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[Runs]:
    """The same in as few requests as can be."""
    with runs_of(last_week(api()), tmp_path) as running:
        running.kept()
        changed = with_request(api(), 5, labels=("hotfix",), updated_at=ago(2))
        running.server.replace(acme(changed))
        yield running


@pytest.mark.parametrize("part", few_of(range(4), 1))
def test_any_byte_may_be_wrong(part: int, hasty: Runs) -> None:
    """Wherever a byte of the file is another, this run's report and the next one's are right."""
    runs, chance = hasty, random.Random(part)  # noqa: S311  # reproducible, not secret
    content = runs.path.read_bytes()
    organization = runs.server.organization
    later = acme(with_request(api(), 5, labels=(), updated_at=ago(1)))
    plain = runs.plain()
    runs.server.replace(later)
    plain_later = runs.plain()
    for _ in range(5):
        for ending in ("-wal", "-shm"):
            runs.path.with_name(runs.path.name + ending).unlink(missing_ok=True)
        runs.path.write_bytes(another_byte(content, chance))
        runs.server.replace(organization)
        same(plain, runs.kept())
        runs.server.replace(later)
        same(plain_later, runs.kept())


# -- A file that cannot be written, or not be there ----------------------------------------------


def without_cache(runs: Runs, folder: Path) -> str:
    """The warning of a run that can keep nothing in that folder, and is right."""
    read = Runs(runs.server, folder).kept()
    same(runs.plain(), read)
    (told,) = read.told.warned
    return told


def test_folder_that_cannot_be_made(runs: Runs) -> None:
    """Where a file is there can be no folder: nothing is kept, and the report is made."""
    folder = runs.path / "folder"
    told = without_cache(runs, folder)
    path = cache_path(folder, runs.server.url, "acme")
    assert told.startswith(f"the cache {path} cannot be used: ")


def test_folder_in_place_of_the_file(runs: Runs) -> None:
    """A folder of that name is not removed: nothing is kept, and the report is made."""
    runs.path.unlink()
    runs.path.mkdir()
    (runs.path / "precious").write_text("mine", encoding="utf-8")
    assert f"the cache {runs.path} cannot be used: " in without_cache(runs, runs.folder)
    assert (runs.path / "precious").read_text(encoding="utf-8") == "mine"


def test_folder_of_an_impossible_name(runs: Runs) -> None:
    """A name that no folder can have is told of."""
    assert "cannot be used: " in without_cache(runs, Path("a\0b"))


def test_nobodys_home(runs: Runs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever has no home, as in many a container, keeps nothing, and gets the report."""

    def unknown(uid: int) -> None:
        raise KeyError(uid)

    for name in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.chdir(tmp_path)
    read = runs.read(cache="")
    same(runs.plain(), read)
    (told,) = read.told.warned
    assert "cache" in told
    assert not (tmp_path / "~").exists()


def test_file_that_is_held_by_another(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run does not wait for ever for another that has stopped in the middle of writing."""
    monkeypatch.setattr("dora.collect.cache.store.PATIENCE", 0.05)
    with closing(sqlite3.connect(runs.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        told = without_cache(runs, runs.folder)
        assert f"the cache {runs.path} cannot be used: database is locked" == told
        other.execute("ROLLBACK")
    assert [] == runs.check().told.warned


@pytest.mark.few(1)
@pytest.mark.parametrize("pages", few_of((2, 1, 3), 1))
def test_disk_that_is_full(pages: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing more fits, what was kept before stays, and the report is made."""
    opened = Cache._open

    def limited(cache: Cache) -> sqlite3.Connection:
        connection = opened(cache)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    with pages_of(1, tiny_lists=False), runs_of(last_week(api()), tmp_path) as runs:
        with monkeypatch.context() as patch:
            patch.setattr(Cache, "_open", limited)
            patch.setattr(
                "dora.collect.cache.repository_cache.MANY", 5
            )  # so that it is full in the middle
            for organization in (last_week(api()), acme(api())):
                runs.server.replace(organization)
                told = runs.check().told.warned
                assert f"nothing more can be kept in the cache {runs.path}: " in told[0]
                assert "full" in told[0]
                assert len(told) == 1
        assert [] == runs.check().told.warned
        assert commits_asked(runs, runs.kept) < commits_asked(runs, runs.plain) / 5


# -- What stands in it, and who may read it ------------------------------------------------------


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_file_is_nobody_elses(mask: int, tmp_path: Path) -> None:
    """Names of branches and messages of commits are for nobody but whoever read them."""
    before = os.umask(mask)
    try:
        with runs_of(acme(api()), tmp_path / "new") as runs:
            runs.kept()
            cache = Cache(runs.path, pytest.fail)
            cache.put(
                (7, ""),
                {("a", "b"): "c"},
                head=("a", "b"),
                last_header=None,
                dropped=set(),
                is_new=False,
            )
            modes = {
                path.name: stat.S_IMODE(path.stat().st_mode) for path in runs.path.parent.iterdir()
            }
            cache.close()
    finally:
        os.umask(before)
    names = ("acme.sqlite", "acme.sqlite-shm", "acme.sqlite-wal")
    assert dict.fromkeys(names, 0o600) == modes
    assert stat.S_IMODE(runs.path.parent.stat().st_mode) == 0o700


def test_no_token_is_kept(tmp_path: Path) -> None:
    """The token stands nowhere in what is kept."""
    with runs_of(acme(api()), tmp_path) as runs:
        runs.kept()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert main(20).encode() in kept
    assert TOKEN.encode() not in kept
    assert TOKEN.removeprefix("ghp_").encode() not in kept


def test_no_author_is_kept(tmp_path: Path) -> None:
    """Who wrote a commit is not kept, nor is anything kept by a run that asks for it (LT9)."""
    made = api()
    signed = {sha: replace(one, author_login="amara") for sha, one in made.commits.items()}
    with runs_of(acme(replace(made, commits=signed)), tmp_path) as runs:
        runs.check(changes={"exclude_authors": ["amara"]})
        assert [] == list(tmp_path.iterdir())
        runs.kept()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"amara" not in kept


# -- Where it is ---------------------------------------------------------------------------------

APIS = (
    HOST,
    "https://github.example.com/api/v3",
    "https://github.example.com:8443/api/v3",
    "https://proxy.example.com/one/api/v3",
    "https://proxy.example.com/two/api/v3",
    "https://proxy.example.com/one-api-v3",
    "https://api.octo.ghe.com",
    "http://[::1]:3000",
    "http://127.0.0.1:3000",
    "http://127.0.0.1:3001",
)
NAMES = (
    "acme", "acme-2", "a/b", "a_b", "../../x", "..", ".", "", "/etc/passwd", "a\\b", "x" * 300,
    "x" * 299 + "y", "a\0b", "acme.sqlite", "-rf", "~", "$HOME", "a\nb", "ä", "a\udcffb", "con ",
)  # fmt: skip


def test_each_host_and_each_organization_has_its_own_file(tmp_path: Path) -> None:
    """No two of them share a file, whatever they are called."""
    paths = {cache_path(tmp_path, api_, name) for api_ in APIS for name in NAMES}
    assert len(APIS) * len(NAMES) == len(paths)


@pytest.mark.parametrize("name", NAMES)
def test_file_is_below_its_folder(name: str, tmp_path: Path) -> None:
    """Whatever an organization is called, its file is in the folder, and can be there."""
    path = cache_path(tmp_path, HOST, name)
    assert path.resolve().parent == tmp_path.resolve() / "api.github.com"
    assert len(os.fsencode(path.name + "-journal")) <= 255
    cache = Cache(path, pytest.fail)
    cache.close()
    assert path.is_file()


def test_the_same_organization_has_the_same_file(tmp_path: Path) -> None:
    """Case decides nothing, nor does how the API of a host is spelled."""
    assert tmp_path / "api.github.com" / "acme.sqlite" == cache_path(tmp_path, HOST, "ACME")
    spelled = ("https://GitHub.Example.com/api/v3", "https://github.example.com/api/v3/")
    assert {tmp_path / "github.example.com" / "acme.sqlite"} == {
        cache_path(tmp_path, one, "Acme") for one in spelled
    }


def test_another_host_with_the_same_numbers(tmp_path: Path) -> None:
    """Two hosts count their repositories alike: what was read of one says nothing of the other."""
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.kept()
    with runs_of(acme(with_request(api(), 5, labels=("hotfix",))), tmp_path) as runs:
        runs.check()


def test_another_organization_of_the_same_host(tmp_path: Path) -> None:
    """Two organizations of a host keep what they read in files of their own."""
    with runs_of(last_week(api()), tmp_path) as runs:
        runs.kept()
        other = replace(acme(with_request(api(), 5, labels=("hotfix",))), login="acme-2")
        runs.server.replace(other)
        runs.check()


# -- Two at once ---------------------------------------------------------------------------------


def test_two_runs_write_the_same_repository(tmp_path: Path) -> None:
    """Who comes second writes nothing: what it read may be older than what is there."""
    first, second = (Cache(tmp_path / "x.sqlite", pytest.fail) for _ in range(2))
    owner, head, key = (1, ""), ("repository", ""), ("commit", "a")

    def put(cache: Cache, said: str, seen: str | None, **more: Any) -> bool:
        given = {"dropped": set(), "is_new": False, **more}
        return cache.put(owner, {head: said, key: said}, head=head, last_header=seen, **given)

    assert [True, False] == [put(first, "one", None), put(second, "two", None)]
    assert ["one", "one"] == [cache.get(owner, key) for cache in (first, second)]
    assert [True, False] == [put(second, "three", "one"), put(first, "four", "one")]
    assert "three" == first.get(owner, key, unless_changed=(head, "three"))
    assert None is first.get(owner, key, unless_changed=(head, "one"))
    for cache in (first, second):
        cache.close()


def test_damaged_file_that_another_run_has_replaced(tmp_path: Path) -> None:
    """A file is discarded once: what another run has begun in its place is left alone."""
    told: list[str] = []
    owner, head = (1, ""), ("repository", "")
    slow = Cache(tmp_path / "x.sqlite", told.append)
    slow.put(owner, {head: "one"}, head=head, last_header=None, dropped=set(), is_new=False)
    execute(slow.path, "UPDATE kept SET sum = 0")
    for ending in ("", "-wal", "-shm"):
        slow.path.with_name(slow.path.name + ending).unlink()
    quick = Cache(slow.path, pytest.fail)
    quick.put(owner, {head: "two"}, head=head, last_header=None, dropped=set(), is_new=False)
    assert (None, 1) == (slow.get(owner, head), len(told))
    slow.close()
    quick.close()
    last = Cache(slow.path, pytest.fail)
    assert "two" == last.get(owner, head)
    last.close()


def test_runs_that_begin_a_file_together(tmp_path: Path) -> None:
    """Of several that find no file one makes it, and all of them keep what they read."""
    head = ("repository", "")

    def keep(number: int, path: Path, start: Barrier) -> bool:
        start.wait()
        cache = Cache(path, pytest.fail)
        rows = {head: str(number)}
        is_kept = cache.put(
            (number, ""), rows, head=head, last_header=None, dropped=set(), is_new=False
        )
        cache.close()
        return is_kept

    with ThreadPoolExecutor(6) as pool:
        for turn in range(10):
            path, start = tmp_path / f"{turn}.sqlite", Barrier(6)
            made = [pool.submit(keep, number, path, start) for number in range(6)]
            assert [True] * 6 == [one.result() for one in made]
            cache = Cache(path, pytest.fail)
            assert [*"012345"] == [cache.get((number, ""), head) for number in range(6)]
            cache.close()


@pytest.mark.thorough
@pytest.mark.parametrize("seed", few_of(range(3), 1))
def test_several_runs_at_once(seed: int, tmp_path: Path) -> None:
    """Runs that begin together, with one cache, are all right, and so is what they leave."""
    repositories = [replace(api(), name=f"api-{n}", database_id=n) for n in range(1, 6)]
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    with runs_of(last_week(*repositories), tmp_path) as runs, ThreadPoolExecutor(4) as pool:
        for organization in (last_week(*repositories), acme(*repositories)):
            runs.server.replace(organization)
            plain = runs.plain()
            if chance.random() < 0.5 and runs.path.exists():
                _patch(runs.path, chance.randrange(runs.path.stat().st_size), 7)
            for read in [pool.submit(runs.kept) for _ in range(4)]:
                same(plain, read.result())
        assert [] == runs.check().told.warned
        with closing(sqlite3.connect(runs.path)) as connection:
            assert [("ok",)] == connection.execute("PRAGMA integrity_check").fetchall()
