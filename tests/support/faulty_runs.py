"""Runs against a stand-in that misbehaves, and whether their reports can be trusted."""

import logging
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import pandas as pd

from dora.cli.output import PARTIAL, print_missing
from dora.collect.organization import collect, connect
from dora.config import Config
from dora.demo.github.limits import Latency, Limits, Throttle
from dora.demo.github.messages import Response
from dora.demo.github.server import TOKEN, RequestRecord, Server, serve
from dora.demo.github.tokens import App
from dora.demo.organization.model import Organization
from dora.errors import DoraError
from dora.model.tables import SCHEMAS, Incidents, Tables
from dora.report.build import build_report
from dora.report.report_json import as_document
from tests.support.app_keys import app_key
from tests.support.every_query import organization
from tests.support.github.faults import Faults, Rule
from tests.support.github.shared_answers import SharedAnswers
from tests.support.runs import Told, config_of, query_of

#: Seconds in which any run against a stand-in is over, whatever it does.
HANG = 30.0
#: What tells the rows of a table apart.
KEYS: Mapping[str, list[str]] = {
    "repositories": ["repository"],
    "deployments": ["repository", "deployment"],
    "commits": ["repository", "sha"],
    "parents": ["repository", "sha", "position"],
    "pull_requests": ["repository", "number"],
    "associations": ["repository", "sha", "number"],
    "branch_commits": ["repository", "number", "sha"],
    "tags": ["repository", "tag"],
    "incidents": ["by"],
}
#: Of the organization, and not of one repository.
SHARED = {"incidents", "labels", "teams"}


class Hang(AssertionError):
    """A run does not come to its end."""


