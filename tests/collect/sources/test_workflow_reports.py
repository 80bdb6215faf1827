"""Whole runs of the collector where runs of a workflow are deployments: as of an instant, joined,
kept for the next week, and disturbed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from dora.collect.github import page_size, rate_limit
from dora.collect.sources import run_list
from dora.demo.github.rest import actions
from dora.demo.github.server import serve
from dora.demo.github.visibility import Rights
from dora.demo.organization.model import Job, Organization, WorkflowRun
from dora.errors import RateLimited
from tests.support.cached_runs import Runs
from tests.support.faulty_runs import check_same, judge
from tests.support.faulty_runs import run as disturbed_run
from tests.support.github import faults
from tests.support.github.faults import Effect, Rule
from tests.support.runs import config_of, document_of, read_from
from tests.support.source_organizations import only_workflow
from tests.support.workflow_runs import ago, attempt, job, organization, run

ENTRY = {"from": "workflow", "workflow": "deploy.yml"}
ACTIONS = "/repositories/1/actions/*"


def read_report(made: Organization, **options: Any) -> tuple[dict[str, Any], list[str]]:
    """The only row of a report with what coverage counts beside, and what was asked by GET."""
    with serve(made) as server:
        config = config_of(made, **{"sources": [ENTRY], **options})
        document = document_of(read_from(server, config).tables, config)
        asked = [one.path for one in server.requests if one.method == "GET"]
    (row,) = document["rows"]
    counts = document["coverage"]["deployments"]
    return {**row, "counts": {key: count for key, count in counts.items() if count}}, asked


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Source, successes, failures and deployments of a row, and what coverage counts beside."""
    rate = row["change_fail_rate"]
    successes = row["deployment_frequency"]["deployments"]
    return row["source"], successes, rate["failed"], rate["deployments"], row["counts"]


def test_a_report_is_as_of_its_end() -> None:
    """W2, D8: what ended at the end or later goes on; what started then is not there."""
    made = organization(
        run(1, 50, attempt(1, 50, 49, "failure"), attempt(2, 10, 2, "success")),
        run(2, 40),
        run(3, 8, attempt(1, 8, 6, "success")),
        run(4, 7, attempt(1, 7, 6.25, "success")),
        run(5, 6), run(6, 5),
        run(7, 45, attempt(1, 45, 44, "failure"), attempt(2, 6, 1, "success")),
    )  # fmt: skip
    row, asked = read_report(made, since="7d", until=ago(6).isoformat())
    # The second attempt of 1, and 3, go on; 2 and 4 succeeded; 1 and 7 had failed before.
    assert ("workflow", 2, 2, 4, {"in_progress": 2, "baseline": 1}) == told(row)
    assert 1 + 2 == len(asked)
    row, _ = read_report(made, since="7d")
    assert ("workflow", 7, 2, 9, {"baseline": 1}) == told(row)


def matrix(*runs: WorkflowRun) -> Organization:
    """One run of two jobs, one of which failed and was run again by itself, and other runs."""
    eu, us = job(11, "eu", 1, 60, 59, "success"), job(12, "us", 1, 60, 58, "failure")
    again = job(13, "us", 2, 20, 19, "success")
    first = run(
        1, 60, attempt(1, 60, 58, "failure", eu, us), attempt(2, 20, 19, "success", eu, again)
    )
    return organization(first, *runs)


def test_jobs_of_one_attempt_are_one_deployment_if_asked() -> None:
    """D6, D8: the log addresses tell the attempt; one that runs some jobs again stands for all."""
    sources = [{**ENTRY, "job": "*"}]
    row, asked = read_report(matrix(), sources=sources)
    assert ("workflow", 2, 1, 3, {"baseline": 1, "began_in_window": 1}) == told(row)
    assert 1 + 1 == len(asked)
    row, _ = read_report(matrix(), sources=sources, deployments={"collapse": "run"})
    assert ("workflow", 1, 1, 2, {"baseline": 1, "began_in_window": 1}) == told(row)
    # As of an instant between the two jobs of an attempt it has not succeeded.
    slow = run(2, 9, attempt(1, 9, 3, "success", job(21, "eu", 1, 9, 8, "success"),
                             job(22, "us", 1, 9, 3, "success")))  # fmt: skip
    row, _ = read_report(
        matrix(slow), sources=sources, deployments={"collapse": "run"}, until=ago(5).isoformat()
    )
    assert ("workflow", 1, 1, 2, {"in_progress": 1, "baseline": 1, "began_in_window": 1}) == told(
        row
    )


def test_two_entries_share_what_they_ask() -> None:
    """D8: two jobs of one workflow are two environments, and the runs are listed once."""
    made = matrix()
    entries = [
        {**ENTRY, "job": "eu", "environment": "prod-eu"},
        {**ENTRY, "job": "us", "environment": "prod-us"},
        {**ENTRY, "event": ["push"], "environment": "staging"},
    ]
    with serve(made) as server:
        config = config_of(made, sources=entries, tier=["production", "staging"])
        tables = read_from(server, config).tables
        asked = [one.path for one in server.requests if one.method == "GET"]
    environments = tables.deployments.groupby("environment").size().to_dict()
    assert {"prod-eu": 1, "prod-us": 2, "staging": 2} == environments
    # The runs for all events, and once more of pushes alone; the jobs of one run; an attempt.
    assert 2 + 1 + 1 == len(asked)


