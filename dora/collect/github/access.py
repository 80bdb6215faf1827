"""Connects to GitHub with the credentials in the environment.

Secrets are held by PyGithub's authentication objects only, never in a setting, repr, log or error.
"""

import random
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from github import Auth, GithubException
from github.Requester import Requester
from jwt import PyJWTError
from requests.exceptions import RequestException

from dora import __version__
from dora.collect.github.responses import SERVER_ERROR
from dora.errors import CannotReach, NoAccess

PUBLIC_API = "https://api.github.com"
#: GitHub ends a request after ten seconds; a longer one is a lost connection.
TIMEOUT_SECONDS = 20
#: Seconds between attempts to find an App's installation.
PAUSES = (0.5, 1.0)
#: Characters that a header may contain: tokens consist of nothing else.
TOKEN = re.compile(r"[!-~]+")
ADVICE = (
    "Set GITHUB_TOKEN (or GH_TOKEN, or log in with `gh auth login`), or DORA_APP_ID and "
    "DORA_APP_PRIVATE_KEY for a GitHub App. `dora demo` needs none."
)


class Access:
    """The address of GitHub's API and the credentials for it."""

    def __init__(
        self,
        auth: Auth.Auth,
        api: str,
        *,
        requests: int = 0,
        new: Callable[[], Auth.AppInstallationAuth] | None = None,
    ) -> None:
        self.api = api
        self.requests = requests  #: sent to get access: for an App's installation and tokens
        self.generation = 0  #: of the credentials: requesters of older ones are not used any more
        self._token: str | None = None
        self._auth = auth
        self._new = new
        self._lock = threading.Lock()
        self._replacing = threading.Lock()

    def requester(self) -> Requester:
        """A new connection for one thread, because PyGithub's is not thread-safe.

        It neither pauses nor retries: the client decides what a failed request means.
        """
        with self._lock:
            return _connect(self._auth, self.api)

    def refresh(self) -> None:
        """Renew an App's token if it is about to expire; one thread does it for all.

        Raises ValueError if GitHub's response has no token.
        """
        if isinstance(self._auth, Auth.AppInstallationAuth):
            with self._lock:
                token = self._auth.token
                self.requests += token != self._token
                if not token:
                    self.renew(self.generation)
                    raise ValueError("GitHub gives no token")
                self._token = token

    def renew(self, generation: int) -> bool:
        """Replace refused credentials of that *generation*; returns whether that is possible.

        An App's credentials can be replaced, a person's token cannot. If several requests were
        refused at once, the first one replaces the credentials for all. The event loop calls this
        and must not block, so it has a lock of its own: a thread that waits for a token may hold
        the other one.
        """
        if self._new is None:
            return False
        with self._replacing:
            if generation == self.generation:
                self._auth = self._new()
                self.generation += 1
        return True


def find_access(variables: Mapping[str, str], organization: str) -> Access:
    """Access by the environment *variables*; raises NoAccess if credentials are missing.

    The first of `GITHUB_TOKEN`, `GH_TOKEN`, a GitHub App and `gh auth token` is used. The base URL
    of the API is `GITHUB_API_URL`.
    """
    api = variables.get("GITHUB_API_URL", "").strip().rstrip("/") or PUBLIC_API
    host = _host(api)
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        if token := variables.get(name, "").strip():
            if not TOKEN.fullmatch(token):
                raise NoAccess(
                    f"{name} is no token: it holds a sign that no token has",
                    "Set it anew, without quotes, blanks or line breaks.",
                )
            return Access(Auth.Token(token), api)
    if variables.get("DORA_APP_ID", "").strip():
        return _app(variables, api, organization)
    of_gh = _token_of_gh(host)
    if of_gh and TOKEN.fullmatch(of_gh):
        return Access(Auth.Token(of_gh), api)
    raise NoAccess("there is no token to read GitHub with", ADVICE)


def _host(api: str) -> str:
    """Host of the API's address; raises NoAccess if it is not a web address."""
    try:
        parts = urlsplit(api)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts.hostname
    except ValueError:
        pass
    raise NoAccess(
        f"GITHUB_API_URL is no address: {api!r}",
        f"Set it to {PUBLIC_API} or https://HOST/api/v3, or unset it.",
    )


