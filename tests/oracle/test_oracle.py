"""The oracle against numbers worked out by hand, rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from scipy import stats

from dora.demo.organization.model import (
    Commit,
    Deployment,
    Issue,
    Organization,
    PullRequest,
    Repository,
    Status,
    Tag,
    Team,
)
from tests.oracle import estimates
from tests.oracle.naming import canonical, fits, tier_of
from tests.oracle.report import expected_report
from tests.oracle.settings import TIERS, Services, Settings
from tests.support import random_organizations
from tests.support.examples import examples

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
UNTIL = datetime(2026, 3, 31, tzinfo=UTC)  # a window of thirty days
HOUR = 3600.0
DAY = 24 * HOUR
ALL = frozenset({"status", "rollback", "revert", "hotfix", "label", "tag", "incident"})
UNJUDGED = {"median_interval": None, "level": None, "level_range": None, "place": None}
GONE = "dead" * 10  # a commit that was force-pushed away
EMPTY_SKIPPED = {"archived": 0, "empty": 0, "no deployments": 0, "excluded": 0}


def day(days: float) -> datetime:
    """Instant so many days after the window's beginning."""
    return SINCE + timedelta(days=days)


def commit(
    sha: str, *parents: str, at: float, authored: float | None = None, **other: Any
) -> Commit:
    """Make a commit of day *at*."""
    return Commit(sha, parents, day(at if authored is None else authored), day(at), **other)


def line(**days: float) -> list[Commit]:
    """Make a line of commits, each the child of the one before."""
    shas = list(days)
    return [
        commit(sha, *shas[place - 1 : place] if place else (), at=days[sha])
        for place, sha in enumerate(shas)
    ]


def deploy(number: int, sha: str, at: float, *statuses: Any, **other: Any) -> Deployment:
    """Make a deployment of day *at* to production; statuses are (state, day), else it succeeds."""
    told = statuses or (("success", at),)
    made = tuple(Status(one[0], day(one[1]), *one[2:]) for one in told if one)
    return Deployment(number, sha, other.pop("environment", "production"), day(at), made, **other)


def repository(commits: list[Commit], *deployments: Deployment, **other: Any) -> Repository:
    """Make a repository whose head is the last of *commits*."""
    return Repository(
        name=other.pop("name", "api"),
        database_id=1,
        created_at=day(-1000),
        head=other.pop("head", commits[-1].sha if commits else None),
        commits={one.sha: one for one in commits},
        deployments=deployments,
        **other,
    )


def report(*repositories: Repository, **other: Any) -> dict[str, Any]:
    """Ask for the report of an organization of *repositories*."""
    teams = other.pop("teams", ())
    configured = other.pop("configured", {})
    organization = Organization("org", UNTIL, repositories, teams)
    is_pooled = other.get("by") in {"team", "organization"}
    window = {"since": SINCE, "until": UNTIL, "tiers": None if is_pooled else TIERS, **other}
    return expected_report(organization, settings=Settings(**configured), **window)


def row(*repositories: Repository, **other: Any) -> dict[str, Any]:
    """Ask for the only row."""
    (only,) = report(*repositories, **other)["rows"]
    assert isinstance(only, dict)
    return only


