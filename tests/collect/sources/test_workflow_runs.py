"""The runs of a workflow as deployments: what is read, in how many requests, and what it becomes.

Everything is asked of a stand-in over HTTP; times are hours before the present.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest

from dora.collect.github import rate_limit
from dora.collect.github.client import Client
from dora.collect.organization import connect
from dora.collect.records import ListedRepository
from dora.collect.repository.commit_log import CommitLog
from dora.collect.repository.context import RepositoryContext
from dora.collect.repository.opening import Opening
from dora.collect.repository.pull_requests import PullRequestReader
from dora.collect.repository.reading_rules import ReadingRules
from dora.collect.sources.source import SourceReading
from dora.collect.sources.workflow_runs import WorkflowDeployments, list_workflow_runs
from dora.config.source_settings import WorkflowSource
from dora.demo.github.messages import Response, json_response
from dora.demo.github.server import TOKEN, Exchange, Handler, Middleware, Server, serve
from dora.demo.github.visibility import Rights
from dora.demo.organization.model import Commit, Organization, WorkflowRun
from dora.errors import CannotRead
from dora.model.environments import environment_reader, service_reader
from dora.model.shipped_commits import make_lookback_span
from tests.support.github.faults import (
    Effect,
    Faults,
    Html,
    Refusal,
    Reset,
    Rule,
    SecondaryLimit,
    Status,
    Truncate,
)
from tests.support.runs import Told, config_of
from tests.support.workflow_runs import HOUR, NOW, SHA, ago, attempt, job, organization, run

ACTIONS = "/repositories/1/actions"
RUNS = f"{ACTIONS}/workflows/{{}}/runs"


@dataclass
class Reading:
    """What one entry gave, and which addresses were asked for it."""

    source: WorkflowDeployments
    asked: list[str]
    queries: list[dict[str, str]]  #: the parameters of each

    @property
    def named(self) -> dict[str, tuple[str, float, list[tuple[str, float]]]]:
        """Environment, start and history of each deployment by its name, in hours ago."""
        return {
            str(one.name): (
                one.environment,
                hours(one.created_at),
                [(status.state, hours(status.at)) for status in one.statuses],
            )
            for one in self.source.read
        }


def hours(at: datetime) -> float:
    """How many hours ago an instant was."""
    return (NOW - at) / HOUR


def read(
    made: Organization,
    *,
    since: float = 24 * 30,
    older: int = 0,
    middleware: Sequence[Middleware] = (),
    rights: Rights | None = None,
    **entry: Any,
) -> Reading:
    """Read back to so many hours ago, and then so many pages more."""
    noted = Noted()
    with serve(made, middleware=[*middleware, noted], rights=rights or Rights()) as server:
        client = _client(server, made)
        source = _source(client, **entry)
        client.run(_read(source, ago(since), older))
        assert client.requests == len(server.requests)
        asked = [one.path for one in server.requests if one.method == "GET"]
        return Reading(source, asked, noted.queries)


class Noted:
    """Middleware: notes the parameters of every GET."""

    def __init__(self) -> None:
        self.queries: list[dict[str, str]] = []

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response, unchanged."""
        if exchange.request.method == "GET":
            self.queries.append(dict(exchange.request.query))
        return answer(exchange)


def _client(server: Server, made: Organization) -> Client:
    variables = {"GITHUB_API_URL": server.url, "GITHUB_TOKEN": TOKEN}
    return connect(config_of(made), variables, Told())


def _source(client: Client, **entry: Any) -> WorkflowDeployments:
    source = WorkflowSource.model_validate({"from": "workflow", "workflow": "deploy.yml", **entry})
    config = config_of(organization())
    context = RepositoryContext(client, "acme", "api", id=1)
    rules = ReadingRules(
        config, environment_reader(config), service_reader(config.services),
        make_lookback_span(config),
    )  # fmt: skip
    listed = ListedRepository("api", "", None, is_empty=False, branch="main")
    log = CommitLog(context, PullRequestReader(context, with_labels=False))
    return list_workflow_runs(
        SourceReading(rules, context, listed, Opening(context), log), 1, source
    )


async def _read(source: WorkflowDeployments, since: datetime, older: int) -> None:
    await source.read_since(since)
    for _ in range(older):
        await source.read_page()


