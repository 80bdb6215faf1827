"""Incidents of PagerDuty, read over HTTPS from a stand-in that is no kinder than PagerDuty."""

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.analysis.incidents import find_incidents
from dora.analysis.named_deployments import NamedDeployments
from dora.collect.github.patience import TRIES
from dora.collect.pagerduty import client as pagerduty_api
from dora.collect.pagerduty import incidents as pagerduty
from dora.collect.pagerduty.incidents import read_incidents
from dora.collect.progress import Stopped
from dora.config import Config, load_config
from dora.errors import BadUsage, CannotReach, CannotRead, DoraError, NoAccess, RateLimited
from dora.model.tables import INCIDENTS, make_tables
from tests.support.runs import Told
from tests.support.servers.pagerduty import TOKEN, Account, Fault, Incident, Service, serve

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CHECKOUT, SEARCH = Service("PCHECK1", "Checkout"), Service("PSEARCH", "Search")
MAP = {"PCHECK1": "shop", "search": "finder"}
EPISODE = Incident("Q1", "PCHECK1", NOW - 2 * DAY, NOW - 2 * DAY + HOUR)


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No pauses worth the name, no proxy, and nothing of the surroundings."""
    monkeypatch.setattr(pagerduty_api, "PAUSE", 0.001)
    monkeypatch.setattr(pagerduty_api, "LONGEST_PAUSE", 0.002)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    monkeypatch.delenv("DORA_INCIDENTS__PAGERDUTY", raising=False)
    yield
    logging.getLogger("pagerduty").removeHandler(pagerduty_api.SILENCE)


def config_of(mapped: dict[str, str], **options: Any) -> Config:
    """Settings of a run at the made-up present that maps services like that."""
    given = {"org": "medica-flow", "incidents": {"pagerduty": mapped}, **options}
    return load_config(given, now=NOW, directory=Path("no such folder"))


@contextmanager
def serving(folder: Path, *incidents: Incident, **options: Any) -> Iterator[Account]:
    """An account with two services and these incidents."""
    account = Account([CHECKOUT, SEARCH], list(incidents), **options)
    with serve(account, folder):
        yield account


def read(
    account: Account,
    mapped: dict[str, str] = MAP,
    *,
    token: str = TOKEN,
    told: Told | None = None,
    **options: Any,
) -> list[tuple[Any, ...]]:
    """What is read of *account*."""
    variables = {"PAGERDUTY_TOKEN": token, "PAGERDUTY_API_URL": account.url + "/"}
    return read_incidents(config_of(mapped, **options), variables, told or Told())


def test_an_incident_becomes_a_row_of_the_table(tmp_path: Path) -> None:
    """F7: a resolved incident of a mapped service, its columns in the schema's order."""
    with serving(tmp_path, EPISODE) as account:
        rows = read(account)
    url = "https://medica-flow.pagerduty.com/incidents/Q1"
    opened_at, closed_at = NOW - 2 * DAY, NOW - 2 * DAY + HOUR
    assert [(None, 0, "Q1", "shop", opened_at, closed_at, None, url, None, None, None)] == rows
    assert list(INCIDENTS) == list(make_tables({"incidents": rows}).incidents.columns)


def test_an_open_incident_has_no_end(tmp_path: Path) -> None:
    """F7: what is triggered or acknowledged has not been closed."""
    with serving(tmp_path, Incident("Q1", "PCHECK1", NOW - DAY)) as account:
        (row,) = read(account)
    assert (NOW - DAY, None) == row[4:6]


def test_an_end_not_told_is_the_last_change_of_status(tmp_path: Path) -> None:
    """F7: without `resolved_at`, a resolved incident ended when its status last changed."""
    one = Incident("Q1", "PCHECK1", NOW - DAY, NOW - HOUR, tells_end=False)
    with serving(tmp_path, one) as account:
        (row,) = read(account)
    assert row[5] == NOW - HOUR


def test_a_name_is_looked_up_once_and_its_case_ignored(tmp_path: Path) -> None:
    """F7: services are mapped by id or name; incidents are asked for by id."""
    mine = Incident("Q2", "PSEARCH", NOW - DAY, NOW)
    with serving(tmp_path, EPISODE, mine) as account:
        rows = read(account, {"SEARCH": "finder"})
    assert [("Q2", "finder")] == [row[2:4] for row in rows]
    assert ["/services", "/incidents"] == [one.path for one in account.asked]
    assert ["PSEARCH"] == account.asked[1].query["service_ids[]"]