def shares(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric without its interval and what it is compared with."""
    compared = ("interval", "level", "level_range", "place")
    return {key: value for key, value in metric.items() if key not in compared}


# The whole document


def test_whole_document() -> None:
    """Every key of the contract is there and says what cannot be known as null."""
    quiet = repository(line(a=-20), deploy(1, "a", -10))
    nothing = {"deployments": 0, "rate": None, "interval": None}
    nowhere = {"level": None, "level_range": None, "place": None}
    expected: dict[str, Any] = {
        "schema": "dora.report/1",
        "organization": "org",
        "window": {
            "since": "2026-03-01T00:00:00Z",
            "until": "2026-03-31T00:00:00Z",
            "days": 30.0,
            "timezone": "UTC",
        },
        "by": "repository",
        "benchmark": "2025",
        "trend": None,
        "before": None,
        "rows": [
            {
                "key": {"repository": "api", "environment": "production"},
                "tier": "production",
                "source": "deployments",
                "since": None,
                "deployment_frequency": {
                    "deployments": 0,
                    "per_day": 0.0,
                    "per_week": 0.0,
                    "active_days": 0,
                    "exposure_days": 30.0,
                    "per_day_interval": [0.0, pytest.approx(3.688879454 / 30)],
                    **nowhere,
                    "place": [0.446, 1.0],
                },
                "change_lead_time": {
                    "changes": 0,
                    "median": None,
                    "mean": None,
                    "p75": None,
                    "p90": None,
                    "median_interval": None,
                    **nowhere,
                    "stages": {"coding": None, "review": None, "delivery": None},
                },
                "change_fail_rate": {
                    "failed": 0,
                    **nothing,
                    **nowhere,
                    "reasons": {},
                    "never_live": 0,
                },
                "recovery_time": {
                    "episodes": 0,
                    "recovered": 0,
                    "open": 0,
                    "carried_in": 0,
                    "median": None,
                    "median_interval": None,
                    "mean": None,
                    "longest": None,
                    **nowhere,
                },
                "rework_rate": {"rework": 0, **nothing, "place": None},
                "delivery": {"changes": 0, "waiting": 0, "median": None},
                "waiting": {"changes": 0, "oldest": None},
                "previous": None,
                "comparison": None,
                "trend": [],
            }
        ],
        "coverage": {
            "repositories": {"read": 1, "skipped": EMPTY_SKIPPED, "unreadable": []},
            "deployments": {
                "in_progress": 0,
                "abandoned": 0,
                "not_started": 0,
                "unchanged": 0,
                "ephemeral": 0,
                "left_out": 0,
                "unknown_commit": 0,
                "baseline": 0,
                "began_in_window": 0,
                "lookback_limit": 0,
            },
            "changes": {"clock_skew": 0, "excluded": 0},
            "incidents": {"unattributed": None, "dismissed": None, "not_understood": None},
        },
        "lacks_production": False,
    }
    assert expected == report(quiet)


# Names


def test_globs() -> None:
    """Globs: only `*` and `?` are special, the whole name must fit, case is ignored."""
    fitting = [("*", ""), ("pr-*", "PR-1/x"), ("?x", "ax"), ("[a]", "[A]"), ("a*b*c", "abxbc")]
    others = [("pr-*", "xpr-1"), ("?", ""), ("[a]", "a"), ("a*b", "abc"), ("", "a")]
    assert [fits(glob, name) for glob, name in fitting] == [True] * 5
    assert [fits(glob, name) for glob, name in others] == [False] * 5


def test_tiers() -> None:
    """D4: a tier is read from the words of a name, `pre` and `non` join a word of production."""
    tiers = {
        "prod-eu": "production",
        "PROD2": "production",
        "production/api": "production",
        "product-search": "other",
        "pre-prod": "staging",
        "pre_live": "staging",
        "prelive": "staging",
        "preprd1": "staging",
        "non-prod": "other",
        "nonprod": "other",
        "nonprod-dev": "development",
        "pre-qa": "testing",
        "dev-stg": "staging",
        "live.test": "production",
        "int3": "development",
        "pr-1-prod": "other",
        "": "other",
    }
    assert tiers == {name: tier_of(name, Settings()) for name in tiers}


def test_canonical_names() -> None:
    """D1: the first glob that fits names the environment, once; False leaves it out."""
    mapped = Settings(environments=(("p*", "live"), ("live", "other"), ("*", False)))
    names = {"Prod": "live", "live": "other", "qa": None}
    assert names == {name: canonical(name, mapped) for name in names}


def test_spelling_of_the_latest_deployment() -> None:
    """D1: names that differ in case are one environment, spelt as by its latest deployment."""
    commits = line(a=-90, b=-89)
    first = deploy(1, "a", 1, environment="prod"), deploy(3, "b", 3, environment="Prod")
    second = deploy(2, "a", 2, environment="PROD")
    one, two = repository(commits, *first), repository(commits, second, name="web")
    assert [each["key"] for each in report(one, two)["rows"]] == [
        {"repository": "api", "environment": "Prod"},
        {"repository": "web", "environment": "PROD"},
    ]
    pooled = row(one, two, by="environment")
    assert pooled["key"] == {"environment": "Prod"}
    assert pooled["deployment_frequency"]["deployments"] == 3


# Deployments


def test_inactive_takes_nothing_away() -> None:
    """D2, D3: the first success counts, later `inactive` ones are of no account."""
    api = repository(
        line(a=-90),
        deploy(3, "a", -1),
        deploy(1, "a", 1, ("success", 1), ("inactive", 2)),
        deploy(2, "a", 2, ("in_progress", 2), ("success", 2)),
    )
    metric = row(api, benchmark="2023")["deployment_frequency"]
    # Weeks 0, 0, 0 and 1 reach to 14/30 ± 0.77 a week; Garwood's interval of two is wider above.
    high = stats.chi2.ppf(0.975, 6) / 2 / 30
    assert {
        "deployments": 2,
        "per_day": pytest.approx(2 / 30),
        "per_week": pytest.approx(14 / 30),
        "active_days": 2,
        "exposure_days": 30.0,
        "per_day_interval": [0.0, pytest.approx(high)],
        "level": None,
        "level_range": ["low", "high"],
        "place": None,
    } == metric


def test_unfinished_deployments() -> None:
    """D3: without an end: in progress for a day, abandoned then or once inactive."""
    api = repository(
        line(a=-90),
        deploy(1, "a", 1),
        deploy(2, "a", 29.5, ("pending", 29.5)),
        deploy(3, "a", 29, ("pending", 29)),
        deploy(4, "a", 29.5, ("inactive", 29.6)),
        deploy(5, "a", 29.5, ("success", 30)),
        deploy(6, "a", -1, ()),
    )
    whole = report(api)
    assert tuple(
        whole["coverage"]["deployments"][outcome] for outcome in ("in_progress", "abandoned")
    ) == (2, 2)
    assert whole["rows"][0]["change_fail_rate"]["deployments"] == 1


def test_run_collapses_its_deployments() -> None:
    """D6: one run's deployments of an environment are one: all must succeed, one may fail."""
    log = "https://github.com/org/api/actions/runs/7"
    parts = (
        deploy(1, "a", 1, ("success", 1, f"{log}/job/1")),
        deploy(2, "a", 1, ("failure", 2, f"{log}/attempts/1"), ("success", 3)),
        deploy(3, "a", 1, ("success", 4, "https://github.com/org/api/actions/runs/8")),
    )
    api = repository(line(a=-90), *parts)
    apart, together = row(api), row(api, configured={"collapse": "run"})
    assert tuple(each["deployment_frequency"]["deployments"] for each in (apart, together)) == (
        3,
        2,
    )
    recovery = {
        "episodes": 1, "recovered": 1, "open": 0, "carried_in": 0,
        "median": DAY, "mean": DAY, "longest": DAY,
    }  # fmt: skip
    assert {**recovery, **UNJUDGED} == together["recovery_time"]


def test_ephemeral_and_left_out() -> None:
    """D5, C2: both are out of the tables and counted in coverage, left out first."""
    api = repository(
        line(a=-90),
        deploy(1, "a", 1, environment="pr-1"),
        deploy(2, "a", 1, (), environment="pr-2"),
        deploy(3, "a", 1, environment="review-x"),
        deploy(4, "a", -10, environment="pr-1"),
    )
    configured = {"environments": (("review-*", False),)}
    hidden = report(api, configured=configured)
    assert hidden["rows"] == []
    counted = hidden["coverage"]["deployments"]
    assert (counted["ephemeral"], counted["left_out"], counted["abandoned"]) == (2, 1, 0)
    told = report(api, configured=configured, ephemeral=True)
    assert [(r["key"]["environment"], r["tier"]) for r in told["rows"]] == [("pr-1", "other")]
    counted = told["coverage"]["deployments"]
    assert (counted["ephemeral"], counted["left_out"], counted["abandoned"]) == (0, 1, 1)


def test_renamed_environment() -> None:
    """D1: an environment has the name that the last status gave it."""
    renamed = deploy(1, "a", 1, ("success", 1, None, "staging"), ("inactive", 2))
    assert row(repository(line(a=-90), renamed))["key"]["environment"] == "staging"


# Lead time


def test_what_a_deployment_ships() -> None:
    """LT1 to LT3: what no earlier success reached; a rollback ships nothing, merges are none."""
    side = commit("s", "a", at=0.5)
    merge = commit("m", "b", "s", at=2)
    api = repository(
        [*line(a=-60, b=1), side, merge],
        deploy(1, "a", -5),
        deploy(2, "m", 3),
        deploy(3, "a", 4),
        deploy(4, "m", 5),
    )
    assert row(api)["change_lead_time"] == {
        "changes": 2,
        "median": 2.25 * DAY,
        "mean": 2.25 * DAY,
        "p75": 2.375 * DAY,
        "p90": 58.8 * HOUR,
        **UNJUDGED,
        "stages": {"coding": None, "review": None, "delivery": None},
    }


def test_baseline() -> None:
    """LT2, LT10: the first success of a known commit ships nothing and is counted."""
    api = repository(line(a=-9, b=1), deploy(1, GONE, 1), deploy(2, "a", 2), deploy(3, "b", 3))
    whole = report(api)
    counted = whole["coverage"]["deployments"]
    assert (counted["baseline"], counted["unknown_commit"]) == (1, 1)
    assert whole["rows"][0]["change_lead_time"]["changes"] == 1


def test_clock_skew() -> None:
    """LT5: a lead time below zero is zero, and counted."""
    api = repository(line(a=-90, b=9, c=1), deploy(1, "a", -5), deploy(2, "c", 3))
    whole = report(api)
    assert whole["coverage"]["changes"] == {"clock_skew": 1, "excluded": 0}
    assert tuple(whole["rows"][0]["change_lead_time"][key] for key in ("changes", "median")) == (
        2,
        DAY,
    )


def squashed() -> Repository:
    """One request of two commits, squashed."""
    work = [commit("w1", "a", at=2), commit("w2", "w1", at=3)]
    squash = commit("sq", "a", at=5, author_login="ada")
    request = PullRequest(
        number=1,
        created_at=day(4),
        merged_at=day(5),
        merge_commit_sha="sq",
        commits=("w1", "w2"),
        associated=("sq", "w1", "w2"),
    )
    made = deploy(1, "a", -5), deploy(2, "sq", 6)
    return repository([*line(a=-90), *work, squash], *made, pull_requests=(request,))


@pytest.mark.parametrize(
    ("start", "days"), [("first_commit", 4), ("authored", 1), ("committed", 1), ("merged", 1)]
)
def test_squash_starts_with_its_work(start: str, days: int) -> None:
    """LT4, LT7: a squash commit starts at the request's first commit, if so configured."""
    metric = row(squashed(), configured={"lead_time_start": start})["change_lead_time"]
    assert (1, days * DAY) == (metric["changes"], metric["median"])
    coding = max(0, days - 2) * DAY
    assert {"coding": coding, "review": DAY, "delivery": DAY} == metric["stages"]


def test_rebase_keeps_dates() -> None:
    """LT4: rebased commits start at their own authored dates."""
    commits = [
        *line(a=-90),
        commit("r1", "a", at=5, authored=1),
        commit("r2", "r1", at=5, authored=2),
        commit("w1", "a", at=1),
    ]
    request = PullRequest(
        number=1,
        created_at=day(1),
        merged_at=day(5),
        merge_commit_sha="r2",
        commits=("w1",),
        associated=("r1", "r2", "w1"),
    )
    made = deploy(1, "a", -5), deploy(2, "r2", 6)
    metric = row(repository(commits, *made, pull_requests=(request,)))["change_lead_time"]
    assert (metric["changes"], metric["median"]) == (2, 4.5 * DAY)


def test_excluded_authors() -> None:
    """LT9: their changes leave lead time and waiting, coverage counts the shipped ones."""
    whole = report(squashed(), configured={"exclude_authors": ("A*",)})
    assert whole["coverage"]["changes"] == {"clock_skew": 0, "excluded": 1}
    assert whole["rows"][0]["change_lead_time"]["changes"] == 0


def test_waiting() -> None:
    """LT8: changes of the default branch at `until` that production never received."""
    commits = [*line(a=-90, b=1, c=2, d=10), commit("late", "d", at=30)]
    api = repository(
        commits,
        deploy(1, "a", -5),
        deploy(2, "b", 3),
        deploy(3, "a", 4),
        deploy(4, "a", 4, environment="staging"),
    )
    production, staging = report(api)["rows"]
    assert production["waiting"] == {"changes": 2, "oldest": 28 * DAY}
    assert staging["waiting"] is None
    assert row(replace(api, head=None), by="organization")["waiting"] is None
    unseen = repository(commits, deploy(1, GONE, 1))
    assert row(unseen)["waiting"] is None
    assert row(api, replace(unseen, name="web"), by="organization")["waiting"] == {
        "changes": 2,
        "oldest": 28 * DAY,
    }


# Look-back


def test_look_back_to_the_last_success() -> None:
    """W3 (b): without an earlier success in thirty days the most recent older one is read."""
    old = deploy(1, "a", -100), deploy(2, "b", -90), deploy(3, GONE, -80), deploy(4, "c", 2)
    whole = report(repository(line(a=-200, b=-150, c=1), *old))
    assert whole["rows"][0]["change_lead_time"]["changes"] == 1
    assert whole["coverage"]["deployments"]["baseline"] == 0


def test_success_at_since_is_not_earlier() -> None:
    """W3 (b): earlier is before `since`; a success at `since` itself has its past read."""
    whole = report(repository(line(a=-200, b=-1), deploy(1, "a", -100), deploy(2, "b", 0)))
    assert whole["rows"][0]["change_lead_time"]["changes"] == 1


def test_no_look_back_without_success() -> None:
    """W3 (b), LT8: nothing succeeded in the window, so nothing older is read or received."""
    api = repository(line(a=-200), deploy(1, "a", -100), deploy(2, "a", 1, ("failure", 1)))
    assert row(api)["waiting"] is None


def older_branch(budget: int = 5000) -> dict[str, Any]:
    """Side work of day -120 was live on day -100, and again from day 2 on."""
    commits = [*line(a=-200, b=-95), commit("s", "a", at=-120), commit("m", "b", "s", at=1)]
    return report(
        repository(
            commits,
            deploy(1, "s", -100),
            deploy(2, "a", -99, environment="qa"),
            deploy(3, "b", -90),
            deploy(4, "m", 2),
        ),
        configured={"lookback_budget": budget},
    )


@pytest.mark.parametrize(("budget", "changes", "hit"), [(5000, 0, 0), (3, 0, 0), (2, 1, 1)])
def test_look_back_until_nothing_is_doubtful(budget: int, changes: int, hit: int) -> None:
    """W3 (c): older successes mark commits older than what is read; coverage tells the budget."""
    whole = older_branch(budget)
    assert changes == whole["rows"][0]["change_lead_time"]["changes"]
    assert hit == whole["coverage"]["deployments"]["lookback_limit"]


def test_older_deployments_only_mark() -> None:
    """W3: a deployment created before the look-back is in no count, succeed when it may."""
    api = repository(line(a=-90, b=-80), deploy(1, "b", -31, ("success", 1)), deploy(2, "a", 3))
    metrics = row(api)
    assert metrics["deployment_frequency"]["deployments"] == 1
    assert metrics["change_fail_rate"]["reasons"] == {}


# Failures


def test_status_failure_and_attempts_in_a_row() -> None:
    """F1, F8, F9, R2, R4: attempts that end at the same success are one episode."""
    api = repository(
        line(a=-90),
        deploy(1, "a", -1),
        deploy(2, "a", 1, ("failure", 1)),
        deploy(3, "a", 2, ("error", 2)),
        deploy(4, "a", 3, ("success", 3), ("failure", 4)),
        deploy(5, "a", 5, ("failure", 5), ("success", 5)),
        deploy(6, "a", 6, ("failure", 6)),
    )
    metrics = row(api)
    assert shares(metrics["change_fail_rate"]) == {
        "failed": 5,
        "deployments": 5,
        "rate": 1.0,
        "reasons": {"status": 5},
        "never_live": 3,
    }
    recovery = {
        "episodes": 3, "recovered": 2, "open": 1, "carried_in": 0,
        "median": 2 * DAY, "mean": 1.5 * DAY, "longest": 2 * DAY,
    }  # fmt: skip
    assert {**recovery, **UNJUDGED} == metrics["recovery_time"]
    live = row(api, configured={"failures_status": "live"})["change_fail_rate"]
    assert (live["failed"], live["never_live"]) == (2, 0)
    off = row(api, configured={"failures_status": "off"})["change_fail_rate"]
    assert (off["failed"], off["reasons"]) == (0, {})


def test_outage_ends_at_the_same_instant() -> None:
    """F1, R3: at one instant failure comes before success; what began earlier is not counted."""
    api = repository(
        line(a=-90),
        deploy(1, "a", -2, ("failure", -2)),
        deploy(2, "a", 1),
        deploy(3, "a", 3, ("failure", 3)),
        deploy(4, "a", 3),
    )
    recovery = {
        "episodes": 1, "recovered": 1, "open": 0, "carried_in": 1,
        "median": 0.0, "mean": 0.0, "longest": 0.0,
    }  # fmt: skip
    assert row(api)["recovery_time"] == {**recovery, **UNJUDGED}


def test_collapsed_success_ends_an_outage_when_all_succeeded() -> None:
    """D6, F1: a part's success ends nothing before every part has succeeded."""
    log = "https://github.com/org/api/actions/runs/7"
    api = repository(
        line(a=-90),
        deploy(1, "a", 1, ("failure", 1)),
        deploy(2, "a", 2, ("success", 2, log)),
        deploy(3, "a", 2, ("success", 4, log)),
    )
    recovery = {
        "episodes": 1, "recovered": 1, "open": 0, "carried_in": 0,
        "median": 3 * DAY, "mean": 3 * DAY, "longest": 3 * DAY,
    }  # fmt: skip
    collapsed = row(api, configured={"collapse": "run"})
    assert collapsed["recovery_time"] == {**recovery, **UNJUDGED}


def test_rollback_fails_what_had_to_go() -> None:
    """F2, RW1: from A to B to C and back to A, B had to go; it was down until then."""
    api = repository(
        line(a=-90, b=-89, c=-88),
        deploy(1, "a", -1),
        deploy(2, "b", 1),
        deploy(3, "c", 2),
        deploy(4, "a", 4),
    )
    metrics = row(api)
    assert shares(metrics["change_fail_rate"]) == {
        "failed": 1,
        "deployments": 3,
        "rate": 1 / 3,
        "reasons": {"rollback": 1},
        "never_live": 0,
    }
    recovery = {
        "episodes": 1, "recovered": 1, "open": 0, "carried_in": 0,
        "median": 3 * DAY, "mean": 3 * DAY, "longest": 3 * DAY,
    }  # fmt: skip
    assert {**recovery, **UNJUDGED} == metrics["recovery_time"]
    assert shares(metrics["rework_rate"]) == {"rework": 1, "deployments": 3, "rate": 1 / 3}
    off = row(api, configured={"rollback": False})
    assert (off["change_fail_rate"]["failed"], off["rework_rate"]["rework"]) == (0, 0)


def test_rollback_after_rollback() -> None:
    """F2: the latest earlier success of the rollback's sha decides what had to go."""
    api = repository(
        line(a=-90, b=-89, c=-88),
        *(deploy(number, sha, number) for number, sha in enumerate("abaca")),
    )
    metrics = row(api)
    assert metrics["change_fail_rate"]["reasons"] == {"rollback": 2}
    recovery = {
        "episodes": 2, "recovered": 2, "open": 0, "carried_in": 0,
        "median": DAY, "mean": DAY, "longest": DAY,
    }  # fmt: skip
    assert metrics["recovery_time"] == {**recovery, **UNJUDGED}


@pytest.mark.parametrize(
    ("how", "failed"),
    [
        ({}, 0),
        ({"task": "rollback"}, 1),
        ({"payload": '{"rollback": true}'}, 1),
        ({"payload": '"{\\"rollback\\": true}"'}, 1),
        ({"payload": '{"rollback": "true"}'}, 0),
        ({"payload": '{"rollback": 1}'}, 0),
        ({"payload": "rollback"}, 0),
    ],
)
def test_named_rollback(how: dict[str, str], failed: int) -> None:
    """F2: task or payload make a deployment of another sha a rollback, whatever its ancestry."""
    commits = [*line(a=-90, b=-89), commit("x", "a", at=-88)]
    back = deploy(3, "x", 2, **how)
    api = repository(commits, deploy(1, "a", -1), deploy(2, "b", 1), back)
    assert row(api)["change_fail_rate"]["failed"] == failed
    again = replace(back, sha="b")
    same = repository(commits, deploy(1, "a", -1), deploy(2, "b", 1), again)
    assert row(same)["change_fail_rate"]["failed"] == 0


def test_late_finish_is_no_rollback() -> None:
    """F2: an older deployment that succeeds late was not created after the live one."""
    api = repository(line(a=-90, b=-89), deploy(1, "a", 1, ("success", 3)), deploy(2, "b", 2))
    assert row(api)["change_fail_rate"]["failed"] == 0


def signalled(signal: str, api: Repository) -> tuple[int, int, float | None]:
    """Failed and rework deployments and the mean time to recover, by one signal alone."""
    metrics = row(api, configured={"signals": frozenset({signal})})
    failed, rework = metrics["change_fail_rate"]["failed"], metrics["rework_rate"]["rework"]
    return failed, rework, metrics["recovery_time"]["mean"]


def reverting(*messages: str) -> Repository:
    """Live on day -1: a; then b, and one commit a message, each deployed a day later."""
    b = "b" * 40
    commits = [*line(a=-90), commit(b, "a", at=0.5)]
    made = [deploy(1, "a", -1), deploy(2, b, 1)]
    for place, message in enumerate(messages):
        sha = f"{place}" * 40
        commits.append(commit(sha, commits[-1].sha, at=place + 1.5, message=message))
        made.append(deploy(3 + place, sha, place + 2))
    return repository(commits, *made)


def test_revert() -> None:
    """F3, RW1: the deployment that shipped what was reverted failed; putting back is none."""
    says = "This reverts commit {}."
    assert signalled("revert", reverting(says.format("b" * 40))) == (1, 1, DAY)
    assert signalled("revert", reverting(says.format("b" * 7))) == (1, 1, DAY)
    assert signalled("revert", reverting(says.format("b" * 6))) == (0, 0, None)
    back = reverting(says.format("b" * 40), says.format("0" * 40))
    assert signalled("revert", back) == (1, 1, DAY)
    thrice = reverting(*(says.format(sha * 40) for sha in "b01"))
    assert signalled("revert", thrice) == (2, 2, DAY)
    together = reverting("", says.format("0" * 40))
    kept = tuple(one for one in together.deployments if one.id != 3)
    assert signalled("revert", replace(together, deployments=kept)) == (0, 0, None)


def requested(**of_request: Any) -> Repository:
    """a, then b by a request, then c."""
    request = PullRequest(
        number=7,
        created_at=day(1),
        merged_at=day(1.5),
        merge_commit_sha="b",
        associated=("b",),
        **of_request,
    )
    made = deploy(1, "a", 0.5), deploy(2, "b", 2), deploy(3, "c", 3)
    return repository(line(a=-90, b=1, c=2.5), *made, pull_requests=(request,))


def test_hotfix() -> None:
    """F4, RW1: a hotfix fails the deployment that was live before it."""
    assert signalled("hotfix", requested(labels=("HotFix",))) == (1, 1, 1.5 * DAY)
    assert signalled("hotfix", requested(head_ref="hotfix/x")) == (1, 1, 1.5 * DAY)
    assert signalled("hotfix", requested(head_ref="fix")) == (0, 0, None)


def test_failure_label() -> None:
    """F5: a failure label fails the deployment that shipped the request, until the next."""
    assert signalled("label", requested(labels=("Caused-Incident",))) == (1, 0, DAY)


def test_failure_tag() -> None:
    """F6: a tag fails the latest success of that sha, until another sha succeeds."""
    tagged = replace(requested(), tags=(Tag("FAILED/x", "b"), Tag("failed/y", "c", UNTIL)))
    assert signalled("tag", tagged) == (1, 0, DAY)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("", (1, 1, 0.25 * DAY)),
        ("x\n deployment: 1 please", (1, 1, 0.25 * DAY)),
        ("Deployment: https://github.com/org/api/deployments/1", (1, 1, 0.25 * DAY)),
        ("Deployment: https://github.com/org/web/deployments/1", (0, 0, None)),
        ("Deployment: 99", (0, 0, None)),
    ],
)
def test_incident(body: str, outcome: tuple[int, int, float | None]) -> None:
    """F7, R1, RW1: an incident fails the deployment it names, else the one live then."""
    issue = Issue(5, "x", day(2.5), day(2.75), body, ("Incident",))
    made = deploy(1, "a", 2), deploy(2, "b", 2.6)
    api = repository(line(a=-90, b=2.55), *made, issues=(issue,))
    assert signalled("incident", api) == outcome
    whole = report(api, configured={"signals": ALL})
    assert int(not outcome[0]) == whole["coverage"]["incidents"]["unattributed"]