def test_a_run_is_a_deployment() -> None:
    """D8: created when its attempt started, ended when that ended, each conclusion as it says."""
    words = ("success", "failure", "timed_out", "startup_failure",
             "cancelled", "skipped", "neutral", "action_required", "stale", None)  # fmt: skip
    runs = [run(at, 10 + at, attempt(1, 9 + at, 8 + at, word)) for at, word in enumerate(words, 1)]
    seen = read(organization(*runs, run(11, 2, attempt(1, 2, None, None))))
    states = ["success", *["failure"] * 3, *["inactive"] * 6]
    expected = {
        f"workflow:{at}/1": ("production", 9 + at, [("in_progress", 9 + at), (state, 8 + at)])
        for at, state in enumerate(states, 1)
    }
    assert {**expected, "workflow:11/1": ("production", 2, [("in_progress", 2)])} == seen.named
    assert [RUNS.format("deploy.yml")] == seen.asked
    assert seen.source.is_complete


def test_what_a_deployment_says_of_its_run() -> None:
    """D6, D8, D9: sha, branch, actor, and the page of the attempt, which is its log's address."""
    made = organization(
        run(5, 9, actor="ben[bot]"), run(6, 8, head_sha="b" * 40), commits={
            SHA: Commit(SHA, (), ago(900), ago(800))})  # fmt: skip
    first, second = sorted(read(made).source.read, key=lambda one: one.id)
    page = "https://github.com/acme/api/actions/runs/5/attempts/1"
    assert (SHA, ago(800), "main", "ben[bot]", "", None, "workflow", 1, page) == (
        first.sha, first.committed_at, first.ref, first.creator, first.task, first.payload,
        first.source, first.entry, first.url,
    )  # fmt: skip
    assert [page, page] == [status.log for status in first.statuses]
    # LT10: GitHub does not have the commit any more.
    assert ("b" * 40, None) == (second.sha, second.committed_at)


RERUN = run(
    4, 100,
    attempt(1, 100, 99, "failure"), attempt(2, 50, 49, "cancelled"), attempt(3, 2, 1, "success"),
)  # fmt: skip


def test_each_attempt_is_a_deployment() -> None:
    """D8: earlier attempts are asked for where there are any, each once."""
    seen = read(organization(RERUN, run(5, 3)))
    expected = {
        "workflow:5/1": ("production", 3, [("in_progress", 3), ("success", 2.75)]),
        "workflow:4/3": ("production", 2, [("in_progress", 2), ("success", 1)]),
        "workflow:4/2": ("production", 50, [("in_progress", 50), ("inactive", 49)]),
        "workflow:4/1": ("production", 100, [("in_progress", 100), ("failure", 99)]),
    }
    assert expected == seen.named
    attempts = [f"{ACTIONS}/runs/4/attempts/{number}" for number in (1, 2)]
    assert Counter([RUNS.format("deploy.yml"), *attempts]) == Counter(seen.asked)
    logs = {status.log for one in seen.source.read for status in one.statuses}
    page = "https://github.com/acme/api/actions/runs"
    assert {f"{page}/5/attempts/1", *(f"{page}/4/attempts/{at}" for at in (1, 2, 3))} == logs


def test_numbers_follow_the_names() -> None:
    """D7, D8: names compare with runs of digits as numbers, and so do the numbers."""
    made = [
        run(9, 40), run(10, 30, attempt(1, 30, 29, "failure"), attempt(2, 9, 8, "success")),
        run(100, 20),
    ]  # fmt: skip
    ordered = sorted(read(organization(*made)).source.read, key=lambda one: one.id)
    names = ["workflow:9/1", "workflow:10/1", "workflow:10/2", "workflow:100/1"]
    assert names == [one.name for one in ordered]


