"""Notes what was sent to Datadog in a file beside the report, so that a second run sends the rest.

The file holds ids of events and digests of what was sent, and no key.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from dora.errors import CannotWrite
from dora.publish.atomic_file import write_file


class Receipt:
    """Digests of what was sent, by name, for one of the accounts in the file."""

    def __init__(self, path: Path, account: str) -> None:
        self.path = path
        self._account = account
        self._all = _read(path)
        self._sent = dict(self._all.get(account, {}))

    def has(self, name: str, body: Mapping[str, Any]) -> bool:
        """Whether exactly this was sent under that name."""
        return self._sent.get(name) == _digest(body)

    def knows(self, name: str) -> bool:
        """Whether anything was sent under that name."""
        return name in self._sent

    def note(self, name: str, body: Mapping[str, Any]) -> None:
        """Note that this was sent."""
        self._sent[name] = _digest(body)

    def write(self, names: Iterable[str]) -> None:
        """Write the digests of *names*; what is no longer in the evidence is dropped."""
        wanted = set(names)
        digests = {name: digest for name, digest in sorted(self._sent.items()) if name in wanted}
        text = json.dumps({**self._all, self._account: digests}, indent=0) + "\n"
        try:
            write_file(self.path, text.encode())
        except CannotWrite as wrong:
            raise CannotWrite(
                f"it was sent, but {wrong.what}",
                "Events have ids: sending them once more changes nothing at Datadog.",
            ) from None


def _digest(body: Mapping[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]


def _read(path: Path) -> dict[str, dict[str, str]]:
    """The digests in the file, by account and name; nothing where it is not a receipt."""
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(account): {str(name): str(digest) for name, digest in sent.items()}
            for account, sent in accounts.items()
        }
    except (OSError, ValueError, AttributeError, RecursionError):
        return {}