# Groups


def test_rows_by_organization() -> None:
    """G0, G1, B3: rows pool deployments, without a level; production unless tiers are asked."""
    api = repository(
        line(a=-90),
        deploy(1, "a", 1),
        deploy(2, "a", 2, environment="live"),
        deploy(3, "a", 2, environment="qa"),
        deploy(4, "a", 2, (), environment="prod"),
    )
    assert [(each["tier"], each["key"]["environment"]) for each in report(api)["rows"]] == [
        ("production", "live"),
        ("production", "production"),
        ("testing", "qa"),
    ]
    pooled = row(api, by="organization")
    assert pooled["key"] == {"organization": "org", "tier": "production"}
    counted = pooled["deployment_frequency"]
    assert (counted["deployments"], counted["level"]) == (2, None)
    tiers = report(api, by="organization", tiers=("testing", "other"))["rows"]
    assert [each["tier"] for each in tiers] == ["testing"]


def test_rows_by_team() -> None:
    """G2: a repository of two teams counts for both, one of none for `(no team)`."""
    commits = line(a=-90)
    repositories = [repository(commits, deploy(1, "a", 1), name=name) for name in ("x", "y", "z")]
    rights = {"x": "maintain", "y": "admin", "z": "push"}
    teams = Team("t1", "Team 1", rights), Team("t2", "Team 2", {"x": "admin"})
    rows = report(*repositories, teams=teams, by="team")["rows"]
    assert {each["key"]["team"]: each["deployment_frequency"]["deployments"] for each in rows} == {
        "(no team)": 1,
        "Team 1": 2,
        "Team 2": 1,
    }
    configured = {"teams": (("all", ("*",)),)}
    assert [
        each["key"]["team"]
        for each in report(*repositories, teams=teams, by="team", configured=configured)["rows"]
    ] == ["all"]