def test_runs_of_other_branches_and_events_are_none() -> None:
    """D8: the default branch and all but pull requests' events, unless the entry says otherwise."""
    given = (("main", "push"), ("Main", "push"), ("release/1", "push"), ("main", "pull_request"),
             ("main", "pull_request_target"), (None, "schedule"), ("main", "schedule"))  # fmt: skip
    made = organization(
        *(
            run(at, at, head_branch=branch, event=event)
            for at, (branch, event) in enumerate(given, 1)
        )
    )
    entries: list[tuple[dict[str, Any], set[int], dict[str, str]]] = [
        ({}, {1, 7}, {"branch": "main"}),
        ({"branch": ["release/1"]}, {3}, {"branch": "release/1"}),
        ({"branch": ["m*"], "event": ["PUSH"]}, {1, 2}, {"event": "push"}),
        ({"branch": ["*"], "event": ["pull*", "s?hedule"]}, {4, 5, 6, 7}, {}),
        ({"branch": ["main"], "event": ["schedule"]}, {7}, {"branch": "main", "event": "schedule"}),
    ]
    for entry, expected, filters in entries:
        seen = read(made, **entry)
        assert {f"workflow:{at}/1" for at in expected} == seen.named.keys(), entry
        (query,) = seen.queries
        assert filters == {name: query[name] for name in ("branch", "event") if name in query}


def test_which_workflows_fit() -> None:
    """D8: by the name of the file or the workflow, case ignored; the list is asked for once."""
    made = organization(run(1, 3), run(2, 2, workflow_id=8))
    listed = f"{ACTIONS}/workflows"
    first, second = RUNS.format(7), RUNS.format(8)
    fits: list[tuple[str, list[str], set[str]]] = [
        ("deploy.yml", [RUNS.format("deploy.yml")], {"workflow:1/1"}),
        ("deploy*", [listed, first, second], {"workflow:1/1", "workflow:2/1"}),
        ("DEPLOY TO PRODUCTION", [listed, first], {"workflow:1/1"}),
        ("deploy-tests.y*ml", [listed, second], {"workflow:2/1"}),
        (".github/workflows/deploy.yml", [listed, first], {"workflow:1/1"}),
        ("nothing", [listed], set()),
        ("nothing.yml", [RUNS.format("nothing.yml")], set()),
    ]
    for workflow, asked, expected in fits:
        seen = read(made, workflow=workflow)
        assert Counter(asked) == Counter(seen.asked), workflow
        assert expected == seen.named.keys(), workflow
        assert seen.source.is_complete


def test_no_actions_no_runs() -> None:
    """D8: where GitHub Actions is turned off there is no workflow, and nothing is wrong."""
    made = organization(run(1, 3), has_actions=False)
    for workflow in ("deploy.yml", "deploy*"):
        seen = read(made, workflow=workflow)
        assert ({}, True, 1) == (seen.named, seen.source.is_complete, len(seen.asked))


JOBS = (
    job(11, "build", 1, 60, 59, "success"),
    job(12, "deploy (eu)", 1, 59, 58, "success"),
    job(13, "deploy (us)", 1, 59, 57, "failure"),
    job(14, "deploy", 1, 59, 57, "skipped"),
)


def test_a_job_is_the_deployment() -> None:
    """D8: the jobs that fit, from their start to their end; a group may name the environment."""
    made = organization(
        run(3, 60, attempt(1, 60, 57, "failure", *JOBS)),
        run(4, 9, attempt(1, 9, None, None, job(15, "deploy (eu)", 1, 8, None, None))),
    )
    seen = read(made, job="Deploy*", pattern=r"\((?P<environment>\w+)\)", environment="all")
    expected = {
        "workflow:4/1/15": ("eu", 8, [("in_progress", 8)]),
        "workflow:3/1/14": ("all", 59, [("in_progress", 59), ("inactive", 57)]),
        "workflow:3/1/13": ("us", 59, [("in_progress", 59), ("failure", 57)]),
        "workflow:3/1/12": ("eu", 59, [("in_progress", 59), ("success", 58)]),
    }
    assert expected == seen.named
    listed = [f"{ACTIONS}/runs/{number}/jobs" for number in (3, 4)]
    assert Counter([RUNS.format("deploy.yml"), *listed]) == Counter(seen.asked)
    (url,) = {one.url for one in seen.source.read if one.name == "workflow:3/1/13"}
    assert "https://github.com/acme/api/actions/runs/3/job/13" == url


