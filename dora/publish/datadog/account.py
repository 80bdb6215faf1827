"""The account at Datadog that the environment names: its address and its keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from dora.errors import BadUsage, NoAccess

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SITE = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]+", re.IGNORECASE)


@dataclass(frozen=True)
class Account:
    """The address of Datadog, and the keys for it."""

    url: str
    api_key: str = field(repr=False)
    app_key: str = field(default="", repr=False)

    @property
    def digest(self) -> str:
        """What distinguishes accounts where no key may be written."""
        return sha256(f"{self.url} {self.api_key}".encode()).hexdigest()[:16]


def check_installed() -> None:
    """Refuse to go on without datadog-api-client."""
    try:
        import datadog_api_client  # noqa: F401  # an optional extra
    except ImportError:
        raise BadUsage(
            "datadog: the package datadog-api-client is not installed; allowed: with the extra, "
            "`pip install 'dora-report[datadog]'`"
        ) from None


def find_account(variables: Mapping[str, str]) -> Account:
    """The account that the environment names, by the names of Datadog's own tools."""
    given = {
        name: variables.get(name, "").strip()
        for name in ("DD_SITE", "DD_API_KEY", "DD_APP_KEY", "DATADOG_HOST")
    }
    if not given["DD_API_KEY"]:
        raise NoAccess("there is no key to reach Datadog with", "Set DD_API_KEY, and DD_SITE.")
    for name in ("DD_API_KEY", "DD_APP_KEY"):
        if given[name] and not _KEY.fullmatch(given[name]):
            raise NoAccess(
                f"{name} holds characters that no key has",
                "Set it anew, without quotes, blanks or line breaks.",
            )
    site = given["DD_SITE"] or "datadoghq.com"
    if not _SITE.fullmatch(site):
        raise BadUsage("DD_SITE: is no site; allowed: such as datadoghq.com or datadoghq.eu")
    url = given["DATADOG_HOST"].rstrip("/") or f"https://api.{site}"
    if not _is_address(url):
        raise BadUsage("DATADOG_HOST: is no address; allowed: such as https://api.datadoghq.eu")
    return Account(url, given["DD_API_KEY"], given["DD_APP_KEY"])


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_whole and not ("@" in parts.netloc or parts.query or parts.fragment or " " in url)
