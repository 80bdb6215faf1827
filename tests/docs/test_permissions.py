"""The page of permissions quotes what is printed, and names nothing that there is not."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import BaseModel

from dora.cli import app
from dora.config.settings import Settings
from dora.demo.github.messages import Response, json_response, problem
from dora.demo.github.server import TOKEN, Server, serve
from dora.demo.github.tokens import App
from dora.demo.organization.build import build_organization
from dora.demo.organization.model import Organization
from dora.doctor.access import PERMISSIONS, SCOPES
from tests.support.command import dora
from tests.support.github.faults import Deny, Faults, PartialError, Rule
from tests.support.github.faults import Status as Answering
from tests.support.github.hidden_answers import Hidden, Unassociated
from tests.support.two_repositories import ACME, API, NOW, VAULT, WEB, repository

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`\n]+)`")
FENCES = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"\b(?:[A-Z]+_)+[A-Z]+\b")

ALONE = replace(ACME, repositories=(API,))
INSTALLATION = 815
USER_REFUSED = "Resource not accessible by personal access token"
APP_REFUSED = "Resource not accessible by integration"
SAML = (
    "Resource protected by organization SAML enforcement. You must grant your Personal Access "
    "token access to this organization."
)
NO_CLASSIC = (
    "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth "
    "App, or a personal access token with fine-grained permissions."
)
TOO_LONG = (
    "The 'acme' organization forbids access via a fine-grained personal access tokens if the "
    "token's lifetime is greater than 366 days. Please adjust your token's lifetime."
)
ELSEWHERE = (
    "Although you appear to have the correct authorization credentials, the `acme` organization "
    "has an IP allow list enabled, and your IP address is not permitted to access this resource."
)
NO_SCOPE = (
    "Your token has not been granted the required scopes to execute this query. The 'name' field "
    "requires one of the following scopes: ['read:org'], but your token has only been granted the: "
    "['repo'] scopes."
)


# -- What GitHub does ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Instead(Answering):
    """A certain answer in place of GitHub's."""

    response: Response = field(default_factory=lambda: json_response({}))

    def answer(self) -> Response:
        """That answer."""
        return self.response


def refused(path: str, operation: str, message: str = APP_REFUSED) -> Rule:
    """What is at *path* of the answers to *operation* is refused."""
    return Rule(PartialError(path, "FORBIDDEN", message), operation)


def headed(**headers: str) -> Response:
    """An answer to what tells of a token, with these headers."""
    answer = json_response({})
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return replace(answer, headers={**answer.headers, **told})


# -- The table: each message, and what brings it about ------------------------------------------


@dataclass(frozen=True)
class Case:
    """What stands between a token and a report."""

    missing: str  #: a word of what the table says is missing
    rules: tuple[Rule, ...] = ()
    organization: Organization = ACME
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    with_app: bool = False


SIGN_ON = problem(403, "no")
SIGN_ON = replace(SIGN_ON, headers={**SIGN_ON.headers, "x-github-sso": "required; url=x"})
SCOPELESS = {"data": None, "errors": [{"type": "INSUFFICIENT_SCOPES", "message": NO_SCOPE}]}
END = f"{NOW + timedelta(days=3):%Y-%m-%d %H:%M:%S} UTC"
NO_TOKEN = {"GITHUB_TOKEN": "", "PATH": "/nowhere"}