def test_services_are_found_beyond_the_first_page(tmp_path: Path) -> None:
    """F7: the list of services is read to its end."""
    with serving(tmp_path, EPISODE) as account:
        account.services[:0] = [Service(f"P{n:06}", f"other {n}") for n in range(130)]
        assert 1 == len(read(account))


def test_an_unknown_service_is_named(tmp_path: Path) -> None:
    """C1: nothing is dropped in silence: every service that is not there is an error."""
    with serving(tmp_path) as account, pytest.raises(BadUsage) as caught:
        read(account, {"Chekout": "shop", "PNOBODY": "x", "Search": "finder"})
    assert (
        "incidents.pagerduty: PagerDuty shows no service 'Chekout'; did you mean 'Checkout'?\n"
        "incidents.pagerduty: PagerDuty shows no service 'PNOBODY'; allowed: its id or its name"
    ) == str(caught.value)
    assert 2 == caught.value.exit_status


def test_one_service_belongs_to_one_repository(tmp_path: Path) -> None:
    """F7: a service mapped by id and by name to two repositories is an error."""
    with serving(tmp_path) as account:
        with pytest.raises(BadUsage, match="'PCHECK1' and 'Checkout' are one service"):
            read(account, {"PCHECK1": "shop", "Checkout": "till"})
        assert [] == read(account, {"PCHECK1": "shop", "Checkout": "shop"})


def test_pages_are_read_to_the_end(tmp_path: Path) -> None:
    """F7: of 250 incidents on three pages each is a row, by when it was opened."""
    many = [Incident(f"Q{n:03}", "PCHECK1", NOW - DAY + n * HOUR / 100) for n in range(250)]
    with serving(tmp_path, *many) as account:
        rows = read(account)
    assert [one.id for one in many] == [row[2] for row in rows]
    offsets = [one.query["offset"] for one in account.asked if one.path == "/incidents"]
    assert [["0"], ["100"], ["200"]] == offsets


@pytest.mark.parametrize("is_dates_only", [False, True])
def test_what_lies_beyond_the_last_page_is_asked_for_by_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_dates_only: bool
) -> None:
    """F7: PagerDuty pages no further than 10,000 (300 here): the rest is another query."""
    for room in (pagerduty, pagerduty_api):
        monkeypatch.setattr(room, "LAST_ITEM", 300)
    many = [Incident(f"Q{n:03}", "PCHECK1", NOW - 10 * DAY + n * HOUR / 4) for n in range(950)]
    with serving(tmp_path, *many, last_item=300, is_dates_only=is_dates_only) as account:
        rows = read(account)
    assert [one.id for one in many] == [row[2] for row in rows]