def test_services() -> None:
    """G3: services split a row, what does not fit comes first without one."""
    tasks = ((1, "deploy:web"), (2, "other"), (3, "deploy:api"))
    made = [deploy(number, "a", number, task=task) for number, task in tasks]
    services = Services("task", r"^deploy:(?P<service>.+)")
    rows = report(repository(line(a=-90), *made), configured={"services": services})["rows"]
    assert [each["key"].get("service") for each in rows] == [None, "api", "web"]


# Coverage


def test_repositories_not_read() -> None:
    """C1: reasons in order; a forbidden repository is unreadable."""
    commits, made = line(a=-90), deploy(1, "a", 1)
    whole = report(
        repository(commits, made, name="read"),
        repository(commits, made, name="archived", archived_at=day(1)),
        repository(commits, made, name="later", archived_at=UNTIL),
        repository([], name="empty"),
        repository(commits, deploy(1, "a", 30), name="none"),
        repository(commits, made, name="forbidden", forbidden=True),
        repository(commits, made, name="excluded", archived_at=day(1)),
        repositories=("read", "arch*", "later", "empty", "none", "forbidden"),
    )
    assert whole["coverage"]["repositories"] == {
        "read": 2,
        "skipped": {"archived": 1, "empty": 1, "no deployments": 1, "excluded": 1},
        "unreadable": [{"repository": "forbidden", "reason": "forbidden"}],
    }


