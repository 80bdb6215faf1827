"""Checks tokens: one fixed token, and the installation tokens of a GitHub App."""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hmac import compare_digest

import jwt

from dora.demo.github.messages import Request, Response, json_response, problem
from dora.demo.github.visibility import Rights, VisibleOrganization

_LIFETIME_SECONDS = 3600  #: of an installation token, as at GitHub
_READ = ("contents", "deployments", "issues", "members", "metadata", "pull_requests")
_NOT_GRANTED = "The permissions requested are not granted to this installation."
_JWT_MAXIMUM_SECONDS = 660  #: GitHub allows ten minutes, and a minute of clock drift


@dataclass(frozen=True)
class App:
    """A GitHub App and its installation in the organization; the key is the public one."""

    id: int
    public_key_pem: str = field(repr=False)
    installation_id: int


@dataclass
class Tokens:
    """The tokens that are accepted now; those *_without_actions* may not read runs."""

    fixed: str = field(repr=False)
    app: App | None = None
    clock: Callable[[], float] = time.time
    _given: dict[str, float] = field(default_factory=dict, repr=False)
    _ended: set[str] = field(default_factory=set, repr=False)
    _without_actions: set[str] = field(default_factory=set, repr=False)

    def expire(self, token: str) -> None:
        """Accept *token* no longer."""
        self._ended.add(token)

    def accepts(self, token: str) -> bool:
        """Whether *token* is the fixed one or an App's that has not expired."""
        if token in self._ended:
            return False
        if compare_digest(token.encode(), self.fixed.encode()):
            return True
        return self._given.get(token, 0.0) > self.clock()

    def rights(self, token: str, most: Rights) -> Rights:
        """What *token* may: an App's that was asked for less than the App may, may less."""
        return replace(most, actions=False) if token in self._without_actions else most

    def answer(self, request: Request, visible: VisibleOrganization) -> Response | None:
        """What an App asks with its key: its installation, a token; None for all else."""
        installation = re.fullmatch(r"/orgs/([^/]+)/installation", request.path)
        wanted = re.fullmatch(r"/app/installations/(\d+)(/access_tokens)?", request.path)
        if installation is None and wanted is None:
            return None
        if self.app is None or not self._is_signed(self.app, request.token):
            return problem(401, "A JSON web token could not be decoded")
        if installation is not None and visible.is_organization(installation[1]):
            return json_response(self._installation(self.app, request, visible))
        if wanted is None or int(wanted[1]) != self.app.installation_id:
            return problem(404, "Not Found")
        if wanted[2] is None:
            return json_response(self._installation(self.app, request, visible))
        is_asked = request.method == "POST"
        return self._token(request, visible) if is_asked else problem(404, "Not Found")

    def _token(self, request: Request, visible: VisibleOrganization) -> Response:
        """A token with what is asked for, or with all that the App may."""
        granted = _granted(visible.rights)
        asked = request.body.get("permissions") or granted
        if any(granted.get(name) != right for name, right in asked.items()):
            return problem(422, _NOT_GRANTED)
        token = "ghs_" + secrets.token_hex(18)
        expires = self.clock() + _LIFETIME_SECONDS
        self._given[token] = expires
        shown = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if "actions" not in asked:
            self._without_actions.add(token)
        body = {"token": token, "expires_at": shown, "permissions": {"metadata": "read", **asked}}
        return json_response(body, 201)

    def _is_signed(self, app: App, token: str) -> bool:
        try:
            claims = jwt.decode(
                token, app.public_key_pem, algorithms=["RS256"], options={"require": ["iat", "exp"]}
            )
        except jwt.PyJWTError:
            return False
        short = claims["exp"] - claims["iat"] <= _JWT_MAXIMUM_SECONDS
        return short and str(claims.get("iss")) == str(app.id)

    @staticmethod
    def _installation(
        app: App, request: Request, visible: VisibleOrganization
    ) -> dict[str, object]:
        base = f"{request.base_url}/app/installations/{app.installation_id}"
        return {
            "id": app.installation_id,
            "app_id": app.id,
            "target_type": "Organization",
            "account": {"login": visible.organization.login, "type": "Organization"},
            "access_tokens_url": f"{base}/access_tokens",
            "permissions": _granted(visible.rights),
        }


def _granted(rights: Rights) -> dict[str, str]:
    """The permissions of the App, all of them to read."""
    return dict.fromkeys((*_READ, *(("actions",) if rights.actions else ())), "read")
