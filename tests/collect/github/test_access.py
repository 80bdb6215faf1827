"""Who we are to GitHub, from the environment alone, and what is said when we are nobody."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from dora.collect.github import request_queue
from dora.collect.github.access import find_access
from dora.collect.organization import collect, connect
from dora.demo.github import tokens
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.github.tokens import App
from dora.demo.organization.model import Commit, Deployment, Organization, Repository, Status
from dora.errors import CannotReach, DoraError, NoAccess
from dora.model.tables import Tables
from tests.support.github import faults
from tests.support.github.faults import Faults, Rule
from tests.support.runs import Told, config_of

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
APP, INSTALLATION = 4711, 815
SHA = "a" * 40
API = Repository(
    "api",
    1,
    NOW,
    head=SHA,
    commits={SHA: Commit(SHA, (), NOW, NOW)},
    deployments=(Deployment(1, SHA, "production", NOW, (Status("success", NOW),)),),
)
ACME = Organization("acme", NOW, (API,))


@pytest.fixture(scope="module")
def pem() -> str:
    """A private key made for these tests."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


@pytest.fixture
def server(pem: str) -> Iterator[Server]:
    """A stand-in that knows the token and the App."""
    with app_server(pem, ACME) as running:
        yield running


@contextmanager
def app_server(pem: str, organization: Organization, *rules: Rule) -> Iterator[Server]:
    """A stand-in that knows the token and the App, and goes wrong by *rules*."""
    key = serialization.load_pem_private_key(pem.encode(), None)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    app = App(APP, public.decode(), INSTALLATION)
    with serve(organization, app=app, middleware=[Faults(rules)]) as running:
        yield running


@pytest.fixture(autouse=True)
def no_programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A search path with nothing on it but what a test puts there."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def put_gh(folder: Path, script: str) -> None:
    """Put a program `gh` on the search path."""
    program = folder / "gh"
    program.write_text(script)
    program.chmod(0o755)


def read(variables: Mapping[str, str], server: Server, path: str = "", **options: Any) -> Tables:
    """Read the organization with what the environment holds."""
    config = config_of(ACME, **options)
    client = connect(config, {"GITHUB_API_URL": server.url + path, **variables}, Told())
    return collect(client, config, Told())


def refusal(variables: Mapping[str, str], server: Server) -> DoraError:
    """What is said about the environment."""
    with pytest.raises(DoraError) as caught:
        read(variables, server)
    return caught.value


# -- Tokens -------------------------------------------------------------------------------------

GH = f'#!/bin/sh\n[ "$*" = "auth token --hostname 127.0.0.1" ] && echo {TOKEN}\n'
WRONG = {"GITHUB_TOKEN": "wrong", "GH_TOKEN": "wrong", "DORA_APP_ID": "1"}


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"GITHUB_TOKEN": TOKEN}, id="GITHUB_TOKEN"),
        pytest.param({"GH_TOKEN": TOKEN}, id="GH_TOKEN"),
        pytest.param({"GITHUB_TOKEN": "", "GH_TOKEN": TOKEN}, id="an empty one is none"),
        pytest.param({"GITHUB_TOKEN": f" {TOKEN}\n"}, id="blanks around it"),
        pytest.param({**WRONG, "GITHUB_TOKEN": TOKEN}, id="GITHUB_TOKEN before all others"),
        pytest.param({**WRONG, "GITHUB_TOKEN": "", "GH_TOKEN": TOKEN}, id="GH_TOKEN before App"),
    ],
)
def test_token_of_the_environment(variables: dict[str, str], server: Server) -> None:
    """`GITHUB_TOKEN`, else `GH_TOKEN`, before an App."""
    assert ["api"] == list(read(variables, server).deployments["repository"])


def test_token_of_gh(server: Server, no_programs: Path) -> None:
    """GitHub's own program is asked for the token of the API's host, when nothing else is set."""
    put_gh(no_programs, GH)
    assert ["api"] == list(read({}, server).deployments["repository"])


def test_app_goes_before_gh(server: Server, no_programs: Path, pem: str) -> None:
    """`gh` is asked last: an App that is set is meant."""
    put_gh(no_programs, "#!/bin/sh\necho wrong\n")
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    assert ["api"] == list(read(variables, server).deployments["repository"])


@pytest.mark.parametrize(
    "script",
    [
        pytest.param("#!/bin/sh\nexit 1\n", id="not logged in"),
        pytest.param("#!/bin/sh\necho\n", id="says nothing"),
        pytest.param("#!/no/such/shell\n", id="cannot be run"),
        pytest.param("no program\n", id="is no program"),
    ],
)
def test_gh_that_is_of_no_use(script: str, server: Server, no_programs: Path) -> None:
    """A `gh` that gives no token is as none."""
    put_gh(no_programs, script)
    assert "there is no token to read GitHub with" == refusal({}, server).what