def test_environment_narrows_everything() -> None:
    """C1: deployments to other environments do not exist, not even for coverage."""
    api = repository(line(a=-90), deploy(1, "a", 1), deploy(2, "a", 2, (), environment="qa"))
    whole = report(api, environments=("QA",))
    assert whole["rows"] == []
    assert whole["coverage"]["deployments"]["abandoned"] == 1
    none = report(api, environments=("dev",))
    assert none["coverage"]["repositories"]["skipped"] == {**EMPTY_SKIPPED, "no deployments": 1}


def test_active_days_in_the_time_zone() -> None:
    """DF2: calendar days are those of the report's time zone."""
    api = repository(line(a=-90), deploy(1, "a", 1), deploy(2, "a", 1.5))
    days = {
        zone: row(api, timezone=zone)["deployment_frequency"]["active_days"]
        for zone in ("UTC", "America/New_York", "Pacific/Auckland")
    }
    assert days == {"UTC": 1, "America/New_York": 2, "Pacific/Auckland": 2}


def test_window_is_half_open() -> None:
    """W2: what happens at `since` is in the window, what happens at `until` does not exist."""
    api = repository(
        line(a=-90),
        deploy(1, "a", -1, ("success", 0)),
        deploy(2, "a", 29, ("failure", 29), ("success", 30)),
        deploy(3, "a", 30),
    )
    metrics = row(api)
    recovery = {
        "episodes": 1, "recovered": 0, "open": 1, "carried_in": 0,
        "median": None, "mean": None, "longest": None,
    }  # fmt: skip
    assert metrics["recovery_time"] == {**recovery, **UNJUDGED}
    rate = {"failed": 1, "deployments": 2, "rate": 0.5, "reasons": {"status": 1}, "never_live": 1}
    assert shares(metrics["change_fail_rate"]) == rate