def test_a_job_that_an_attempt_carries_over_is_of_the_earlier_one() -> None:
    """D8: it ran once; the jobs of all attempts come in one request."""
    eu, us = JOBS[1:3]
    again = job(23, "deploy (us)", 2, 20, 19, "failure")
    last = job(33, "deploy (us)", 3, 5, 4, "success")
    # A server may give what is carried over a number of its own, and that of the new attempt.
    copied = replace(eu, id=22, run_attempt=2)
    made = organization(
        run(
            3, 60,
            attempt(1, 60, 57, "failure", eu, us),
            attempt(2, 21, 19, "failure", copied, again),
            attempt(3, 6, 4, "success", copied, last),
        ),
        run(4, 50, attempt(1, 50, 49, "failure", job(41, "deploy (us)", 1, 50, 49, "failure")),
            attempt(2, 40, 39, "success", job(42, "deploy (us)", 2, 40, 39, "success"))),
    )  # fmt: skip
    seen = read(made, job="deploy*")
    runs = {"3/1/12", "3/1/13", "3/2/23", "3/3/33", "4/1/41", "4/2/42"}
    assert {f"workflow:{one}" for one in runs} == seen.named.keys()
    # Only of an attempt in the middle it is not known when it started.
    attempts = [f"{ACTIONS}/runs/3/attempts/{number}" for number in (1, 2)]
    listed = [f"{ACTIONS}/runs/{number}/jobs" for number in (3, 4)]
    assert Counter([RUNS.format("deploy.yml"), *listed, *attempts]) == Counter(seen.asked)


def test_what_cannot_have_happened_since_is_not_asked_for() -> None:
    """W3: jobs and attempts of runs that were over before the look-back wait until needed."""
    made = organization(
        # Created within the thirty days before the look-back; the first was run again in it.
        run(1, 1400, attempt(1, 1400, 1399, "failure"),
            attempt(2, 700, 690, "success", job(9, "deploy", 2, 695, 690, "success"))),
        *(run(2 + at, 800 - at, attempt(1, 800 - at, 790 - at, "success",
              job(at, "deploy", 1, 800 - at, 790 - at, "success"))) for at in range(1, 40)),
        run(50, 1300, attempt(1, 1300, 1299, "failure"), attempt(2, 1200, 1199, "success")),
        *(run(60 + at, 5000 + at) for at in range(120)),
    )  # fmt: skip
    listed, runs = RUNS.format("deploy.yml"), f"{ACTIONS}/runs"
    # Two runs ended in the look-back, of which one second is enough; their jobs began before it.
    seen = read(made, job="deploy", since=752)
    assert {"workflow:1/2/9"} == seen.named.keys()
    assert Counter([listed, *(f"{runs}/{at}/jobs" for at in (1, 40, 41))]) == Counter(seen.asked)
    plain = read(made, since=752)
    assert {"workflow:1/2"} == plain.named.keys()
    assert Counter([listed, f"{runs}/1/attempts/1"]) == Counter(plain.asked)
    # Older jobs come 25 runs at a time: the runs themselves were on the same page.
    more = read(made, job="deploy", since=752, older=1)
    assert {"workflow:1/2/9", *(f"workflow:{2 + at}/1/{at}" for at in range(23, 40))} == (
        more.named.keys()
    )
    assert 1 + 3 + 25 == len(more.asked)
    # What began thirty days after the oldest run of the page is certain to be all.
    further = read(made, since=752, older=1)
    assert 2 + 39 + 2 == len(further.named)
    assert Counter([listed, *(f"{runs}/{at}/attempts/1" for at in (1, 50))]) == (
        Counter(further.asked)
    )
    whole = read(made, since=752, older=2)
    assert whole.source.is_complete
    assert (2 + 39 + 2 + 120, 2 + 2) == (len(whole.named), len(whole.asked))


def hourly(count: int, *, first: float = 1, every: float = 1) -> tuple[WorkflowRun, ...]:
    """So many runs, the newest of which is of that hour: one each so many hours."""
    return tuple(run(count - at, first + every * at) for at in range(count))