def test_what_a_run_was_is_kept_while_it_stays_so(tmp_path: Path) -> None:
    """D8: jobs and attempts of runs that are over are not asked again, unless they ran again."""
    runs = [
        run(at, 100 - at, attempt(1, 100 - at, 99 - at, "failure", _deploy(at, 1, 100 - at)),
            attempt(2, 50 - at, 49 - at, "success", _deploy(at, 2, 50 - at)))
        for at in range(1, 6)
    ]  # fmt: skip
    running = run(9, 2, attempt(1, 2, None, None, job(91, "deploy", 1, 2, None, None)))
    made = organization(*runs, running)
    entries = [
        {**ENTRY, "job": "deploy", "environment": "staging"},
        {**ENTRY, "environment": "production"},
    ]
    options: dict[str, Any] = {"sources": entries}
    with serve(made) as server:
        weeks = Runs(server, tmp_path)
        weeks.check(**options)
        assert [] == _details(weeks, options, {"/actions/runs/9/jobs"})
        third = attempt(3, 1, 0.5, "success", _deploy(1, 3, 1))
        again = replace(runs[0], attempts=(*runs[0].attempts, third))
        done = run(9, 2, attempt(1, 2, 1, "success", job(91, "deploy", 1, 2, 1, "success")))
        server.replace(organization(again, *runs[1:], done))
        expected = {"/actions/runs/1/jobs", "/actions/runs/1/attempts/1",
                    "/actions/runs/1/attempts/2", "/actions/runs/9/jobs"}  # fmt: skip
        assert [] == _details(weeks, options, expected)
        assert [] == _details(weeks, options, set())
    assert b"octo-operator" not in b"".join(one.read_bytes() for one in tmp_path.rglob("*.sqlite*"))


def _deploy(number: int, at: int, start: float) -> Job:
    return job(10 * number + at, "deploy", at, start, start - 1, "success")


def _details(weeks: Runs, options: dict[str, Any], expected: set[str]) -> list[str]:
    """What was asked about single runs and not expected, or not asked; the rows are the same."""
    weeks.server.requests.clear()
    weeks.kept(**options)
    asked = {
        one.path.removeprefix("/repositories/1")
        for one in weeks.server.requests
        if one.method == "GET" and "/actions/runs/" in one.path
    }
    weeks.check(**options)
    return sorted(asked ^ expected)


@pytest.fixture
def _small() -> Iterator[None]:
    """Runs and jobs five a page, so that a few runs make many requests; limits that are short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(page_size, "FULL_PAGE", 5)
        patch.setattr(rate_limit, "SECOND", timedelta(seconds=0.02))
        yield


@pytest.mark.usefixtures("quick", "_small")
def test_disturbed_runs_give_the_same_report_or_say_what_is_missing() -> None:
    """C1, D8: what passes costs requests; what lasts makes the repository unreadable."""
    runs = [run(at, 30 * at, attempt(1, 30 * at, 30 * at - 1, "failure",
                                     job(at, "deploy", 1, 30 * at, 30 * at - 1, "failure")))
            for at in range(1, 17)]  # fmt: skip
    made = organization(*runs)
    sources: dict[str, Any] = {"sources": [{**ENTRY, "workflow": "Deploy to*", "job": "d*"}]}
    whole = disturbed_run(of=made, **sources)
    assert (0, {}, 16) == (whole.status, whole.missing, len(whole.read.deployments))
    effects: tuple[Effect, ...] = (
        faults.Status(502), faults.Reset(), faults.Html(), faults.Truncate(0.5),
        faults.SecondaryLimit(403, 0),
    )  # fmt: skip
    rules = [
        Rule(effect, path=ACTIONS, at=range(start, 25, 7)) for start, effect in enumerate(effects)
    ]
    check_same(disturbed_run(*rules, of=made, **sources), whole)
    lasting = disturbed_run(Rule(faults.Status(503), path="*/runs/7/jobs"), of=made, **sources)
    judge(lasting, whole)
    told = "GitHub answered with status 503; given up after 10 tries"
    assert (3, {"api": told}) == (lasting.status, lasting.missing)
    limited = disturbed_run(
        Rule(faults.RateLimit("403", 3600, lasting=True), path="*/jobs", at=(3,)),
        of=made, **sources,
    )  # fmt: skip
    assert limited.wrong is None or isinstance(limited.wrong, RateLimited)
    assert limited.missing["api"].startswith("GitHub's primary limit lasts until")


def test_a_missing_right_makes_its_repositories_unreadable_and_no_others() -> None:
    """C1, D8: private repositories whose source is a workflow are named, with what is missing."""
    made = organization(run(1, 9))
    (api,) = made.repositories
    everybody = replace(api, name="open", database_id=2, is_private=False)
    made = replace(made, repositories=(api, everybody))
    with serve(made, rights=Rights(actions=False)) as server:
        tables = read_from(server, config_of(made, sources=[ENTRY])).tables
    unreadable = tables.repositories.set_index("repository")["unreadable"].dropna().to_dict()
    assert {
        "api": "its workflow runs may not be read: Resource not accessible by personal access "
        "token; the token or App lacks the permission Actions: read"
    } == unreadable
    assert ["open"] == tables.deployments["repository"].tolist()


def test_neither_the_size_of_pages_nor_that_of_searches_moves_a_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D8, W3: with five runs a page and ten a search the report is that of full ones."""
    case = only_workflow()
    window = {"since": case.since.isoformat(), "until": case.until.isoformat()}
    config = config_of(case.organization, sources=list(case.sources), **window)
    documents = []
    with serve(case.organization) as server:
        for _ in range(2):
            server.requests.clear()
            documents.append(document_of(read_from(server, config).tables, config))
            lists = [one.path for one in server.requests if one.path.endswith("/runs")]
            monkeypatch.setattr(page_size, "FULL_PAGE", 5)
            monkeypatch.setattr(run_list, "MOST", 10)
            monkeypatch.setattr(actions, "SEARCHED_MAXIMUM", 10)
    assert documents[0] == documents[1]
    assert len(lists) > 3