def test_gh_is_asked_for_the_public_host_by_its_name(no_programs: Path, tmp_path: Path) -> None:
    """`api.github.com` is `github.com` to `gh`."""
    put_gh(no_programs, f'#!/bin/sh\necho "$@" > {tmp_path}/asked\necho token\n')
    find_access({}, "acme")
    assert "auth token --hostname github.com\n" == (tmp_path / "asked").read_text()


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_no_token_at_all(blank: str, server: Server) -> None:
    """Nothing to read GitHub with: what to set, and that the demo needs nothing."""
    wrong = refusal({"GITHUB_TOKEN": blank}, server)
    assert isinstance(wrong, NoAccess)
    assert str(wrong) == (
        "there is no token to read GitHub with\n"
        "Set GITHUB_TOKEN (or GH_TOKEN, or log in with `gh auth login`), or DORA_APP_ID and "
        "DORA_APP_PRIVATE_KEY for a GitHub App. `dora demo` needs none."
    )


@pytest.mark.parametrize("token", ["ghp_“quoted”", "ghp_one\nghp_two", "ghp_zero\u200bwidth"])
def test_token_that_cannot_be_sent(token: str, server: Server) -> None:
    """A token with signs that no header can hold is refused in words, and not shown."""
    wrong = refusal({"GITHUB_TOKEN": token}, server)
    assert "ghp_" not in str(wrong)


# -- Addresses ----------------------------------------------------------------------------------


@pytest.mark.few(1)
@pytest.mark.parametrize("path", ["", "/", "/api/v3", "/api/v3/"])
def test_address_of_an_enterprise_server(path: str, server: Server) -> None:
    """`GITHUB_API_URL` may be that of GitHub Enterprise Server, with `/api/v3`."""
    tables = read({"GITHUB_TOKEN": TOKEN}, server, path)
    assert ["api"] == list(tables.deployments["repository"])


@pytest.mark.parametrize(
    "address", ["github.com", "ftp://github.com", "https://", "http://[::1", "http://host:port"]
)
def test_address_that_is_none(address: str) -> None:
    """A wrong `GITHUB_API_URL` is told before anything is asked."""
    with pytest.raises(NoAccess, match="GITHUB_API_URL is no address"):
        find_access({"GITHUB_API_URL": address, "GITHUB_TOKEN": TOKEN}, "acme")


def test_public_address_is_the_default() -> None:
    """Without `GITHUB_API_URL` it is github.com."""
    assert "https://api.github.com" == find_access({"GITHUB_TOKEN": TOKEN}, "acme").api


# -- Apps ---------------------------------------------------------------------------------------


def test_app_with_its_installation(server: Server, pem: str) -> None:
    """The installation that is named is taken; its token is fetched once."""
    variables = {
        "DORA_APP_ID": str(APP),
        "DORA_APP_PRIVATE_KEY": pem,
        "DORA_APP_INSTALLATION_ID": str(INSTALLATION),
    }
    assert ["api"] == list(read(variables, server).deployments["repository"])
    rest = [f"{one.method} {one.path}" for one in server.requests if one.path != "/graphql"]
    assert [f"POST /app/installations/{INSTALLATION}/access_tokens"] == rest


@pytest.mark.parametrize("path", ["", "/api/v3"])
def test_app_looks_up_its_installation(path: str, server: Server, pem: str, tmp_path: Path) -> None:
    """Without an installation that of the organization is looked up; the key may be in a file."""
    (tmp_path / "key.pem").write_text(pem)
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY_FILE": str(tmp_path / "key.pem")}
    assert ["api"] == list(read(variables, server, path).deployments["repository"])
    rest = [f"{one.method} {one.path}" for one in server.requests if one.path != "/graphql"]
    assert rest == [
        "GET /orgs/acme/installation",
        f"POST /app/installations/{INSTALLATION}/access_tokens",
    ]


def test_key_on_one_line(server: Server, pem: str) -> None:
    r"""A key whose line ends are written `\n`, as many secret stores keep it, is understood."""
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem.replace("\n", "\\n")}
    assert ["api"] == list(read(variables, server).deployments["repository"])