def test_too_many_incidents_at_one_instant_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C1: what cannot be listed is told and never left out, and does not go on for ever."""
    for room in (pagerduty, pagerduty_api):
        monkeypatch.setattr(room, "LAST_ITEM", 300)
    many = [Incident(f"Q{n:03}", "PCHECK1", NOW - DAY) for n in range(301)]
    with (
        serving(tmp_path, *many, last_item=300) as account,
        pytest.raises(CannotRead, match="more than 300 incidents opened at 2026-05-31T12:00:00Z"),
    ):
        read(account)


def test_a_long_window_is_asked_for_in_parts(tmp_path: Path) -> None:
    """F7: no query is longer than six months, and what lies on a border is one row."""
    begin = datetime(2025, 5, 2, tzinfo=UTC)  # midnight before `since - lookback`
    border = begin + 180 * DAY
    many = [
        Incident("Q1", "PCHECK1", begin + DAY),
        Incident("Q2", "PCHECK1", border - timedelta(seconds=1)),
        Incident("Q3", "PCHECK1", border),
    ]
    with serving(tmp_path, *many) as account:
        rows = read(account, since="1y")
    assert ["Q1", "Q2", "Q3"] == [row[2] for row in rows]
    asked = [one.query for one in account.asked if one.path == "/incidents"]
    assert [["2025-05-02T00:00:00Z"], ["2025-10-29T00:00:00Z"], ["2026-04-27T00:00:00Z"]] == [
        query["since"] for query in asked
    ]


@pytest.mark.parametrize("is_dates_only", [False, True])
def test_the_window_is_half_open_and_begins_with_the_look_back(
    tmp_path: Path, *, is_dates_only: bool
) -> None:
    """W2, W3: read is what was opened from `since - lookback` until `until`, to the second."""
    since, until = NOW - 60 * DAY - HOUR, NOW - DAY - HOUR
    begin, second = since - 30 * DAY, timedelta(seconds=1)
    many = [
        Incident("Q1", "PCHECK1", begin - second),
        Incident("Q2", "PCHECK1", begin),
        Incident("Q3", "PCHECK1", until - second, until + HOUR),
        Incident("Q4", "PCHECK1", until),
    ]
    with serving(tmp_path, *many, is_dates_only=is_dates_only) as account:
        window: dict[str, Any] = {"since": since.isoformat(), "until": until.isoformat()}
        rows = read(account, **window)
    assert [("Q2", None), ("Q3", until + HOUR)] == [(row[2], row[5]) for row in rows]
    tables = make_tables({"incidents": rows})
    config = config_of(MAP, **window)
    as_of = find_incidents(tables, config, NamedDeployments(tables, config)).incidents
    assert [("Q2", None), ("Q3", None)] == [(one.by, one.closed_at) for one in as_of]


def test_a_merged_incident_ends_with_the_one_it_was_merged_into(tmp_path: Path) -> None:
    """F7: merging resolves an incident, but its trouble goes on in the other, wherever that is."""
    at = NOW - DAY
    many = [
        Incident("Q1", "PCHECK1", at, at + HOUR, merged_into="Q2"),
        Incident("Q2", "PCHECK1", at, at + 2 * HOUR, merged_into="Q3"),
        Incident("Q3", "PNOBODY", at, at + 5 * HOUR),
        Incident("Q4", "PCHECK1", at, at + HOUR, merged_into="Q5"),
        Incident("Q5", "PCHECK1", at),
    ]
    with serving(tmp_path, *many) as account:
        rows = read(account)
    ends = {"Q1": at + 5 * HOUR, "Q2": at + 5 * HOUR, "Q4": None, "Q5": None}
    assert ends == {row[2]: row[5] for row in rows}
    assert 1 == [one.path for one in account.asked].count("/incidents/Q3")


def test_a_merged_incident_keeps_its_own_end_where_the_other_is_out_of_sight(
    tmp_path: Path,
) -> None:
    """F7: deleted, hidden, or merged in a circle: its own end must do."""
    at = NOW - DAY
    many = [
        Incident("Q1", "PCHECK1", at, at + HOUR, merged_into="QGONE"),
        Incident("Q2", "PCHECK1", at, at + 2 * HOUR, merged_into="Q3"),
        Incident("Q3", "PNOBODY", at),
        Incident("Q4", "PCHECK1", at, at + 4 * HOUR, merged_into="Q4"),
    ]
    with serving(tmp_path, *many, hidden={"Q3"}) as account:
        rows = read(account)
    ends = {"Q1": at + HOUR, "Q2": at + 2 * HOUR, "Q4": at + 4 * HOUR}
    assert ends == {row[2]: row[5] for row in rows}


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ({"details": "Payments fail.\n\nDeployment: 4711 it was\nDeployment: 1"}, "4711"),
        ({"details": {"region": "eu", "deployment": "abcdef0"}}, "abcdef0"),
        ({"title": "Deployment: 815"}, "815"),
        ({"title": "Deployment: 815", "details": "Deployment: 816"}, "816"),
        ({"details": "The deployment: broken"}, None),
    ],
)
def test_the_body_or_description_names_a_deployment(
    tmp_path: Path, told: dict[str, Any], named: str | None
) -> None:
    """F7: the first line `Deployment: X` of its body, else of its description."""
    with serving(tmp_path, Incident("Q1", "PCHECK1", NOW - DAY, **told)) as account:
        (row,) = read(account)
    assert named == row[6]


def test_an_empty_map_asks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """F7: without a mapped service neither a token nor the library is needed."""
    monkeypatch.setitem(sys.modules, "pagerduty", None)
    assert [] == read_incidents(config_of({}), {}, Told())


def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """PagerDuty's library is an optional extra, named in one line where it is missing."""
    monkeypatch.setitem(sys.modules, "pagerduty", None)
    with pytest.raises(DoraError) as caught:
        read_incidents(config_of(MAP), {"PAGERDUTY_TOKEN": TOKEN}, Told())
    told = "PagerDuty cannot be read without its library: `pip install dora-report[pagerduty]`"
    assert told == str(caught.value)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "there is no token"),
        ({"PAGERDUTY_TOKEN": "  "}, "there is no token"),
        ({"PAGERDUTY_TOKEN": "sécret\nX: y"}, "PAGERDUTY_TOKEN holds characters"),
        ({"PAGERDUTY_TOKEN": TOKEN, "PAGERDUTY_API_URL": "http://x"}, "PAGERDUTY_API_URL is no"),
        ({"PAGERDUTY_TOKEN": TOKEN, "PAGERDUTY_API_URL": "https://a:b@x"}, "PAGERDUTY_API_URL"),
    ],
)
def test_what_is_needed_to_ask_is_said(variables: dict[str, str], told: str) -> None:
    """A missing token, or an address that would send it in the clear, is an error with advice."""
    with pytest.raises(NoAccess, match=told) as caught:
        read_incidents(config_of(MAP), variables, Told())
    assert "PAGERDUTY_" in caught.value.advice or "https://" in caught.value.advice
    assert "sécret" not in str(caught.value)


