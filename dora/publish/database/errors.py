"""Turns what a database's driver raises into an error that says what to do.

The driver's own message is not passed on, because it can contain parts of the address.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy.exc import DBAPIError

from dora.errors import CannotReach, CannotWrite, DoraError, NoAccess
from dora.publish.database.connection import LOCK_SECONDS, DatabaseAddress

RIGHTS = (
    "Give its user the rights that docs/stores.md names: CREATE on the database or on the schema."
)
AGAIN = "Nothing was changed; run it again."

#: By the first characters of PostgreSQL's error code: the error, what is wrong, what to do.
CODES: dict[str, tuple[type[DoraError], str, str]] = {
    "28": (NoAccess, "refuses the user or the password", "Check both in DORA_DATABASE_URL."),
    "3D000": (CannotReach, "has no such database", "Make it: CREATE DATABASE …"),
    "42501": (NoAccess, "does not let its user write", RIGHTS),
    "25006": (CannotWrite, "takes no writes: it is read-only", "Name the primary, no replica."),
    "53100": (CannotWrite, "has no room left on its disk", f"Make room there. {AGAIN}"),
    "53300": (CannotReach, "has no connection left", f"Wait, or raise its limit. {AGAIN}"),
    "55P03": (CannotWrite, f"was busy with another run for {LOCK_SECONDS} s", AGAIN),
    "57014": (CannotWrite, "took longer than it allows a statement", "Raise statement_timeout."),
    "57P": (CannotReach, "was stopped, or is starting", f"Wait until it is up. {AGAIN}"),
    "22P05": (
        CannotWrite,
        "has an encoding that lacks signs of a name",
        "Make the database anew with ENCODING 'UTF8'.",
    ),
    "08": (CannotReach, "was lost on the way", AGAIN),
    "40": (CannotWrite, "gave way to another transaction", AGAIN),
    "42P": (CannotWrite, "holds other tables of these names", "Choose another --schema."),
    "427": (CannotWrite, "holds other tables of these names", "Choose another --schema."),
}
#: By words of the message, for failed connections and SQLite, which have no code.
WORDS: tuple[tuple[str, type[DoraError], str, str], ...] = (
    (r"resolve host|translate host|Name or service|nodename", CannotReach,
     "cannot be found: there is no such host", "Check the host in DORA_DATABASE_URL."),
    (r"Connection refused", CannotReach, "cannot be reached: nothing listens there",
     "Check host and port, and that the server runs."),
    (r"timeout|timed out", CannotReach, "cannot be reached: no answer",
     "Check the host, and the firewalls on the way."),
    (r"authentication failed|no password supplied|role .* does not exist|not permitted to log in",
     NoAccess, "refuses the user or the password", "Check both in DORA_DATABASE_URL."),
    (r"pg_hba", NoAccess, "lets nobody in from here, or not without TLS",
     "See its pg_hba.conf, or add ?sslmode=require."),
    (r"database .* does not exist", CannotReach, "has no such database",
     "Make it: CREATE DATABASE …"),
    (r"too many clients|connection slots", CannotReach, "has no connection left", "Run it later."),
    (r"SSL|certificate", CannotReach, "and this machine do not agree about TLS",
     "See sslmode and sslrootcert."),
    (r"No such file or directory.*(socket|server running)|server running", CannotReach,
     "cannot be reached: nothing listens there", "Check that the server runs."),
    (r"starting up|shutting down|recovery", CannotReach, "is starting or stopping",
     "Run it later."),
    # SQLite
    (r"unable to open", CannotWrite, "cannot be opened", "Name a file in a folder that exists."),
    (r"locked", CannotWrite, f"was busy with another run for {LOCK_SECONDS} s", AGAIN),
    (r"readonly|read-only", CannotWrite, "cannot be written to", "Name a file that may be."),
    (r"disk is full|disk I/O", CannotWrite, "has no room left on its disk", f"Make room. {AGAIN}"),
    (r"not a database|malformed", CannotWrite, "is no SQLite file, or a damaged one",
     "Name another file."),
    (r"no such column|no such table|already exists", CannotWrite,
     "holds other tables of these names", "Name another file."),
)  # fmt: skip


@contextmanager
def explained_errors(address: DatabaseAddress) -> Iterator[None]:
    """Within it, errors of the driver become errors that say what failed and what to do."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as wrong:
        raise _explain(wrong, address) from None


def _explain(wrong: Exception, address: DatabaseAddress) -> DoraError:
    """The error for what the driver raised, found by its code, or else by its message."""
    origin = wrong.orig if isinstance(wrong, DBAPIError) and wrong.orig else wrong
    state = getattr(origin, "sqlstate", None) or ""
    for length in (5, 3, 2):
        if state[:length] in CODES:
            kind, what, advice = CODES[state[:length]]
            return kind(f"{address.shown} {what}", advice)
    message = str(origin)
    for words, kind, what, advice in WORDS:
        if re.search(words, message, re.IGNORECASE | re.DOTALL):
            return kind(f"{address.shown} {what}", advice)
    if isinstance(origin, psycopg.OperationalError) and not state:
        kind, what, advice = CODES["08"]
        return kind(f"the connection to {address.shown} {what}", advice)
    code = state or type(origin).__name__
    return CannotWrite(
        f"{address.shown} does not take it (error {code})", "See the log of the server."
    )