def test_token_of_an_app_is_renewed(
    server: Server, pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token about to expire is renewed before it is used, however many read at once."""
    monkeypatch.setattr(tokens, "_LIFETIME_SECONDS", 15)  # renewed when twenty are left
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    assert ["api"] == list(read(variables, server).deployments["repository"])
    fetched = [one for one in server.requests if one.path.endswith("/access_tokens")]
    assert len(fetched) >= 2
    assert {200, 201} == {one.status for one in server.requests}


@pytest.mark.few(1)
@pytest.mark.parametrize("concurrency", [1, 16])
def test_token_of_an_app_that_is_refused_is_replaced(
    concurrency: int, pem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token that ends before its time is replaced once for all who were refused with it."""
    monkeypatch.setattr(request_queue, "MOST_PARTNERS", 1)
    many = [replace(API, name=f"r{n:02}", database_id=n) for n in range(20)]
    organization = replace(ACME, repositories=tuple(many))
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    ends = Rule(faults.Expire(), "Deployments", at=(7,))
    with app_server(pem, organization, ends) as server:
        tables = read(variables, server, collect={"concurrency": concurrency})
    assert [one.name for one in many] == sorted(tables.deployments["repository"])
    statuses = [one.status for one in server.requests]
    assert 2 == len([one for one in server.requests if one.path.endswith("/access_tokens")])
    assert 1 <= statuses.count(401) <= concurrency
    assert tables.requests == len(server.requests)


def test_token_of_an_app_that_is_refused_for_good(pem: str) -> None:
    """Whose new token is refused as well may ask no more."""
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    with app_server(pem, ACME, Rule(faults.Status(401), "Deployments")) as server:
        tables = read(variables, server, collect={"concurrency": 1})
    (reason,) = tables.repositories["unreadable"]
    assert f"{server.url} refuses the credentials: Service unavailable" == reason
    assert [401, 201, 401] == [one.status for one in server.requests[-3:]]


@pytest.mark.thorough
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "effect",
    [
        pytest.param(faults.Status(500), id="500"),
        pytest.param(faults.Status(502, html=True), id="502 HTML"),
        pytest.param(faults.Reset(), id="reset"),
        pytest.param(faults.SecondaryLimit(403, retry_after=0), id="secondary limit"),
        pytest.param(faults.RateLimit("429", reset_after=0), id="primary limit"),
    ],
)
def test_token_of_an_app_that_cannot_be_had_at_first(effect: faults.Effect, pem: str) -> None:
    """What passes when GitHub is asked for data passes when it is asked for a token."""
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    fails = Rule(effect, path="*/access_tokens", at=(1, 2, 3))
    with app_server(pem, ACME, fails) as server:
        tables = read(variables, server, collect={"concurrency": 1})
    assert ["api"] == list(tables.deployments["repository"])
    fetched = [one for one in server.requests if one.path.endswith("/access_tokens")]
    assert [False, False, False, True] == [one.status == 201 for one in fetched]


def test_app_whose_token_cannot_be_had(server: Server, pem: str) -> None:
    """An installation that is not the App's is refused in words."""
    variables = {
        "DORA_APP_ID": str(APP),
        "DORA_APP_PRIVATE_KEY": pem,
        "DORA_APP_INSTALLATION_ID": "1",
    }
    wrong = refusal(variables, server)
    assert isinstance(wrong, NoAccess)
    assert f"{server.url} refuses the credentials: status 404" == wrong.what


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"DORA_APP_ID": "1"}, "GitHub refuses the App (status 401) for the organization 'acme'"),
        ({"DORA_APP_PRIVATE_KEY": ""}, "DORA_APP_ID is set, but the App's private key is not"),
        ({"DORA_APP_PRIVATE_KEY": "no key"}, "the GitHub App's settings cannot be used"),
        (
            {"DORA_APP_PRIVATE_KEY": "no key", "DORA_APP_INSTALLATION_ID": str(INSTALLATION)},
            "the GitHub App's settings cannot be used",
        ),
        ({"DORA_APP_INSTALLATION_ID": "x"}, "the GitHub App's settings cannot be used"),
    ],
)
def test_app_that_is_set_up_wrongly(
    settings: dict[str, str], what: str, server: Server, pem: str
) -> None:
    """What is wrong with an App's settings is told in words, without its key."""
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem, **settings}
    wrong = refusal(variables, server)
    assert isinstance(wrong, NoAccess)
    assert what == wrong.what
    assert "PRIVATE KEY--" not in str(wrong)


def test_key_file_that_cannot_be_read(server: Server, tmp_path: Path) -> None:
    """A key that is not where it should be is told with the file's name."""
    missing = tmp_path / "no.pem"
    wrong = refusal({"DORA_APP_ID": "1", "DORA_APP_PRIVATE_KEY_FILE": str(missing)}, server)
    assert f"the App's private key cannot be read from {missing}: {os.strerror(2)}" == wrong.what


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b""])
def test_key_file_of_something_else(content: bytes, server: Server, tmp_path: Path) -> None:
    """A file that holds no key is told as such."""
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    wrong = refusal({"DORA_APP_ID": "1", "DORA_APP_PRIVATE_KEY_FILE": str(file)}, server)
    assert isinstance(wrong, NoAccess)


def test_app_and_nobody_there(pem: str) -> None:
    """A server that is down is no matter of credentials."""
    with serve(ACME) as gone:
        pass
    variables = {"DORA_APP_ID": str(APP), "DORA_APP_PRIVATE_KEY": pem}
    wrong = refusal(variables, gone)
    assert isinstance(wrong, CannotReach)
    assert f"{gone.url} cannot be reached (ConnectionError)" == wrong.what


def test_secrets_are_in_no_repr(pem: str) -> None:
    """What holds the secrets shows none."""
    variables = {"DORA_APP_ID": "1", "DORA_APP_PRIVATE_KEY": pem, "DORA_APP_INSTALLATION_ID": "2"}
    for access in (find_access(variables, "acme"), find_access({"GITHUB_TOKEN": TOKEN}, "acme")):
        told = repr(access) + repr(vars(access))
        assert TOKEN not in told
        assert pem[100:130] not in told