def test_a_refused_token_is_an_error_at_once(tmp_path: Path) -> None:
    """Status 401: the advice says which variables to set; nothing is tried again."""
    with serving(tmp_path) as account, pytest.raises(NoAccess, match="refuses the token") as caught:
        read(account, token="wrong")
    assert "PAGERDUTY_TOKEN" in caught.value.advice
    assert "https://api.eu.pagerduty.com" in caught.value.advice
    assert 1 == len(account.asked)


def test_missing_rights_are_an_error_at_once(tmp_path: Path) -> None:
    """Status 403: what PagerDuty says, and which rights the key needs."""
    said = Fault(403, body='{"error": {"message": "Access Denied", "code": 2010}}')
    with serving(tmp_path, faults=[said]) as account, pytest.raises(NoAccess) as caught:
        read(account)
    assert "Access Denied" in caught.value.what
    assert "services and incidents" in caught.value.advice
    assert 1 == len(account.asked)


@pytest.mark.parametrize("headers", [{"ratelimit-reset": "1"}, {"Retry-After": "1"}])
def test_a_rate_limit_is_waited_for_and_told(tmp_path: Path, headers: dict[str, str]) -> None:
    """Status 429: the wait is as long as PagerDuty says, and progress hears of it."""
    told = Told()
    with serving(tmp_path, EPISODE, faults=[Fault(429, headers)]) as account:
        before = datetime.now(UTC)
        rows = read(account, told=told)
        took = datetime.now(UTC) - before
    assert 1 == len(rows)
    assert took >= timedelta(seconds=1)
    ((until, why),) = told.waited
    assert before + timedelta(seconds=1) <= until <= before + timedelta(seconds=3)
    assert why == "PagerDuty's rate limit"


@pytest.mark.parametrize("headers", [{"ratelimit-reset": "7200"}, {"Retry-After": "999999999"}])
def test_a_rate_limit_too_long_is_an_error(tmp_path: Path, headers: dict[str, str]) -> None:
    """Status 429: no wait is longer than the run may wait."""
    told = Told()
    with (
        serving(tmp_path, faults=[Fault(429, headers)]) as account,
        pytest.raises(RateLimited, match=r"longer than the wait allowed \(60 min\)"),
    ):
        read(account, told=told, collect={"wait": "1h"})
    assert [] == told.waited
    assert 1 == len(account.asked)


def test_a_rate_limit_that_never_ends_is_given_up(tmp_path: Path) -> None:
    """Status 429: also limits of no time at all are not waited for without end."""
    faults = [Fault(429, {"ratelimit-reset": "0"})] * 50
    with (
        serving(tmp_path, faults=faults) as account,
        pytest.raises(RateLimited, match=f"was not lifted in {TRIES} tries"),
    ):
        read(account)
    assert len(account.asked) == TRIES


