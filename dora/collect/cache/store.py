"""Stores commits and pull requests for the next run in an SQLite file.

The file holds no results: a run with it gives the same report with fewer requests. A problem with
the file costs requests and a warning, but never the report.
"""

import os
import re
import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

#: Version of the format; a file of another version is discarded.
VERSION = 1
#: "dora" as SQLite's application id, which identifies the file.
APPLICATION = 0x646F7261
#: Seconds to wait while another run writes.
PATIENCE = 10.0
#: Seconds between two attempts if SQLite does not wait by itself.
PAUSE = 0.005
#: SQLite's error codes for a file that is not an intact database.
BROKEN = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
#: `said` is JSON, and `sum` is a checksum of the row.
SCHEMA = """\
CREATE TABLE kept (
  repository INTEGER NOT NULL, asked TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  said TEXT NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (repository, asked, kind, name)
) WITHOUT ROWID"""
ROW = "repository = ? AND asked = ? AND kind = ? AND name = ?"
GET = f"SELECT said, sum FROM kept WHERE {ROW}"  # noqa: S608  # made of constants
GET_BESIDE = f"{GET} AND EXISTS (SELECT 1 FROM kept WHERE {ROW} AND said = ?)"  # noqa: S608  # likewise
PUT = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)"
DROP = f"DELETE FROM kept WHERE {ROW}"  # noqa: S608  # likewise
DROP_ALL = "DELETE FROM kept WHERE repository = ? AND asked = ?"

#: The owner of a row: the repository's id at GitHub, and the options of the query.
Owner = tuple[int, str]
#: The key of a row: its kind and its name.
Key = tuple[str, str]


class Damaged(Exception):  # only raised and caught in this module
    """The file does not hold what was written."""


#: Errors if a file cannot be read or written; Python cannot decode the message of an SQLite error
#: that quotes damaged text.
FAILURES = (Damaged, sqlite3.Error, UnicodeDecodeError)