def test_pages_are_asked_once_and_no_further_than_needed() -> None:
    """D8, W3: a hundred runs a page, back to thirty days before the look-back."""
    for count, since, expected in (
        (99, 24 * 90, 1),
        (100, 24 * 90, 1),
        (101, 24 * 90, 2),
        (1000, 24 * 10, 10),  # ten days and thirty make 960 runs
        (2000, 24, 8),  # a day and thirty make 744
    ):
        seen = read(organization(*hourly(count)), since=since)
        assert (expected, min(count, since)) == (len(seen.asked), len(seen.named))
        assert len(seen.asked) == len({query["page"] for query in seen.queries})


@pytest.mark.few(1)
@pytest.mark.parametrize("count", [2350, 999, 1000, 1001])
def test_a_search_gives_a_thousand_so_the_next_begins_where_it_ends(count: int) -> None:
    """D8: nothing is lost at the limit, whose runs of one second lie on both sides of it."""
    runs = [
        run(at, 1 + (count - at) // 3, attempt(1, 1 + (count - at) // 3, 0.5, "success"))
        for at in range(1, count + 1)
    ]
    seen = read(organization(*runs), since=24 * 90, older=0)
    assert {f"workflow:{at}/1" for at in range(1, count + 1)} == seen.named.keys()
    # Each search after the first begins with up to three runs that the one before it gave.
    pages = -(-count // 100) if count < 1000 else 10 + -(-(count - 1000 + 1) // 100)
    if count > 2000:
        pages = 10 + 10 + -(-(count - 2000 + 2) // 100)
    assert pages == len(seen.asked)
    ends = list(dict.fromkeys(query["created"] for query in seen.queries))
    assert "<=2026-11-23T05:59:59Z" == ends[0]
    assert -(-count // 1000) + (count == 1000) == len(ends)


class Deleting:
    """Middleware: when the second page is asked for, the newest run is there no more.

    *always*: with every request another run goes.
    """

    def __init__(self, *, always: bool = False) -> None:
        self.always = always
        self._is_done = False

    def __call__(self, exchange: Exchange, answer: Handler) -> Response:
        """The response, after the run was deleted where it is time."""
        if self.always or (exchange.request.query.get("page") == "2" and not self._is_done):
            self._is_done = True
            made = exchange.server.organization
            (one,) = made.repositories
            exchange.server.replace(replace(made, repositories=(replace(one, runs=one.runs[1:]),)))
        return answer(exchange)


def test_a_run_that_is_deleted_meanwhile_hides_no_other() -> None:
    """D8: what moved to a page already read is read again, a few times."""
    made = organization(*hourly(450))
    seen = read(made, since=24 * 90, middleware=[Deleting()])
    assert {f"workflow:{at}/1" for at in range(1, 450)} <= seen.named.keys()
    assert 1 + 1 + 2 + 3 == len(seen.asked)
    with pytest.raises(CannotRead, match="changes faster than it can be read"):
        read(made, since=24 * 90, middleware=[Deleting(always=True)])


def test_a_count_that_is_not_true_costs_two_pages_and_no_run() -> None:
    """D8: what GitHub gives twice alike is all there is, whatever it counts."""

    def miscounted(exchange: Exchange, answer: Handler) -> Response:
        response = answer(exchange)
        if not exchange.request.path.endswith("/runs"):
            return response
        body = {**json.loads(response.body), "total_count": 151}
        return replace(response, body=json.dumps(body).encode())

    seen = read(organization(*hourly(150)), since=24 * 90, middleware=[miscounted])
    assert {f"workflow:{at}/1" for at in range(1, 151)} == seen.named.keys()
    assert 1 + 1 + 2 + 2 == len(seen.asked)


FORBIDDEN = "Resource not accessible by personal access token"


def test_what_cannot_be_read_says_why() -> None:
    """C1, D8: the right that is missing is named, and what to do; nonsense is told as such."""
    made = organization(run(1, 3, attempt(1, 3, 2, "failure"), attempt(2, 1, 0.5, "success")))
    lacks = (
        f"its workflow runs may not be read: {FORBIDDEN}; the token or App lacks the permission "
        "Actions: read"
    )
    advice = (
        "Give the token or App the permission Actions: read, or take another source for this "
        "repository in [[sources]]."
    )
    blocked = "its workflow runs may not be read: IP address not allowed"
    gone = "Not Found: was it deleted or renamed meanwhile?"
    listed, runs = RUNS.format("*"), f"{ACTIONS}/runs"
    answers: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str]]] = [
        ({"rights": Rights(actions=False)}, {}, (lacks, advice)),
        ({"rights": Rights(actions=False)}, {"workflow": "deploy*"}, (lacks, advice)),
        (_answering(listed, Refusal(403, "IP address not allowed")), {}, (blocked, "")),
        (_saying(listed, {"total_count": 1}), {},
         ("GitHub sent a list of workflow runs that makes no sense", "")),
        (_saying(listed, []), {},
         ("GitHub sent a list of workflow runs that makes no sense", "")),
        (_saying(f"{ACTIONS}/workflows", {"workflows": [{}]}),
         {"workflow": "*"}, ("GitHub sent a list of workflows that makes no sense", "")),
        (_saying(f"{runs}/1/attempts/1", {"id": 1}), {},
         ("GitHub sent an attempt of a workflow run that makes no sense", "")),
        (_saying(f"{runs}/1/jobs", {"total_count": 1, "jobs": [None]}), {"job": "*"},
         ("GitHub sent a list of jobs that makes no sense", "")),
    ]  # fmt: skip
    for how, entry, expected in answers:
        with pytest.raises(CannotRead) as wrong:
            read(made, **how, **entry)
        assert expected == (wrong.value.what, wrong.value.advice)
    second = Rule(Refusal(404, "Not Found"), path=RUNS.format("deploy.yml"), at=[2])
    with pytest.raises(CannotRead) as wrong:
        read(organization(*hourly(150)), middleware=[Faults([second])], since=24 * 90)
    assert gone == wrong.value.what


def _answering(path: str, effect: Any) -> dict[str, Any]:
    return {"middleware": [Faults([Rule(effect, path=path)])]}


def _saying(path: str, body: Any) -> dict[str, Any]:
    def say(exchange: Exchange, answer: Handler) -> Response:
        is_asked = fnmatchcase(exchange.request.path, path)
        return json_response(body) if is_asked else answer(exchange)

    return {"middleware": [say]}


def test_what_was_deleted_after_it_was_listed_is_left_out() -> None:
    """D8: an attempt, or all jobs, that GitHub no longer has leave the rest of the run known."""
    made = organization(RERUN, run(5, 3, attempt(1, 3, 2, "success", JOBS[1])))
    runs = f"{ACTIONS}/runs"
    gone = Refusal(404, "Not Found")
    seen = read(made, **_answering(f"{runs}/4/attempts/2", gone))
    assert {"workflow:4/1", "workflow:4/3", "workflow:5/1"} == seen.named.keys()
    seen = read(made, job="*", **_answering(f"{runs}/5/jobs", gone))
    assert {} == seen.named


@pytest.mark.usefixtures("quick")
def test_faults_on_the_way_cost_requests_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """D8: what fails is asked again, each kind of request, and a renamed repository is followed."""
    monkeypatch.setattr(rate_limit, "SECOND", timedelta(seconds=0.02))
    made = organization(
        *hourly(120, first=20),
        run(500, 9, attempt(1, 9, 8, "failure", job(1, "deploy", 1, 9, 8, "failure")),
            attempt(2, 3, 2, "success", job(2, "deploy", 2, 3, 2, "success"))),
    )  # fmt: skip
    effects: tuple[Effect, ...] = (
        Reset(), Truncate(), Status(502), Status(503), Html(), SecondaryLimit(429, 0),
    )  # fmt: skip
    entries: tuple[dict[str, Any], ...] = ({}, {"workflow": "deploy to*", "job": "deploy"})
    for entry in entries:
        whole = read(made, **entry)
        rules = [Rule(effect, path=f"{ACTIONS}/*", at=[at]) for at, effect in enumerate(effects, 1)]
        disturbed = read(made, middleware=[Faults(rules)], **entry)
        assert whole.source.read == disturbed.source.read
        assert len(whole.asked) + len(effects) == len(disturbed.asked)
    (one,) = made.repositories
    renamed = replace(made, repositories=(replace(one, name="web", former_names=("api",)),))
    followed = read(renamed)
    assert [one.name for one in read(made).source.read] == [
        one.name for one in followed.source.read
    ]