CASES = {
    "there is no token to read GitHub with": Case("token", variables=NO_TOKEN),
    "… refuses the credentials: Bad credentials": Case("token", variables={"GITHUB_TOKEN": "x"}),
    "… refuses the credentials: the organization asks for single sign-on, and the token has not "
    "been authorized": Case("single sign-on", (Rule(Instead(response=SIGN_ON), "Repositories"),)),
    f"the organization … cannot be read: {SAML}": Case(
        "single sign-on", (refused("organization", "Repositories", SAML),)
    ),
    "the organization … cannot be read: … forbids access via a personal access token (classic)…": (
        Case("fine-grained token", (refused("organization", "Repositories", NO_CLASSIC),))
    ),
    "the organization … cannot be read: The … organization forbids access via a fine-grained "
    "personal access tokens if the token's lifetime is greater than 366 days…": Case(
        "expiration", (refused("organization", "Repositories", TOO_LONG),)
    ),
    "the organization … cannot be read: Could not resolve to an Organization with the login of …": (
        Case("name", arguments=("--org", "nope"))
    ),
    f"the repositories of … cannot be listed: {APP_REFUSED}": Case(
        "repositories", (refused("organization.repositories", "Repositories"),)
    ),
    "… refuses the credentials: Although you appear to have the correct authorization "
    "credentials, the … organization has an IP allow list enabled…": Case(
        "IP allow list", (Rule(Instead(response=problem(403, ELSEWHERE))),)
    ),
    "DORA_APP_ID is set, but the App's private key is not": Case(
        "private key", variables={"GITHUB_TOKEN": "", "DORA_APP_ID": "4711"}
    ),
    "GitHub refuses the App (status 401) for the organization …": Case(
        "DORA_APP_ID", variables={"DORA_APP_ID": "1"}, with_app=True
    ),
    "GitHub refuses the App (status 404) for the organization …": Case(
        "installation", arguments=("--org", "elsewhere"), with_app=True
    ),
    "… refuses the credentials: status 404": Case(
        "DORA_APP_INSTALLATION_ID", variables={"DORA_APP_INSTALLATION_ID": "1"}, with_app=True
    ),
    f"…: {USER_REFUSED}": Case("Deployments", (Rule(Deny("api")),)),
    f"…: {APP_REFUSED}": Case(
        "the same",
        (refused("organization.repositories.nodes.0.defaultBranchRef", "Repositories"),),
    ),
    "No rows: the repositories could not be read.": Case(
        "every repository", organization=replace(ACME, repositories=(VAULT,))
    ),
    "the incidents: the incidents cannot be searched: …": Case(
        "Issues", (refused("search", "Incidents"),)
    ),
    "the teams: Resource not accessible by …": Case(
        "Members", (refused("organization.teams", "Teams"),)
    ),
    "the teams: Your token has not been granted the required scopes to execute this query. …": Case(
        "read:org", (Rule(Instead(response=json_response(SCOPELESS)), "Teams"),)
    ),
    "No rows: the token sees no repository of this organization.": Case(
        "every repository", organization=replace(ACME, repositories=())
    ),
    "… deployments of a commit that GitHub no longer has: no lead times": Case(
        "Contents",
        tuple(
            Rule(Hidden(f"repository.deployments.nodes.{place}.commit"), "Deployments")
            for place in range(4)
        ),
        ALONE,
    ),
    "1 repository cannot be read: …": Case(
        "advises", organization=replace(ACME, repositories=(API, VAULT))
    ),
    "The token sees no repository of …": Case(
        "every repository", organization=replace(ACME, repositories=())
    ),
    "The deployments of … may not be read: …": Case(
        "Deployments", (refused("deployments.deployments", "CheckupRepository"),)
    ),
    "The contents of … may not be read: …": Case(
        "Contents", (Rule(Hidden("contents.defaultBranchRef"), "CheckupRepository"),)
    ),
    "The pull requests of … may not be read: …": Case(
        "Pull requests", (refused("requests.pullRequests", "CheckupRepository"),)
    ),
    "The issues of … may not be read: …": Case(
        "Issues", (refused("issues.issues", "CheckupRepository"),)
    ),
    "The organization's teams may not be read: …": Case(
        "Members", (refused("organization.teams", "CheckupTeams"),)
    ),
    "It sees … of …, no private one among them.": Case(
        "private", organization=replace(ACME, repositories=(replace(API, is_private=False),))
    ),
    "Without the scope repo it sees public repositories only; private ones are in no number.": Case(
        "repo", (Rule(Instead(response=headed(x_oauth_scopes="gist")), path="/rate_limit"),)
    ),
    "The token ends on … UTC.": Case(
        "from that day on",
        (
            Rule(
                Instead(response=headed(github_authentication_token_expiration=END)),
                path="/rate_limit",
            ),
        ),
    ),
}


class Row(NamedTuple):
    """A row of the table: the message, the command that prints it, its exit status, the right."""

    message: str
    command: str
    status: int
    missing: str


def rows() -> Iterator[Row]:
    """Rows of the last table of the page."""
    table = PAGE[PAGE.index("\n## Which right is missing\n") :]
    for line in table.splitlines():
        if found := re.fullmatch(r"\| `([^`]+)` \| `dora ([^`]+)`, (\d) \| (.+) \|", line):
            yield Row(found[1], found[2], int(found[3]), found[4])


# -- Running it ---------------------------------------------------------------------------------


def run(server: Server, *arguments: str, **variables: Any) -> tuple[int, str, str]:
    """Exit status, standard output and standard error of the command line."""
    done = dora(*arguments, server=server, **variables)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def keys() -> tuple[str, str]:
    """A private key made for these tests, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public.decode()


@contextmanager
def github(case: Case, public: str) -> Iterator[Server]:
    """A stand-in in which the *case* holds."""
    installed = App(4711, public, INSTALLATION)
    with serve(case.organization, app=installed, middleware=[Faults(case.rules)]) as server:
        yield server


def in_one_line(text: str) -> str:
    """Text without its line breaks and indents."""
    return " ".join(text.split())


# -- Tests --------------------------------------------------------------------------------------


def test_the_table_and_the_cases_are_the_same() -> None:
    """Every message of the table is tried, and no other."""
    assert list(CASES) == [row.message for row in rows()]
    table = PAGE[PAGE.index("\n## Which right is missing\n") :]
    assert len(CASES) == len(re.findall(r"^\| `", table, re.MULTILINE))


@pytest.mark.few(6)
@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row.message)
def test_every_message_is_printed(row: Row, keys: tuple[str, str]) -> None:
    """The command prints the message and ends as the table says, and no secret with it."""
    case = CASES[row.message]
    private, public = keys
    variables = dict(case.variables)
    if case.with_app:
        variables = {
            "GITHUB_TOKEN": "", "DORA_APP_ID": "4711", "DORA_APP_PRIVATE_KEY": private, **variables
        }  # fmt: skip
    command, *options = shlex.split(row.command)
    arguments = [command, "--org", "acme", *options, *case.arguments]
    with github(case, public) as server:
        status, out, err = run(server, *arguments, "--verbose", **variables)
    message = ".*".join(map(re.escape, row.message.split("…")))

    assert row.status == status
    assert re.search(message, in_one_line(out + err))
    assert TOKEN not in out + err
    assert not [line for line in private.splitlines()[1:-1] if line in out + err]
    assert case.missing in row.missing


@pytest.mark.thorough
def test_an_app_with_every_right_reads_everything(keys: tuple[str, str]) -> None:
    """Where nothing is missing, nothing is told: the cases above have no other cause."""
    private, public = keys
    with github(Case(""), public) as server:
        app = {"GITHUB_TOKEN": "", "DORA_APP_ID": "4711", "DORA_APP_PRIVATE_KEY": private}
        assert (0, "") == run(server, "report", "--org", "acme", **app)[::2]
        assert (0, "") == run(server, "doctor", "--org", "acme")[::2]


def test_a_token_goes_before_an_app(keys: tuple[str, str]) -> None:
    """A token that is set keeps an App from being used."""
    private, public = keys
    with github(Case(""), public) as server:
        app = {"DORA_APP_ID": "4711", "DORA_APP_PRIVATE_KEY": private}
        run(server, "report", "--org", "acme", **app)
        assert not [one for one in server.requests if one.path.startswith(("/app", "/orgs"))]


def test_the_numbers_of_repositories_agree() -> None:
    """Read, skipped and unreadable ones are as many as the doctor says that the token sees."""
    silent = replace(repository("silent"), deployments=())
    organization = replace(ACME, repositories=(API, WEB, VAULT, silent))
    hidden = Rule(Deny("web", "NOT_FOUND"))
    with serve(organization, middleware=[Faults((hidden,))]) as server:
        asked = ("--org", "acme", "--format", "json")
        report = json.loads(run(server, "report", *asked)[1])
        doctor = json.loads(run(server, "doctor", *asked)[1])
    found = report["coverage"]["repositories"]
    counts = {one["check"]: one["counts"] for one in doctor["findings"]}["repositories-visible"]

    assert (1, 1, 1) == (
        found["read"], sum(found["skipped"].values()), len(found["unreadable"])
    )  # fmt: skip
    assert {"repositories": 3, "private": 3} == counts


def test_repositories_that_are_hidden_are_no_error() -> None:
    """What a token may not see is missing without a word, and the report ends with 0."""
    with serve(ACME, middleware=[Faults((Rule(Deny("web", "NOT_FOUND")),))]) as server:
        status, out, err = run(server, "report", "--org", "acme")

    assert (0, "", False) == (status, err, "web" in out)


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "rule",
    [
        refused("organization.repositories.nodes.0.deployments", "Repositories"),
        refused("repository.deployments", "Deployments"),
        refused("organization.repositories.nodes.0.defaultBranchRef", "Repositories"),
        refused("repository.refs", "Deployments"),
        refused("repository.object.history.nodes.0.associatedPullRequests", "Commits"),
    ],
    ids=lambda rule: rule.effect.path,
)
def test_a_refused_right_makes_a_repository_unreadable(rule: Rule) -> None:
    """Deployments, contents, tags and pull requests: without one there is no number of it."""
    with serve(ALONE, middleware=[Faults((rule,))]) as server:
        status, out, err = run(server, "report", "--org", "acme")

    assert (3, True) == (status, err.startswith(f"dora: api: {APP_REFUSED}\n"))
    assert f"api could not be read: {APP_REFUSED}" in out


def test_deployments_that_are_hidden_are_none() -> None:
    """Deployments that a token is not shown make a repository one without any."""
    hidden = Hidden("organization.repositories.nodes.0.deployments")
    with serve(ALONE, middleware=[Faults((Rule(hidden, "Repositories"),))]) as server:
        status, out, err = run(server, "report", "--org", "acme")

    none = "o rows: the only repository of acme has no Deployments"
    assert (3, True, True) == (status, none in err, none in out)


@pytest.mark.thorough
def test_pull_requests_that_are_hidden_leave_no_stages() -> None:
    """Where no commit shows its pull requests, the report ends with 0 and has no stages."""
    whole = build_organization(NOW)
    chosen = tuple(one for one in whole.repositories if one.name == "fhir-bridge")
    asked = ("report", "--org", whole.login, "--format", "json")
    stages, statuses = [], []
    for rules in ((), (Rule(Unassociated(""), "Commits"),)):
        with serve(replace(whole, repositories=chosen), middleware=[Faults(rules)]) as server:
            status, out, _ = run(server, *asked)
        changes = [one["change_lead_time"] for one in json.loads(out)["rows"]]
        stages.append({value for one in changes for value in one["stages"].values()})
        statuses.append(status)

    assert [0, 0] == statuses
    assert len(stages[0]) > 1
    assert {None} == stages[1]


def test_teams_that_are_refused_leave_no_team() -> None:
    """Without Members every repository is under `(no team)`, and there are no more rows."""
    asked = ("report", "--org", "acme", "--by", "team", "--format", "json")
    rule = refused("organization.teams", "Teams")
    with serve(ACME, middleware=[Faults((rule,))]) as server:
        status, out, _ = run(server, *asked)

    assert 3 == status
    assert {"(no team)"} == {one["key"]["team"] for one in json.loads(out)["rows"]}


@pytest.mark.parametrize("name", sorted(set(VARIABLE.findall(PAGE))))
def test_every_variable_is_read(name: str) -> None:
    """An environment variable that the page names is one that the program looks at."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "dora").rglob("*.py")]
    assert any(f'"{name}"' in source for source in sources)