class Watched(Throttle):
    """A throttle that remembers when each request came, and how many were in flight then."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(limits.secondary, limits.clock)
        self.moments: list[tuple[float, int]] = []

    def _enter(self, graphql: bool) -> Response | None:
        refusal = super()._enter(graphql)
        self.moments.append((time.monotonic(), self.in_flight))
        return refusal


@dataclass
class Run:
    """One run: what it was asked, what came of it, and what the stand-in saw of it."""

    server: Server
    config: Config
    told: Told = field(default_factory=Told)
    seconds: float = 0.0
    tables: Tables | None = None
    wrong: DoraError | None = None
    moments: Sequence[tuple[float, int]] = ()
    _built: tuple[dict[str, Any], int] | None = field(default=None, repr=False)

    @property
    def read(self) -> Tables:
        """What was read; an error where nothing was."""
        assert self.tables is not None, self.wrong
        return self.tables

    @cached_property
    def is_sound(self) -> bool:
        """That no row is there twice, and none of what could not be read; found out once."""
        _check_rows(self, self)
        return True

    @property
    def missing(self) -> dict[str, str]:
        """Why which repository could not be read, or not to its end."""
        frame = self.read.repositories
        reasons = frame["unreadable"].fillna(frame["incomplete"])
        named = zip(frame["repository"], reasons, strict=True)
        return {name: why for name, why in named if isinstance(why, str)}

    @property
    def reasons(self) -> set[str]:
        """Why anything is missing."""
        return {*self.missing.values(), *self.read.gaps.values()}

    @property
    def requests(self) -> Sequence[RequestRecord]:
        """Queries in the order of their answers."""
        return [one for one in self.server.requests if one.path == "/graphql"]

    def asked(self, query: str) -> int:
        """How many requests were for that query."""
        return sum(query_of(one) == query.lower() for one in self.requests)

    @property
    def gaps(self) -> list[float]:
        """Seconds between one request and the next."""
        moments = [moment for moment, _ in self.moments]
        return [later - sooner for sooner, later in pairwise(moments)]

    @property
    def document(self) -> dict[str, Any]:
        """The report without what differs from run to run."""
        return self._report()[0]

    @property
    def status(self) -> int:
        """The exit status of the report."""
        return self._report()[1]

    def _report(self) -> tuple[dict[str, Any], int]:
        if self._built is None:
            report = build_report(self.read, self.config)
            document = as_document(report)
            del document["generated"], document["coverage"]["requests"], document["scope"]
            for one in document["coverage"]["repositories"]["unreadable"]:
                one["reason"] = "forbidden"
            self._built = document, print_missing(report.coverage)
        return self._built


@contextmanager
def stand_in(
    *rules: Rule,
    of: Organization | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    latency: float = 0.0,
) -> Iterator[Server]:
    """A stand-in on which *rules* lie, which knows the token and an App."""
    faults, app = Faults(rules, seed), App(7, app_key()[1], 11)
    with serve(
        of or organization(),
        app=app,
        limits=limits,
        latency=Latency(latency),
        middleware=[faults, SharedAnswers()],
    ) as server:
        yield server


def credentials(*, app: bool) -> dict[str, str]:
    """Variables of who may ask: an App with its key, or somebody with a token."""
    if app:
        return {"DORA_APP_ID": "7", "DORA_APP_PRIVATE_KEY": app_key()[0]}
    return {"GITHUB_TOKEN": TOKEN}


def run(
    *rules: Rule,
    of: Organization | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    latency: float = 0.0,
    app: bool = False,
    **options: Any,
) -> Run:
    """One run against a stand-in on which *rules* lie; it must come to an end, and tell no bug."""
    with stand_in(*rules, of=of, seed=seed, limits=limits, latency=latency) as server:
        return run_against(server, config_of(of or organization(), **options), app=app)


def run_against(server: Server, config: Config, *, app: bool = False, url: str = "") -> Run:
    """One run against *server*, or the *url* in its place."""
    watched = server.throttle = Watched(server.limits)
    variables = {"GITHUB_API_URL": url or server.url, **credentials(app=app)}
    done = Run(server, config, moments=watched.moments)
    began = time.monotonic()
    with _ends(), _bugs() as bugs:
        try:
            client = connect(config, variables, done.told)
            done.tables = collect(client, config, done.told)
        except DoraError as wrong:
            done.wrong = wrong
    done.seconds = time.monotonic() - began
    assert bugs == []
    return done


@contextmanager
def _ends() -> Iterator[None]:
    """Whatever is done within must end."""

    def stop(*_: object) -> None:
        raise Hang(f"not over after {HANG:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class _Remembers(logging.Handler):
    def __init__(self, told: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.told = told

    def emit(self, record: logging.LogRecord) -> None:
        self.told.append(self.format(record))


@contextmanager
def _bugs() -> Iterator[list[str]]:
    """What the event loop says of errors that nobody took."""
    told: list[str] = []
    logger, handler = logging.getLogger("asyncio"), _Remembers(told)
    logger.addHandler(handler)
    try:
        yield told
    finally:
        logger.removeHandler(handler)


# -- The judgement ------------------------------------------------------------------------------


def judge(disturbed: Run, undisturbed: Run) -> None:
    """The report is that of the undisturbed run, or names what is missing and says so.

    Nothing is there twice; what is not named is whole and has the numbers of the undisturbed run.
    """
    if undisturbed.is_sound and _is_same(disturbed.read, undisturbed.read):
        return
    _check_rows(disturbed, undisturbed)
    gaps = set(disturbed.read.gaps)
    is_named = gaps or disturbed.missing.keys() - undisturbed.missing.keys()
    if not is_named:
        assert disturbed.document == undisturbed.document, "nothing is named"
        return
    listed = {*disturbed.read.repositories["repository"]}
    assert "repositories" in gaps or listed == {*undisturbed.read.repositories["repository"]}
    expected = undisturbed.document if "incidents" not in gaps else _without_incidents(undisturbed)
    left = listed - disturbed.missing.keys()
    if "incidents" not in gaps and _is_same(disturbed.read, undisturbed.read, left):
        return  # what became of other repositories does not matter, as tests/laws shows
    assert PARTIAL == disturbed.status
    assert _rows(expected, left) == _rows(disturbed.document, left)


def check_same(disturbed: Run, undisturbed: Run) -> None:
    """The report is that of the undisturbed run; nothing is there twice, nothing was lost."""
    if undisturbed.is_sound and _is_same(disturbed.read, undisturbed.read):
        return
    _check_rows(disturbed, undisturbed)
    assert undisturbed.missing.keys() == disturbed.missing.keys(), disturbed.missing
    assert undisturbed.read.gaps == disturbed.read.gaps
    assert undisturbed.document == disturbed.document


def _check_rows(disturbed: Run, undisturbed: Run) -> None:
    """No row twice; of what could not be read none, of all else every one that matters."""
    tables = disturbed.read
    for name, keys in KEYS.items():
        assert not getattr(tables, name).duplicated(keys).any(), f"{name}: a row is there twice"
    unreadable = {*tables.repositories.loc[tables.repositories["unreadable"].notna(), "repository"]}
    for name in SCHEMAS.keys() - SHARED - {"repositories"}:
        rows = getattr(tables, name)["repository"]
        assert not unreadable & {*rows}, f"{name}: rows of what was not read"
    left = {*tables.repositories["repository"]} - disturbed.missing.keys()
    for name in ("deployments", "statuses"):
        expected, actual = (
            _count(getattr(one.read, name), left, undisturbed.config)
            for one in (undisturbed, disturbed)
        )
        assert expected == actual, f"{name}: rows were lost, or came from nowhere"


def _count(frame: pd.DataFrame, left: set[str], config: Config) -> dict[Any, int]:
    """How often which row of the time that is asked about is there."""
    is_asked = frame["repository"].isin(left) & (frame["created_at"] < config.window.until)
    is_asked &= frame["created_at"] >= config.lookback_start
    columns = ["repository", "deployment", "created_at"]
    return dict(frame.loc[is_asked, columns].value_counts())


def _is_same(one: Tables, other: Tables, names: set[str] | None = None) -> bool:
    """Whether two runs read the very same, of all repositories or of those of these *names*."""
    if names is None:
        return one.gaps == other.gaps and all(
            getattr(one, name).equals(getattr(other, name)) for name in SCHEMAS
        )
    return one.incidents.equals(other.incidents) and all(
        _of(getattr(one, name), names).equals(_of(getattr(other, name), names))
        for name in SCHEMAS.keys() - {"incidents", "teams"}
    )


def _of(table: pd.DataFrame, names: set[str]) -> pd.DataFrame:
    """The rows of these repositories, and those that belong to none."""
    is_chosen = table["repository"].isin(names) | table["repository"].isna()
    return table[is_chosen].reset_index(drop=True)


def _rows(document: dict[str, Any], names: set[str]) -> list[dict[str, Any]]:
    return [row for row in document["rows"] if row["key"]["repository"] in names]


def _without_incidents(whole: Run) -> dict[str, Any]:
    """The report of a run that could not read the incidents."""
    tables = replace(whole.read, incidents=Incidents(whole.read.incidents.iloc[:0]))
    return replace(whole, tables=tables, _built=None).document