def test_request_of_a_change() -> None:
    """LT4: the request whose merge commit it is, else the lowest-numbered merged one."""
    requests = (
        PullRequest(1, day(1), associated=("b",)),
        PullRequest(2, day(1), merged_at=UNTIL, associated=("b", "c")),
        PullRequest(3, day(2), merged_at=day(3), merge_commit_sha="x", associated=("b", "c")),
        PullRequest(4, day(2), merged_at=day(4), merge_commit_sha="c", associated=("c",)),
    )
    made = deploy(1, "a", -5), deploy(2, "c", 6)
    api = repository(line(a=-90, b=1, c=2), *made, pull_requests=requests)
    stages = {"coding": 0.5 * DAY, "review": 1.5 * DAY, "delivery": 2.5 * DAY}
    assert row(api)["change_lead_time"]["stages"] == stages


# Levels and statistics


def test_estimates() -> None:
    """LT6, DF3, F9, R4: against worked examples and SciPy."""
    assert estimates.median_interval([1, 2, 3, 4, 5]) is None
    assert estimates.median_interval([6, 2, 3, 4, 5, 1]) == [1, 6]
    assert estimates.median_interval(list(range(1, 11))) == [2, 9]
    assert estimates.quantile([1, 2, 3, 4], 3 * Fraction(1, 4)) == 3.25
    for count in (1, 2, 9, 120, 700):
        expected = stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2
        assert estimates.garwood(count) == pytest.approx(expected, rel=1e-9)
    wilson = stats.binomtest(3, 45).proportion_ci(method="wilson")
    assert estimates.wilson(3, 45) == pytest.approx([wilson.low, wilson.high])
    hours = [timedelta(hours=n) for n in range(6)]
    assert estimates.kaplan_meier_median(hours[1:3], hours[3:5]) == 2 * HOUR
    assert estimates.kaplan_meier_median(hours[1:2], hours[1:3]) is None
    assert estimates.kaplan_meier_median(hours[1:4], []) == 2 * HOUR