class Cache:
    """The cache file of one organization at one host; it does nothing after a failure."""

    def __init__(self, path: Path, warns: Callable[[str], None]) -> None:
        self.path = path
        self._warns = warns
        self._connection: sqlite3.Connection | None = None
        self._is_written = True
        self._file: int | None = None  #: inode of the file that was opened
        if self._is_damaged():
            self._is_damaged()  # the damaged file was discarded: create a new one

    def get(
        self, owner: Owner, key: Key, *, unless_changed: tuple[Key, str] | None = None
    ) -> str | None:
        """The value of *key*; None if there is none.

        *unless_changed* is another key and its earlier value: if another run has changed that
        value, the result is None, too.
        """
        try:
            return self._read(owner, key, unless_changed)
        except FAILURES as wrong:
            self._fail(wrong)
            return None

    def put(
        self,
        owner: Owner,
        rows: dict[Key, str],
        *,
        head: Key,
        last_header: str | None,
        dropped: set[Key],
        is_new: bool,
    ) -> bool:
        """Write all *rows*, or none and return False if *head* no longer has *last_header*.

        In that case another run has written meanwhile. The keys *dropped* are deleted first, and
        all rows of the *owner* if *is_new*.
        """
        if self._connection is None or not self._is_written:
            return False
        try:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                if self._read(owner, head) != last_header:
                    return False
                if is_new:
                    connection.execute(DROP_ALL, owner)
                connection.executemany(DROP, ((*owner, *key) for key in dropped))
                written = (
                    (*owner, *key, value, _sum(owner, key, value.encode()))
                    for key, value in rows.items()
                )
                connection.executemany(PUT, written)
        except FAILURES as wrong:
            self._fail(wrong)
            return False
        return True

    def close(self) -> None:
        """Close the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _read(
        self, owner: Owner, key: Key, unless_changed: tuple[Key, str] | None = None
    ) -> str | None:
        if self._connection is None:
            return None
        if unless_changed is None:
            found = self._connection.execute(GET, (*owner, *key))
        else:
            named = (*owner, *key, *owner, *unless_changed[0], unless_changed[1])
            found = self._connection.execute(GET_BESIDE, named)
        row = found.fetchone()
        if row is None:
            return None
        if not isinstance(row[0], bytes) or row[1] != _sum(owner, key, row[0]):
            raise Damaged("a row was changed")
        return row[0].decode()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):  # private: it has names of branches and messages
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        self._file = _inode(self.path)
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        connection.text_factory = bytes  # a damaged text may not be valid UTF-8
        try:
            _turn_to_wal(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            _check(connection)
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                _prepare(connection)
        except BaseException as wrong:
            connection.close()
            if _code(wrong) == sqlite3.SQLITE_ERROR:  # an invalid format, or one of a later version
                raise Damaged(str(wrong)) from wrong
            raise
        return connection

    def _is_damaged(self) -> bool:
        """Open the file; returns whether it was discarded instead."""
        try:
            self._connection = self._open()
        except (Damaged, sqlite3.Error, OSError, ValueError) as wrong:
            return self._fail(wrong)
        return False

    def _fail(self, wrong: Exception) -> bool:
        """Warn, and go on without writing or without the cache.

        Returns whether the file was damaged. It is then discarded, unless another run has already
        replaced it.
        """
        is_same = self._file is not None and self._file == _inode(self.path)
        if _is_damage(wrong) or (is_same and _is_marked_read_only(wrong, self.path)):
            self.close()
            if is_same:
                for ending in ("", "-wal", "-shm"):
                    with suppress(OSError):
                        self.path.with_name(self.path.name + ending).unlink()
            self._warns(f"the cache {self.path} was damaged and is discarded: {wrong}")
            return True
        if self._connection is not None:
            self._is_written = False
            self._warns(f"nothing more can be kept in the cache {self.path}: {wrong}")
        else:
            self._warns(f"the cache {self.path} cannot be used: {wrong}")
        return False


def cache_path(directory: Path, api: str, organization: str) -> Path:
    """The path, below *directory*, of the cache of an organization at the host of *api*."""
    parts = urlsplit(api)
    host = parts.hostname or ""
    at = f"{host}-{parts.port}" if parts.port else host
    path = parts.path.strip("/").removesuffix("api/v3")  # one host may have several APIs
    name = _plain(organization.casefold()) + ".sqlite"
    return directory / _plain(f"{at}/{path}" if path else at) / name


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """Let other runs read while one writes, by turning on the write-ahead log.

    If several runs do this at once, SQLite lets one succeed and does not wait, whatever its
    timeout, so the others try again.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as wrong:
            if _code(wrong) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(PAUSE)
        else:
            return


def _check(connection: sqlite3.Connection) -> None:
    """Raise Damaged if SQLite finds an error in the structure of the file."""
    (reported,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if reported != b"ok":
        raise Damaged(reported.decode(errors="replace"))


def _prepare(connection: sqlite3.Connection) -> None:
    """Create the table in a new file; raises Damaged for a file of another version or program."""
    reported = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    ]
    made = connection.execute("SELECT sql FROM sqlite_master").fetchall()
    if not made:
        connection.execute(SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    elif reported != [APPLICATION, VERSION] or made != [(SCHEMA.encode(),)]:
        raise Damaged("it is of another version")


def _plain(name: str) -> str:
    """*name* as a part of a path that is unique and cannot lead out of its folder."""
    plain = re.sub(r"[^a-z0-9.-]", "_", name.casefold()).lstrip(".")[:100]
    if plain == name:
        return plain
    return f"{plain}-{sha256(name.encode(errors='surrogatepass')).hexdigest()[:12]}"


def _sum(owner: Owner, key: Key, value: bytes) -> int:
    return zlib.crc32(b"\0".join((*(str(part).encode() for part in (*owner, *key)), value)))


def _is_damage(wrong: Exception) -> bool:
    return isinstance(wrong, (Damaged, UnicodeDecodeError)) or _code(wrong) in BROKEN


def _is_marked_read_only(wrong: Exception, path: Path) -> bool:
    """Whether a file is marked as read-only although the system would allow writing to it."""
    is_read_only = _code(wrong) == sqlite3.SQLITE_READONLY
    return is_read_only and os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def _inode(path: Path) -> int | None:
    """The inode of the file at the path now; None if there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _code(wrong: BaseException) -> int | None:
    """SQLite's primary code of an error; None if it has none."""
    code: int | None = getattr(wrong, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF
