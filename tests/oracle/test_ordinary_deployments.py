"""The oracle on re-runs, plans, refusals, no-ops, stacks and previews, worked out by hand."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dora.demo.organization.model import Deployment, Issue, Repository
from tests.oracle.ordinary_life import (
    BEGIN,
    HOUR,
    LINE,
    OURS,
    RUNS,
    ask,
    counted,
    deploy,
    hour,
    repository,
    row,
    summary,
)

# Re-runs (D6) ---------------------------------------------------------------------------------


def rerun(first: Any, second: Any) -> Repository:
    """Run 2 fails and is run again, run 3 succeeds."""
    return repository(
        LINE,
        deploy(1, "a", 100, ("success", 101, "", f"{RUNS}/1")),
        deploy(2, "b", 249.5, ("failure", 250, "", f"{RUNS}/2{first[0]}"), payload=first[1]),
        deploy(3, "b", 251, ("success", 252, "", f"{RUNS}/2{second[0]}"), payload=second[1]),
        deploy(4, "c", 299, ("success", 300, "", f"{RUNS}/3")),
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("/attempts/1", "{}"), ("/attempts/2", "{}")),
        (("/job/7", '{"run_attempt": 1}'), ("/job/8", '{"run_attempt": 2}')),
        (("/job/7", "{}"), ("/job/8", "{}")),
        (("/job/7", ""), ("/attempts/2", None)),
    ],
    ids=["by address", "by payload", "by what became of it", "by one address"],
)
def test_run_again(first: Any, second: Any) -> None:
    """D6: two attempts of a run are two deployments, whatever tells them apart."""
    one = row(rerun(first, second), collapse="run")
    assert (2, 1, 3, 0, 2.0, 2) == summary(one)
    assert [3 * HOUR, 10 * HOUR] == sorted(
        change["lead_time"] for change in ask(rerun(first, second), collapse="run")[1]["changes"]
    )


def test_good_run_again_is_a_rollback() -> None:
    """D6, F2: all jobs of the last good run are run again: what came after it had to go."""
    api = repository(
        LINE,
        deploy(1, "a", 100, ("success", 101, "", f"{RUNS}/1/job/1")),
        deploy(2, "b", 250, ("success", 251, "", f"{RUNS}/2/job/2")),
        deploy(3, "a", 252, ("success", 253, "", f"{RUNS}/1/job/3")),
    )
    assert (2, 1, 2, 1, 2.0, 1) == summary(row(api, collapse="run"))


@pytest.mark.parametrize(
    ("second", "deployments"), [(252.2, 1), (252.25, 1), (252.3, 2)], ids=["soon", "just", "late"]
)
def test_jobs_of_one_attempt_follow_each_other(second: float, deployments: int) -> None:
    """D6: a part more than 15 minutes after all had succeeded begins another attempt."""
    api = repository(
        LINE,
        deploy(1, "a", 251, ("success", 252, "", f"{RUNS}/1/job/1")),
        deploy(2, "a", second, ("success", 253, "", f"{RUNS}/1/job/2")),
    )
    assert deployments == summary(row(api, collapse="run"))[0]


def test_part_while_another_runs_belongs_to_its_attempt() -> None:
    """D6: only after all earlier parts had finished a new attempt can begin."""
    api = repository(
        LINE,
        deploy(1, "a", 251, ("failure", 252, "", f"{RUNS}/1/job/1")),
        deploy(2, "a", 251, ("success", 254, "", f"{RUNS}/1/job/2")),
        deploy(3, "a", 253, ("success", 255, "", f"{RUNS}/1/job/3")),
    )
    assert (0, 1, 1, 0, None, 0) == summary(row(api, collapse="run"))


@pytest.mark.parametrize(
    ("again", "told"),
    [
        ([(3, "success")], [(1, "failure", None), (3, "success", 262)]),
        ([(3, "failure")], [(1, "failure", None), (3, "failure", None)]),
        ([(3, "success"), (4, "success")], [(1, "failure", None), (3, "success", 262)]),
    ],
    ids=["the failed job", "again in vain", "all jobs"],
)
def test_attempt_of_some_jobs_stands_for_the_run(again: Any, told: Any) -> None:
    """D6: its parts replace those that had not succeeded; the rest still count."""
    api = repository(
        LINE,
        deploy(1, "a", 250, ("success", 251, "", f"{RUNS}/1/attempts/1")),
        deploy(2, "a", 250, ("failure", 252, "", f"{RUNS}/1/attempts/1")),
        *(
            deploy(number, "a", 260, (state, 262, "", f"{RUNS}/1/attempts/2"))
            for number, state in again
        ),
    )
    found = ask(api, collapse="run")[1]["deployments"]
    assert told == [
        (
            one["id"],
            one["outcome"],
            one["succeeded_at"] and (one["succeeded_at"] - BEGIN) / timedelta(hours=1),
        )
        for one in found
    ]


def test_one_failed_job_of_two_run_again() -> None:
    """D6: a part's success is the whole's only when all succeeded; it failed at its own time."""
    api = repository(
        LINE,
        deploy(1, "a", 250, ("failure", 251, "", f"{RUNS}/1/attempts/1")),
        deploy(2, "a", 250, ("failure", 252, "", f"{RUNS}/1/attempts/1")),
        deploy(3, "a", 260, ("success", 262, "", f"{RUNS}/1/attempts/2")),
        deploy(4, "a", 270, ("success", 272, "", f"{RUNS}/1/attempts/3")),
    )
    report, evidence = ask(api, collapse="run")
    outcomes = [(one["id"], one["outcome"]) for one in evidence["deployments"]]
    assert [(1, "failure"), (3, "abandoned"), (4, "success")] == outcomes
    assert (1, 1, 2, 0, 21.0, 0) == summary(report["rows"][0])


# What is no deployment (D9) -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "exclude"),
    [
        ({"ref": "refs/pull/7/merge"}, {"ref": ("REFS/pull/*",)}),
        ({"task": "deploy:migrations"}, {"task": ("*migrations",)}),
        ({"creator": "Argo-CD[bot]"}, {"creator": ("argo-cd",)}),
        ({"creator": "argo-cd[bot]"}, {"creator": ("argo-*[bot]",)}),
        ({"description": "Dry run of 7"}, {"description": ("dry run*",)}),
        ({"environment": "Prod"}, {"environment": ("prod",)}),
        ({"task": "plan", "ref": "x"}, {"task": ("plan",), "ref": ("y", "x")}),
    ],
)
def test_plans_are_excluded(other: dict[str, str], exclude: dict[str, Any]) -> None:
    """D9, C2: what fits all of one table is no deployment; coverage counts it as left out."""
    applies = deploy(1, "a", 250), deploy(2, "b", 260)
    plans = [deploy(3 + n, "c", 251 + n, **other) for n in range(3)]
    tables = ((("task", ("nothing",)), ("ref", ("*",))), tuple(exclude.items()))
    api = repository(LINE, *applies, *plans)
    report, _ = ask(api, exclude=tables, environments=(), by="organization")
    assert (2, 0, 2, 0, None, 1) == summary(report["rows"][0])
    assert (3, 0) == counted(report, "left_out", "ephemeral")


def test_part_of_a_table_excludes_nothing() -> None:
    """D9: all of a table must fit."""
    api = repository(LINE, deploy(1, "a", 250, task="plan"))
    tables = ((("task", ("plan",)), ("ref", ("refs/pull/*",))),)
    assert 1 == row(api, exclude=tables)["deployment_frequency"]["deployments"]


# Refused, gone, unchanged (D3, F8) ------------------------------------------------------------


def test_refused_and_expired_approvals() -> None:
    """D3: what failed directly after it waited had not started."""
    api = repository(
        LINE,
        deploy(1, "a", 241, ("waiting", 241), ("failure", 243)),
        deploy(2, "a", 245, ("queued", 245), ("waiting", 245.1), ("failure", 605)),
        deploy(3, "a", 610, ("waiting", 610), ("in_progress", 611), ("failure", 612)),
        deploy(4, "a", 621, ("waiting", 621), ("in_progress", 621), ("success", 622)),
    )
    report, evidence = ask(api)
    assert (1, 1, 2, 0, 10.0, 0) == summary(report["rows"][0])
    assert (2, 0) == counted(report, "not_started", "abandoned")
    told = [(one["outcome"], bool(one["reasons"])) for one in evidence["deployments"]]
    assert told[:3] == [("not_started", False), ("not_started", False), ("failure", True)]


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ((("waiting", 250), ("in_progress", 251), ("waiting", 252), ("failure", 253)), "failure"),
        ((("waiting", 250), ("queued", 251), ("failure", 252)), "failure"),
        ((("waiting", 250), ("failure", 251), ("success", 252)), "failure"),
        ((("waiting", 250), ("error", 250)), "not_started"),
        ((("error", 250), ("waiting", 250)), "not_started"),
        ((("waiting", 250), ("failure", 251), ("failure", 252)), "not_started"),
        ((("error", 250, "phase plan; Apply had NOT begun: x"),), "not_started"),
        ((("error", 250), ("error", 251, "apply had not begun")), "failure"),
        ((("success", 250, "apply had not begun"), ("failure", 251)), "failure"),
        ((("in_progress", 250), ("error", 251, "Its runner was gone")), "abandoned"),
        ((("waiting", 250), ("error", 251, "its runner was gone")), "not_started"),
        ((("error", 250, "its runner was gone"), ("success", 251)), "failure"),
        ((("in_progress", 250, "its runner was gone"), ("error", 251)), "failure"),
    ],
)
def test_what_had_not_started(statuses: Any, outcome: str) -> None:
    """D2, D3: the first failure status and what stood before it decide."""
    _, evidence = ask(repository(LINE, deploy(1, "a", 250, *statuses)))
    (only,) = evidence["deployments"]
    assert outcome == only["outcome"]


def test_words_of_our_own_action() -> None:
    """D3, F8: a cancel during the plan had not started; what had begun may have changed it."""
    begun = "phase apply failed; apply had begun: state may have changed"
    api = repository(
        LINE,
        deploy(1, "a", 241),
        deploy(2, "a", 250, ("error", 251, "apply had not begun: nothing has changed")),
        deploy(3, "b", 260, ("in_progress", 260), ("failure", 261, begun)),
        deploy(4, "b", 270, ("in_progress", 270), ("failure", 271)),
        deploy(5, "b", 280, ("error", 281, "its runner was gone")),
    )
    report, _ = ask(api)
    assert (1, 2, 3, 0, None, 0) == summary(report["rows"][0])
    assert 1 == report["rows"][0]["change_fail_rate"]["never_live"]
    assert (1, 1) == counted(report, "not_started", "abandoned")


def test_only_what_had_not_started_has_no_row() -> None:
    """G0: an environment that nothing ever began in has no row."""
    refused = deploy(1, "a", 250, ("waiting", 250), ("failure", 251))
    assert [] == ask(repository(LINE, refused))[0]["rows"]


def nightly(number: int, at: float, letter: str = "b") -> Deployment:
    """Make an apply that found nothing to change."""
    return deploy(number, letter, at, ("success", at, "apply: Nothing to change"))


def test_applies_that_change_nothing() -> None:
    """D3: they are counted apart, and are in no count of frequency, failures and rework."""
    nights = [nightly(2 + n, 260 + 24 * n) for n in range(9)]
    report, _ = ask(repository(LINE, deploy(9999, "a", 100), deploy(1, "b", 250), *nights))
    assert (1, 0, 1, 0, None, 1) == summary(report["rows"][0])
    assert 1 == report["rows"][0]["deployment_frequency"]["active_days"]
    assert (9, 0) == counted(report, "unchanged", "not_started")


def test_what_an_unchanged_one_received() -> None:
    """D3, LT8: it ships nothing, and what waited is received."""
    report, evidence = ask(repository(LINE, deploy(1, "a", 100), nightly(2, 300, "c")))
    assert (0, 0, 0, 0, None, 0) == summary(report["rows"][0])
    assert {"changes": 0, "oldest": None} == report["rows"][0]["waiting"]
    assert [] == evidence["changes"]


def test_unchanged_ends_a_downtime() -> None:
    """D3, F1: any success ends what a failure status began."""
    api = repository(LINE, deploy(1, "a", 250, ("failure", 250)), nightly(2, 255, "a"))
    assert (0, 1, 1, 0, 5.0, 0) == summary(row(api))


def test_marks_pass_an_unchanged_one_by() -> None:
    """D3, F2, F7: a mark falls on the latest success that is not unchanged, or on none."""
    burning = Issue(9, "x", hour(270), hour(272), labels=("incident",))
    made = deploy(1, "a", 100), deploy(2, "b", 250), nightly(3, 260), deploy(4, "a", 271)
    _, evidence = ask(repository(LINE, *made, issues=(burning,)))
    told = {
        one["id"]: [reason["signal"] for reason in one["reasons"]]
        for one in evidence["deployments"]
    }
    assert {2: ["incident", "rollback"], 3: [], 4: []} == told
    only = repository(LINE, nightly(3, 260), issues=(burning,))
    assert {"unattributed": 1, "dismissed": 0, "not_understood": 0} == ask(only)[0]["coverage"][
        "incidents"
    ]
    by_name = replace(burning, body="Deployment: 3")
    report, _ = ask(repository(LINE, *made, issues=(by_name,)))
    assert 1 == report["coverage"]["incidents"]["unattributed"]


def test_collapsed_is_unchanged_where_every_part_is() -> None:
    """D3, D6: one part that changed something did."""
    says = "nothing to change"
    parts = [
        deploy(n, "a", 250, ("success", 250 + n, text, f"{RUNS}/1"))
        for n, text in ((1, ""), (2, says))
    ]
    quiet = [deploy(n, "a", 260, ("success", 260 + n, says, f"{RUNS}/2")) for n in (3, 4)]
    report, _ = ask(repository(LINE, *parts, *quiet), collapse="run")
    assert (1, 0, 1, 0, None, 0) == summary(report["rows"][0])
    assert (1,) == counted(report, "unchanged")


# Stacks (G3) ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        OURS,
        '{{"dora": 1, "service": "{}", "stack": "x"}}',
        '{{"run_id": 1, "run_attempt": 1, "key": "1-1-0", "stack": "{}"}}',
    ],
)
def test_two_stacks_are_two_rows(payload: str) -> None:
    """G3: stacks of our own action's payloads are never taken for one."""
    made = [
        deploy(1, "a", 241, payload=payload.format("net")),
        deploy(2, "a", 242, payload=payload.format("db")),
        deploy(3, "c", 300, payload=payload.format("net")),
        deploy(4, "b", 310, payload=payload.format("db")),
        deploy(5, "b", 320, payload=payload.format("db")),
    ]
    rows = ask(repository(LINE, *made))[0]["rows"]
    assert [("db", 3, 0, 3), ("net", 2, 0, 2)] == [
        (one["key"]["service"], *summary(one)[:3]) for one in rows
    ]


@pytest.mark.parametrize(
    "payload", ['{"stack": "net"}', '{"dora": true, "stack": "net"}', '{"dora": 1}', None, "[1]"]
)
def test_payloads_of_others_split_nothing(payload: str | None) -> None:
    """G3: what our own action did not write tells no service."""
    one = row(repository(LINE, deploy(1, "a", 250, payload=payload)))
    assert {"repository": "api", "environment": "production"} == one["key"]


# Names and tiers (D5, G1) ---------------------------------------------------------------------


def test_previews_are_left_out() -> None:
    """D5: a word of a preview, or pr or pull before a number."""
    names = [f"shop-pr-{n}" for n in range(20)] + [f"staging-pr-{n}" for n in range(19)]
    names += ["shop (Preview)"]
    made = [
        deploy(1, "a", 241),
        *(deploy(2 + n, "a", 250, environment=name) for n, name in enumerate(names)),
    ]
    report, _ = ask(repository(LINE, *made), tiers=("production", "staging", "other"))
    assert [{"repository": "api", "environment": "production"}] == [
        one["key"] for one in report["rows"]
    ]
    assert (40,) == counted(report, "ephemeral")


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("pr12", "other"), ("PR_7-production", "other"), ("pull/3/production", "other"),
        ("pull12 production", "other"), ("Review2/production", "other"), ("preview", "other"),
        ("pr-production", "production"), ("xpr-1-production", "production"),
        ("pr-1a-production", "production"), ("previews-production", "production"),
        ("spare-pr-1-production", "production"), ("mine-production", "other"),
    ],
)  # fmt: skip
def test_words_of_previews(name: str, tier: str) -> None:
    """D5: words as in D4; globs add to them, and some are taken back."""
    made = deploy(1, "a", 250, environment=name)
    spared = ("!spare*", "mine*", "spare*")
    report, _ = ask(repository(LINE, made), spared=spared, ephemeral=True)
    assert [tier] == [one["tier"] for one in report["rows"]]
    hidden = ask(repository(LINE, made), spared=spared)[0]["rows"]
    assert len(hidden) == (tier == "production")


def test_production_by_default() -> None:
    """G1, D5: other tiers where there is no production, or where they are asked for."""
    qa, preview = deploy(2, "a", 250, environment="qa"), deploy(3, "a", 250, environment="pr-1")
    whole, without = repository(LINE, deploy(1, "a", 250), qa, preview), repository(LINE, qa)

    def tiers(*repositories: Repository, **asked: Any) -> list[str]:
        return [one["tier"] for one in ask(*repositories, **asked)[0]["rows"]]

    for by in ("repository", "environment", "organization", "team"):
        assert ["production"] == tiers(whole, by=by)
        assert ["testing"] == tiers(without, by=by)
        assert ["production", "other"] == tiers(whole, by=by, ephemeral=True)
    assert ["testing"] == tiers(whole, environments=("q*",))
    assert ["testing", "other"] == tiers(whole, tiers=("testing",), ephemeral=True)
    assert [] == tiers(without, tiers=("production",))