# Laws


@examples(60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_question_has_an_answer(data: st.DataObject) -> None:
    """Rates lie within 0 and 1 and intervals hold them, whatever is asked."""
    organization = data.draw(random_organizations.organizations())
    window = data.draw(random_organizations.windows(organization))
    asked = data.draw(random_organizations.questions())
    configured = data.draw(random_organizations.configurations())
    configured = replace(configured, signals=data.draw(st.sampled_from((ALL, configured.signals))))
    whole = expected_report(organization, **window, **asked, settings=configured)
    for each in whole["rows"]:
        for metric in (each["change_fail_rate"], each["rework_rate"]):
            if metric["rate"] is not None:
                low, high = metric["interval"]
                assert 0 <= low <= metric["rate"] <= high <= 1


def as_of(organization: Organization, until: datetime) -> Organization:
    """Give the organization as it was at *until*; commits, whose clocks may lie, stay."""

    def past(at: datetime | None) -> datetime | None:
        return at if at is not None and at < until else None

    def earlier(one: Repository) -> Repository:
        return replace(
            one,
            archived_at=past(one.archived_at),
            deployments=tuple(
                replace(
                    made, statuses=tuple(told for told in made.statuses if told.created_at < until)
                )
                for made in one.deployments
                if made.created_at < until
            ),
            pull_requests=tuple(
                replace(each, merged_at=past(each.merged_at)) for each in one.pull_requests
            ),
            issues=tuple(
                replace(issue, closed_at=past(issue.closed_at))
                for issue in one.issues
                if issue.created_at < until
            ),
            tags=tuple(tag for tag in one.tags if tag.tagged_at is None or past(tag.tagged_at)),
        )

    return replace(organization, repositories=tuple(map(earlier, organization.repositories)))


@examples(60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_past_windows_do_not_change(data: st.DataObject) -> None:
    """W2: what happened at or after `until` does not exist."""
    organization = data.draw(random_organizations.organizations())
    window = data.draw(random_organizations.windows(organization))
    asked = {**window, "settings": Settings(signals=ALL)}
    then = as_of(organization, window["until"])
    assert expected_report(then, **asked) == expected_report(organization, **asked)


def test_seeds_are_reproducible() -> None:
    """One seed, one organization; and a large one."""
    one, again = (random_organizations.random_organization(3) for _ in range(2))
    assert one == again
    assert sum(len(each.deployments) for each in one.repositories) > 200
