"""What was read of immutable commits in, the same for the next run out: one SQLite file.

Nothing in it is a number: a run with it computes what it would without, from fewer requests.
Whatever is wrong with the file costs requests and a warning, never a report.
"""

import os
import re
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

#: Of what is written; a file of another version is discarded.
VERSION = 1
#: "dora" as SQLite's application id: whose file it is.
APPLICATION = 0x646F7261
#: Seconds to wait while another run writes.
PATIENCE = 10.0
#: `said` is JSON, `sum` tells whether it still says what was written.
SCHEMA = """
CREATE TABLE kept (
  repository INTEGER NOT NULL, asked TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
  said TEXT NOT NULL, sum INTEGER NOT NULL,
  PRIMARY KEY (repository, asked, kind, name)
) WITHOUT ROWID
"""
GET = "SELECT said, sum FROM kept WHERE repository = ? AND asked = ? AND kind = ? AND name = ?"
PUT = "INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?, ?)"
DROP = "DELETE FROM kept WHERE repository = ? AND asked = ? AND kind = ? AND name = ?"
DROP_ALL = "DELETE FROM kept WHERE repository = ? AND asked = ?"

#: Whose: the repository's number at GitHub, and what is asked of its commits.
Owner = tuple[int, str]
#: Which: what kind of thing, and its name.
Key = tuple[str, str]


class Damaged(Exception):  # it never leaves this room
    """The file does not say what was written."""


class Cache:
    """The file of one organization at one host, for as long as nothing is wrong with it."""

    def __init__(self, path: Path, warns: Callable[[str], None]) -> None:
        self.path = path
        self._warns = warns
        self._connection: sqlite3.Connection | None = None
        self._is_written = True
        try:
            self._connection = self._open()
        except (Damaged, sqlite3.DatabaseError) as wrong:
            self._fail(wrong)
            if _is_damage(wrong):
                self._open_anew()
        except OSError as wrong:
            self._fail(wrong)

    def get(self, owner: Owner, key: Key) -> str | None:
        """What is kept under *key*; None where nothing is."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(GET, (*owner, *key)).fetchone()
            if row is not None and row[1] != _sum(owner, key, row[0]):
                raise Damaged("a row was changed")  # noqa: TRY301  # told as every damage is
        except (Damaged, sqlite3.DatabaseError) as wrong:
            self._fail(wrong)
            return None
        return None if row is None else str(row[0])

    def put(
        self,
        owner: Owner,
        rows: dict[Key, str],
        *,
        head: Key,
        seen: str | None,
        dropped: set[Key],
        is_anew: bool,
    ) -> bool:
        """Keep *rows*, all or none; False where another run wrote since *head* said *seen*.

        *dropped* are taken out before; *is_anew*: everything of the *owner* is.
        """
        if self._connection is None or not self._is_written:
            return False
        try:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                if self.get(owner, head) != seen:
                    return False
                if is_anew:
                    connection.execute(DROP_ALL, owner)
                connection.executemany(DROP, ((*owner, *key) for key in dropped))
                written = (
                    (*owner, *key, said, _sum(owner, key, said)) for key, said in rows.items()
                )
                connection.executemany(PUT, written)
        except sqlite3.DatabaseError as wrong:
            self._fail(wrong)
            return False
        return True

    def close(self) -> None:
        """Leave the file to others."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with suppress(FileExistsError):  # nobody else's business: names of branches, messages
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL, 0o600))
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            connection.execute("PRAGMA synchronous = NORMAL")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _open_anew(self) -> None:
        try:
            self._connection = self._open()
        except (Damaged, sqlite3.DatabaseError, OSError) as wrong:
            self._fail(wrong)

    def _fail(self, wrong: Exception) -> None:
        """Go on without what does not work: a damaged file, writing to it, or all of it."""
        if _is_damage(wrong):
            self.close()
            for ending in ("", "-wal", "-shm"):
                with suppress(OSError):
                    self.path.with_name(self.path.name + ending).unlink()
            self._warns(f"the cache {self.path} was damaged and is discarded: {wrong}")
        elif self._connection is not None:
            self._is_written = False
            self._warns(f"nothing more can be kept in the cache {self.path}: {wrong}")
        else:
            self._warns(f"the cache {self.path} cannot be used: {wrong}")


def cache_path(directory: Path, api: str, organization: str) -> Path:
    """Where the cache of an organization at the host of *api* is, below *directory*."""
    parts = urlsplit(api)
    host = parts.hostname or ""
    return directory / _plain(f"{host}-{parts.port}" if parts.port else host) / (
        _plain(organization.casefold()) + ".sqlite"
    )  # fmt: skip


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table of a new file; Damaged where the file is of another version, or not ours."""
    told = [
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("application_id", "user_version")
    ]
    if connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None:
        connection.execute(SCHEMA)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
    elif told != [APPLICATION, VERSION]:
        raise Damaged("it is of another version")


def _plain(name: str) -> str:
    """*name* as a part of a path: whatever it says, it stays below its folder, and its own."""
    plain = re.sub(r"[^a-z0-9.-]", "_", name.casefold()).lstrip(".")[:100]
    return plain if plain == name else f"{plain}-{sha256(name.encode()).hexdigest()[:12]}"


def _sum(owner: Owner, key: Key, said: str) -> int:
    return zlib.crc32("\0".join((str(owner[0]), owner[1], *key, said)).encode())


def _is_damage(wrong: Exception) -> bool:
    code = getattr(wrong, "sqlite_errorcode", None)
    is_broken = code is not None and code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
    return isinstance(wrong, Damaged) or is_broken