def commands() -> dict[str, set[str]]:
    """Options of each command; `dora demo` takes those of the report, too."""
    top: Any = typer.main.get_command(app)
    found = {
        name: {option for one in command.params for option in one.opts}
        for name, command in top.commands.items()
    }
    return {**found, "demo": found["demo"] | found["report"]}


def code() -> list[str]:
    """Everything on the page that is set as code, a line each."""
    fenced = [line.strip() for block in FENCES.findall(PAGE) for line in block.splitlines()]
    return [*CODE.findall(FENCES.sub("", PAGE)), *fenced]


def test_every_command_and_option_is_there() -> None:
    """The commands that the page names exist, and take the options that it gives them."""
    known = commands()
    named = [found[0] for one in code() if (found := re.search(r"\bdora [a-z].*", one))]
    wrong = []
    for line in named:
        name, *arguments = shlex.split(line)[1:]
        options = {one.partition("=")[0] for one in arguments if one.startswith("--")}
        wrong += [line] if name not in known or options - known[name] else []
    alone = {one.split()[0] for one in code() if one.startswith("--")}

    assert len(named) > len(known)
    assert [] == wrong
    assert set() == alone - set().union(*known.values())


def keys_of(model: type[BaseModel], path: tuple[str, ...] = ()) -> Iterator[str]:
    """Dotted names of the settings and of their tables."""
    for key, one in model.model_fields.items():
        yield ".".join((*path, key))
        if isinstance(one.annotation, type) and issubclass(one.annotation, BaseModel):
            yield from keys_of(one.annotation, (*path, key))


def test_every_key_is_there() -> None:
    """The tables and keys of `dora.toml` that the page names exist."""
    known = set(keys_of(Settings))
    tables = {found[1] for one in code() if (found := re.fullmatch(r"\[(\w+)\]", one))}
    keys = {found[1] for one in code() if (found := re.fullmatch(r"([a-z_.]+) = .+", one))}

    assert {"teams"} <= tables
    assert {"failures.incident"} <= keys
    assert set() == (tables | keys) - known


@pytest.mark.parametrize("right", PERMISSIONS)
def test_every_right_is_told(right: str) -> None:
    """What the doctor advises is on the page, in the same words."""
    assert PERMISSIONS[right].partition(" (")[0] in PAGE
    assert f"`{SCOPES.get(right, 'repo')}`" in PAGE