def test_a_wait_ends_when_the_run_is_stopped(tmp_path: Path) -> None:
    """Ctrl-C: whoever waits for a limit stops waiting."""
    stopping = threading.Event()

    class Impatient(Told):
        def waits(self, until: datetime, why: str) -> None:
            super().waits(until, why)
            stopping.set()

    with serving(tmp_path, faults=[Fault(429, {"ratelimit-reset": "600"})]) as account:
        variables = {"PAGERDUTY_TOKEN": TOKEN, "PAGERDUTY_API_URL": account.url}
        with pytest.raises(Stopped):
            read_incidents(config_of(MAP), variables, Impatient(), stopping=stopping)


@pytest.mark.parametrize("fault", [Fault(500), Fault(503, body="<html>"), Fault(200, body="{")])
def test_a_failing_server_is_asked_again(tmp_path: Path, fault: Fault) -> None:
    """Status 5xx, or no JSON: one failure fewer than tries is survived, as many are an error."""
    with serving(tmp_path, EPISODE, faults=[fault] * (TRIES - 1)) as account:
        assert 1 == len(read(account))
        account.faults += [fault] * TRIES
        with pytest.raises(CannotReach, match=f"status {fault.status}, no JSON"):
            read(account)


def test_a_cut_connection_is_made_again(tmp_path: Path) -> None:
    """A connection that fails two times is tried a third time, and no more at the start."""
    with serving(tmp_path, EPISODE, faults=[Fault(), Fault()]) as account:
        assert 1 == len(read(account))
        account.faults += [Fault()] * 3
        with pytest.raises(CannotReach, match=r"the connection failed \(RemoteProtocolError\)"):
            read(account)


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Connection refused: given up after three tries, with the address and what to check."""
    with serving(tmp_path) as account:
        pass
    with pytest.raises(CannotReach, match=r"the connection failed \(ConnectError\)") as caught:
        read(account)
    assert account.url in caught.value.what
    assert "PAGERDUTY_API_URL" in caught.value.advice


def test_what_is_not_pagerduty_is_an_error(tmp_path: Path) -> None:
    """An address that answers something else is named."""
    with (
        serving(tmp_path, faults=[Fault(200, body='{"hello": "world"}')]) as account,
        pytest.raises(CannotReach, match="is not PagerDuty's API: it lists no services"),
    ):
        read(account)


def test_a_refused_question_is_told_in_pagerdutys_words(tmp_path: Path) -> None:
    """Status 400 or 404: what PagerDuty says is the reason; nothing is tried again."""
    said = '{"error": {"message": "Invalid Input Provided", "code": 2001, "errors": ["x is bad"]}}'
    with (
        serving(tmp_path, faults=[Fault(400, body=said)]) as account,
        pytest.raises(CannotRead, match="/services: Invalid Input Provided; x is bad"),
    ):
        read(account)
    assert 1 == len(account.asked)


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    """Status 302: the token goes nowhere else."""
    with (
        serving(tmp_path, faults=[Fault(302, {"Location": "https://example.org/"})]) as account,
        pytest.raises(CannotRead, match="status 302"),
    ):
        read(account)


ECHO = f'{{"error": {{"message": "no good:\\n{TOKEN}", "code": 1, "errors": ["{TOKEN}"]}}}}'


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [Fault(401, body=ECHO)],
        [Fault(403, body=ECHO)],
        [Fault(400, body=ECHO)],
        [Fault(429, {"ratelimit-reset": "7200"}, ECHO)],
        [Fault(500, body=ECHO)] * TRIES,
        [Fault()] * 3,
    ],
)
def test_the_token_is_in_no_message_and_no_log(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    faults: list[Fault],
) -> None:
    """A secret is never in a message, a traceback or a log, nor is a part of it; also echoed."""
    caplog.set_level(logging.DEBUG)
    said = ""
    with serving(tmp_path, EPISODE, faults=list(faults)) as account:
        try:
            read(account)
        except DoraError as wrong:
            said = str(wrong) + "".join(traceback.format_exception(wrong))
    assert bool(faults) == bool(said)
    everything = said + caplog.text + "".join(capfd.readouterr())
    assert TOKEN not in everything
    assert TOKEN[-4:] not in everything


def test_the_library_says_nothing_on_its_own(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Standard error is the run's own: PagerDuty's library does not write there."""
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    with serving(tmp_path, EPISODE, faults=[Fault(500)]) as account:
        assert 1 == len(read(account))
    assert ("", "") == capfd.readouterr()
