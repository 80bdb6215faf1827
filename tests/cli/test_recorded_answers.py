"""Reports of an organization made of what the real GitHub answered, by values counted by hand."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dora.demo.github.server import Server, serve
from dora.demo.organization.model import Organization
from tests.laws.test_against_oracle import SHOWN, comparable, differences
from tests.oracle.report import expected_report
from tests.oracle.settings import Settings
from tests.support.command import dora
from tests.support.recorded_organization import LOGIN, NOW, SINCE, recorded_organization
from tests.support.small_repositories import ALL

WINDOW = ("--org", LOGIN, "--since", SINCE.isoformat(), "--until", NOW.isoformat(), "--no-cache")
TIERS = ("production", "staging", "testing", "development", "other")
EVERY_TIER = [part for tier in TIERS for part in ("--tier", tier)]


@pytest.fixture(scope="module")
def recorded() -> Organization:
    """The organization."""
    return recorded_organization()


@pytest.fixture(scope="module")
def server(recorded: Organization) -> Iterator[Server]:
    """A stand-in that serves it."""
    with serve(recorded) as running:
        yield running


@pytest.fixture(scope="module")
def document(server: Server) -> Any:
    """The report of all its tiers, as JSON."""
    told = dora("report", *WINDOW, *EVERY_TIER, "--format", "json", server=server)
    assert (told.returncode, told.stderr) == (0, "")
    return json.loads(told.stdout)


def row_of(document: Any, repository: str, environment: str) -> Any:
    """The row of a repository and an environment."""
    key = {"repository": repository, "environment": environment}
    (row,) = [one for one in document["rows"] if one["key"] == key]
    return row


#: Of each row: successes, finished, failed, changes, median lead time (s), episodes, mean (s).
#:
#: OpenBIC: 107 deployments, 3 failed; its first success begins the history. A change is live 67 s
#: after its commit. Two failures in a row were down from second 1693614501 to 1694045735, the third
#: from 1694737562 to 1694823317.
#: gdm: `Production` and `production` are one environment; changes take 30 s and 33 s.
#: somerepo: the change of its second success took 120 + 15 s.
#: ants: a request begins with its first commit, or when it was opened (4 and 114): 69,191 s,
#: 71,048, 158,299, 222,700, 1,408,272, 1,642,786, 1,966,964 until live.
ROWS: dict[tuple[str, str], tuple[Any, ...]] = {
    ("OpenBIC", "github-pages"): (104, 107, 3, 106, 67, 2, (431_234 + 85_755) / 2),
    ("Hello-World", "production"): (1, 1, 0, 0, None, 0, None),
    ("somerepo", "production"): (2, 2, 0, 1, 135, 0, None),
    ("gdm", "production"): (3, 3, 0, 2, 31.5, 0, None),
    ("ants", "production"): (8, 8, 0, 7, 222_700, 0, None),
}


@pytest.mark.parametrize("place", ROWS, ids=" ".join)
def test_rows_of_recorded_answers(document: Any, place: tuple[str, str]) -> None:
    """Every figure is what the recorded instants give by hand (DF1, F1, LT4, R1)."""
    row = row_of(document, *place)
    lead_time, recovery = row["change_lead_time"], row["recovery_time"]
    assert (
        row["deployment_frequency"]["deployments"],
        row["change_fail_rate"]["deployments"],
        row["change_fail_rate"]["failed"],
        lead_time["changes"],
        lead_time["median"],
        recovery["episodes"],
        recovery["mean"],
    ) == ROWS[place]


def test_nothing_recorded_is_lost(document: Any) -> None:
    """127 deployments: 121 finished, five were abandoned, one is a preview (C2)."""
    counted = document["coverage"]["deployments"]
    finished = sum(row["change_fail_rate"]["deployments"] for row in document["rows"])
    assert (finished, counted["abandoned"], counted["ephemeral"]) == (121, 5, 1)
    assert (counted["in_progress"], counted["left_out"], counted["unknown_commit"]) == (0, 0, 0)
    assert counted["baseline"] == 5


def test_explain_names_what_was_recorded(server: Server) -> None:
    """The failed deployments and both episodes, by the ids and instants that GitHub gave."""
    told = dora("explain", "OpenBIC", "github-pages", *WINDOW, "--format", "json", server=server)
    assert (told.returncode, told.stderr) == (0, "")
    document = json.loads(told.stdout)
    failed = [one["id"] for one in document["deployments"] if one["outcome"] == "failure"]
    assert sorted(failed) == [1055516262, 1060283263, 1074841722]
    assert max(one["id"] for one in document["deployments"]) == 3881429895
    assert [(one["began_at"], one["ended_at"]) for one in document["episodes"]] == [
        ("2023-09-02T00:28:21Z", "2023-09-07T00:15:35Z"),
        ("2023-09-15T00:26:02Z", "2023-09-16T00:15:17Z"),
    ]


def test_recorded_answers_against_the_oracle(document: Any, recorded: Organization) -> None:
    """Every number of the report is the oracle's."""
    every = Settings(signals=ALL)
    expected = expected_report(recorded, since=SINCE, until=NOW, tiers=TIERS, settings=every)
    assert differences(comparable(expected), comparable(document))[:SHOWN] == []


def test_logs_of_2022_name_no_run(server: Server, document: Any) -> None:
    """D6: `/runs/N?check_suite_focus=true` is a check run; other vendors' addresses are none."""
    arguments = ("report", *WINDOW, *EVERY_TIER, "--format", "json")
    told = dora(*arguments, server=server, DORA_DEPLOYMENTS__COLLAPSE="run")
    assert json.loads(told.stdout)["rows"] == document["rows"]