def _app(variables: Mapping[str, str], api: str, organization: str) -> Access:
    key = variables.get("DORA_APP_PRIVATE_KEY")
    file = variables.get("DORA_APP_PRIVATE_KEY_FILE")
    if not key and file:
        try:
            key = Path(file).read_text(encoding="utf-8")
        except (OSError, ValueError) as wrong:
            why = getattr(wrong, "strerror", None) or "it is no text"
            raise NoAccess(
                f"the App's private key cannot be read from {file}: {why}",
                "Set DORA_APP_PRIVATE_KEY_FILE to a readable file.",
            ) from None
    if not key:
        raise NoAccess(
            "DORA_APP_ID is set, but the App's private key is not",
            "Set DORA_APP_PRIVATE_KEY, or DORA_APP_PRIVATE_KEY_FILE to a file that holds it.",
        )
    try:
        app = Auth.AppAuth(variables["DORA_APP_ID"].strip(), key.replace("\\n", "\n"))
        _ = app.token  # signs with the key, so that an invalid one is reported now
        given = variables.get("DORA_APP_INSTALLATION_ID")
        requests, installation = (0, int(given)) if given else _installation(app, api, organization)

        def new() -> Auth.AppInstallationAuth:
            auth = app.get_installation_auth(installation)
            _connect(auth, api)
            return auth

        return Access(new(), api, requests=requests, new=new)
    except (ValueError, TypeError, PyJWTError):
        raise NoAccess(
            "the GitHub App's settings cannot be used",
            "DORA_APP_PRIVATE_KEY must be a PEM private key, DORA_APP_INSTALLATION_ID a number.",
        ) from None
    except GithubException as wrong:
        if wrong.status >= SERVER_ERROR:
            raise CannotReach(
                f"{api} cannot be reached (status {wrong.status})", "Run it again later."
            ) from None
        raise NoAccess(
            f"GitHub refuses the App (status {wrong.status}) for the organization {organization!r}",
            "Check DORA_APP_ID and the key, and that the App is installed in the organization.",
        ) from None
    except RequestException as wrong:
        raise CannotReach(
            f"{api} cannot be reached ({type(wrong).__name__})", "Check GITHUB_API_URL."
        ) from None


def _connect(auth: Auth.Auth, api: str) -> Requester:
    """A connection with these credentials; an App's credentials can get a token through it."""
    return Requester(
        auth=auth,
        base_url=api,
        timeout=TIMEOUT_SECONDS,
        user_agent=f"dora-report/{__version__}",
        per_page=100,
        verify=True,
        retry=None,
        pool_size=1,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


def _installation(app: Auth.AppAuth, api: str, organization: str) -> tuple[int, int]:
    """The number of requests sent to find the App's installation, and the installation's id.

    Retries if GitHub or the network fails.
    """
    for requests, pause in enumerate((*PAUSES, None), 1):
        requester = _connect(app, api)
        try:
            found = requester.requestJsonAndCheck(
                "GET", f"/orgs/{quote(organization)}/installation"
            )
            if isinstance(number := found[1].get("id"), int):
                return requests, number
        except ValueError:  # an incomplete response
            pass
        except (GithubException, RequestException) as wrong:
            is_passing = not isinstance(wrong, GithubException) or wrong.status >= SERVER_ERROR
            if pause is None or not is_passing:
                raise
        if pause is not None:
            time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311  # jitter, no secret
    raise CannotReach(f"{api} sends something that is no answer", "Check GITHUB_API_URL.")


def _token_of_gh(host: str) -> str | None:
    """The token of GitHub's command line program; None if it is not logged in to *host*."""
    program = shutil.which("gh")
    if program is None:
        return None
    name = "github.com" if host == "api.github.com" else host
    try:
        answer = subprocess.run(  # noqa: S603  # the program found on PATH, with a fixed command
            [program, "auth", "token", "--hostname", name],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return answer.stdout.strip() or None if answer.returncode == 0 else None
