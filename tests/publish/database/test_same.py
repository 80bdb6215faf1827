"""`dora publish postgres`: in whatever order and however often, the tables say the same."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest

from dora.publish.database.schema import DEPLOYMENTS
from dora.report.coverage_model import Scope
from dora.report.model import Generated
from tests.support.databases import (
    WHOLE,
    bucket,
    change,
    column,
    contents,
    deployment,
    episode,
    evidence,
    send,
    sent,
    trended,
    whole_report,
)
from tests.support.published_files import MONDAY, WEEK, row

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
#: What the first week saw, and what the second saw of it: one outage has ended, one deployment is
#: not there any more, one is new, and one was judged anew.
FIRST = (
    deployment(1, MONDAY - 88 * DAY),
    deployment(2, MONDAY - 20 * DAY, "incident"),
    deployment(3, MONDAY - 10 * DAY),
    deployment(4, MONDAY - 5 * DAY, "rollback", repository="web"),
    change(1, MONDAY - 88 * DAY),
    change(2, MONDAY - 20 * DAY),
    change(3, MONDAY - 10 * DAY),
    episode([2], MONDAY - 20 * DAY),
    episode([4], MONDAY - 5 * DAY, repository="web"),
)
SECOND = (
    deployment(2, MONDAY - 20 * DAY, "incident", "hotfix"),
    deployment(4, MONDAY - 5 * DAY, "rollback", repository="web"),
    deployment(5, MONDAY + 2 * DAY),
    change(2, MONDAY - 20 * DAY, lead_time=60.0),
    change(5, MONDAY + 2 * DAY),
    episode([2], MONDAY - 20 * DAY, MONDAY + DAY),
    episode([4], MONDAY - 5 * DAY, repository="web"),
)
WEEKS = (
    (whole_report(row("api"), row("web")), evidence(*FIRST)),
    (
        whole_report(row("api", failed=9), until=MONDAY + WEEK),
        evidence(*SECOND, until=MONDAY + WEEK),
    ),
)


def test_twice_the_same(url: str, tmp_path: Path) -> None:
    """A second run of the same files changes no row, and says so."""
    first = sent(url, tmp_path, *WEEKS[0])
    once = contents(url)
    second = sent(url, tmp_path, *WEEKS[0])

    assert "0 removed" in first
    assert "0 rows are new or changed, 0 removed" in second
    assert once == contents(url)
    assert [1, 2, 3, 4] == column(once, "deployments", "deployment")
    assert ["incident", "rollback"] == sorted(column(once, "reasons", "signal"))


@pytest.mark.few(1)
@pytest.mark.parametrize("order", [*permutations((0, 1)), (0, 1, 0), (1, 0, 1, 0)])
def test_overlapping_windows_in_any_order(url: str, tmp_path: Path, order: tuple[int, ...]) -> None:
    """The later window decides what lies in it; what only the earlier one holds stays."""
    for week in order:
        sent(url, tmp_path, *WEEKS[week])
    found = contents(url)

    assert [1, 2, 4, 5] == column(found, "deployments", "deployment")
    assert [1, 2, 5] == sorted(column(found, "changes", "deployment"))
    assert [60.0, 3600.0, 18000.0] == sorted(column(found, "changes", "lead_time_seconds"))
    assert ["hotfix", "incident", "rollback"] == sorted(column(found, "reasons", "signal"))
    assert [MONDAY + DAY, None] == column(found, "episodes", "ended_at")
    assert [2, 4] == column(found, "episode_deployments", "deployment")
    assert 3 == len(found["metrics"])
    assert 4 == len(found["runs"])


def test_any_order_is_any_other(url: str, tmp_path: Path) -> None:
    """Whole contents do not depend on which of two windows was published first."""
    forth, back = f"{url}", _beside(url, tmp_path)
    for week in (0, 1):
        sent(forth, tmp_path, *WEEKS[week])
    for week in (1, 0):
        more = [f"--schema={one}" for one in back[1:]]
        assert 0 == send(back[0], tmp_path, *WEEKS[week], *more).returncode

    assert contents(forth) == contents(back[0], *back[1:] or ("dora",))


def _beside(url: str, folder: Path) -> tuple[str, ...]:
    """Another empty place, as good as the first."""
    return (f"sqlite:///{folder}/other.db",) if url.startswith("sqlite") else (url, "other")


def test_gone_at_github(url: str, tmp_path: Path) -> None:
    """What a repository that was read whole no longer has is removed, with all that hangs on it."""
    sent(url, tmp_path, *WEEKS[0])
    left = evidence(deployment(1, MONDAY - 88 * DAY), change(1, MONDAY - 88 * DAY))
    said = sent(url, tmp_path, whole_report(row("api")), left)
    found = contents(url)

    assert "8 removed" in said  # three deployments, two changes, two outages, the row of web
    assert [1] == column(found, "deployments", "deployment")
    assert [1] == column(found, "changes", "deployment")
    assert ["api"] == column(found, "metrics", "repository")
    assert ([], [], []) == (
        found["reasons"],
        found["episodes"],
        found["episode_deployments"],
    )


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("scope", "kept"),
    [
        (replace(WHOLE, unread=("web",)), [1, 4]),
        (replace(WHOLE, repositories=("ap?",)), [1, 4]),
        (replace(WHOLE, repositories=("WEB",)), [1, 2, 3]),
        (replace(WHOLE, environments=("qa", "dev*")), [1, 2, 3, 4]),
        (replace(WHOLE, environments=()), [1, 2, 3, 4]),
        (replace(WHOLE, gaps=("repositories",)), [1, 2, 3, 4]),
        (None, [1, 2, 3, 4]),
    ],
)
def test_what_was_not_looked_at_stays(
    url: str, tmp_path: Path, scope: Scope | None, kept: list[int]
) -> None:
    """An unreadable repository, another one, another environment: silence is no absence."""
    sent(url, tmp_path, *WEEKS[0])
    told = (deployment(1, MONDAY - 88 * DAY), change(1, MONDAY - 88 * DAY))
    sent(url, tmp_path, whole_report(row("api"), scope=scope), evidence(*told, scope=scope))
    found = contents(url)

    assert kept == column(found, "deployments", "deployment")
    assert [one for one in (2, 4) if one in kept] == column(found, "episodes", "deployment")
    is_kept = "web" in column(found, "metrics", "repository")
    assert (4 in kept) == is_kept


def test_what_had_not_started_and_what_changed_nothing(url: str, tmp_path: Path) -> None:
    """D3: what had not started never finished, and what changed nothing is known by a column."""
    at = MONDAY - 20 * DAY
    refused = {
        **deployment(1, at),
        "outcome": "not_started",
        "succeeded_at": None,
        "failed_status_at": at.isoformat(),
    }
    unchanged = {**deployment(2, at), "unchanged": True}
    sent(url, tmp_path, whole_report(row("api")), evidence(refused, unchanged, deployment(3, at)))
    found = contents(url)

    names = [one.name for one in DEPLOYMENTS.columns]
    told = [dict(zip(names, one, strict=True)) for one in found["deployments"]]
    wanted = ("deployment", "outcome", "is_unchanged", "finished_at")
    assert {
        (1, "not_started", False, None), (2, "success", True, at), (3, "success", False, at),
    } == {tuple(one[name] for name in wanted) for one in told}  # fmt: skip


def test_a_gap_in_the_incidents(url: str, tmp_path: Path) -> None:
    """Where incidents could not be read, nothing is known of their end or absence."""
    sent(url, tmp_path, *WEEKS[0])
    scope = replace(WHOLE, gaps=("incidents of PagerDuty",))
    blind = [deployment(n, MONDAY - days * DAY) for n, days in ((1, 88), (2, 20), (3, 10))]
    sent(url, tmp_path, whole_report(row("api")), evidence(*blind, scope=scope))
    found = contents(url)

    assert [1, 2, 3] == column(found, "deployments", "deployment")
    assert ["incident"] == column(found, "reasons", "signal")
    assert [False, False, True] == column(found, "deployments", "is_failed")
    assert "0 rows are new or changed, 0 removed" in sent(
        url, tmp_path, whole_report(row("api")), evidence(*blind, scope=scope)
    )


@pytest.mark.few(1)
@pytest.mark.parametrize("order", [*permutations(range(3))])
def test_a_later_gap_in_the_incidents(url: str, tmp_path: Path, order: tuple[int, ...]) -> None:
    """The latest run that could read the incidents decides about them, in whatever order."""
    at = MONDAY - 20 * DAY
    scope = replace(WHOLE, gaps=("incidents of PagerDuty",))
    told = [
        evidence(deployment(1, at, "incident"), deployment(2, at, "incident"), episode([2], at)),
        evidence(
            deployment(1, at), deployment(2, at, "incident"), episode([2], at), until=MONDAY + WEEK
        ),
        evidence(deployment(1, at), deployment(2, at), until=MONDAY + 2 * WEEK, scope=scope),
    ]
    for one in order:
        sent(url, tmp_path, whole_report(row("api"), until=MONDAY + one * WEEK), told[one])
    found = contents(url)

    assert [2] == column(found, "reasons", "deployment")
    assert [False, True] == column(found, "deployments", "is_failed")
    assert [2] == column(found, "episodes", "deployment")


@pytest.mark.few(2)
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (1, 0, 1)])
@pytest.mark.parametrize("asked", [False, None])
def test_ephemeral_environments_stay(
    url: str, tmp_path: Path, order: tuple[int, ...], asked: bool | None
) -> None:
    """A run that did not look at previews takes none away; nor does a file that tells neither."""
    preview = deployment(1, MONDAY - DAY, environment="pr-7")
    usual = deployment(2, MONDAY - DAY)
    everything = replace(WHOLE, ephemeral=True)
    runs = [
        (
            whole_report(row("api"), row("api", "pr-7", tier="other"), scope=everything),
            evidence(preview, usual, scope=everything),
        ),
        (
            whole_report(row("api"), generated=Generated(MONDAY + HOUR, "0.1.0", "sha256:0")),
            evidence(usual),
        ),
    ]
    if asked is None:
        for name in ("ephemeral", "ephemeral_environments"):
            del runs[1][1]["scope"][name]
    for one in order:
        sent(url, tmp_path, *runs[one])
    found = contents(url)

    assert [1, 2] == column(found, "deployments", "deployment")
    assert ["pr-7", "production"] == column(found, "metrics", "environment")


@pytest.mark.few(3)
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0)])
@pytest.mark.parametrize("hours", [1, -1])
def test_a_narrowed_run_of_the_same_window(
    url: str, tmp_path: Path, order: tuple[int, ...], hours: int
) -> None:
    """A run of one repository hides no whole run of its window, and each has its coverage."""
    scope = replace(WHOLE, repositories=("api",))
    at = MONDAY + hours * HOUR
    runs = [
        (whole_report(row("api", failed=1), row("web")),
         evidence(deployment(1, MONDAY - DAY), deployment(2, MONDAY - DAY, repository="web"))),
        (whole_report(row("api", failed=2), scope=scope,
                      generated=Generated(at, "0.1.0", "sha256:0")),
         evidence(deployment(1, MONDAY - DAY, "label"), scope=scope)),
    ]  # fmt: skip
    for one in order:
        assert "a later report" not in sent(url, tmp_path, *runs[one])
    found = contents(url)

    failed = 2 if hours > 0 else 1
    assert sorted([failed, 3]) == column(found, "metrics", "change_fail_rate_failed")
    assert [1, 2] == column(found, "deployments", "deployment")
    assert [False, hours > 0] == column(found, "deployments", "is_failed")
    assert 4 == len(found["runs"])
    assert [False, False, True, True] == column(found, "runs", "is_whole")
    assert {1.0, 2.0} == {one[-2] for one in found["coverage"] if one[-3] == "read"}


def test_outages_that_grow_together(url: str, tmp_path: Path) -> None:
    """Outages whose deployments belong to another one by now are that one, whoever comes first."""
    began = MONDAY - 9 * DAY
    apart = evidence(*(deployment(n, began, "status") for n in (7, 8)),
                     episode([8], began + HOUR), episode([7], began))  # fmt: skip
    one = evidence(*(deployment(n, began, "status") for n in (7, 8)),
                   episode([7, 8], began), until=MONDAY + WEEK)  # fmt: skip
    narrow = replace(WHOLE, repositories=("other",))
    one["scope"]["repositories"] = list(narrow.repositories)
    later = whole_report(row("api"), until=MONDAY + WEEK)
    for made, told in ((whole_report(row("api")), apart), (later, one), (WEEKS[0][0], apart)):
        sent(url, tmp_path, made, told)
    found = contents(url)

    assert [7] == column(found, "episodes", "deployment")
    assert [7, 8] == column(found, "episode_deployments", "deployment")


def test_the_same_window_made_anew(url: str, tmp_path: Path) -> None:
    """Of two reports of one window the one that was made later stays: a corrected definition."""
    old = whole_report(row("api"), row("web"))
    new = replace(
        whole_report(row("api", failed=12)),
        generated=Generated(MONDAY + HOUR, "0.1.0", "sha256:1"),
    )
    sent(url, tmp_path, old, WEEKS[0][1])
    sent(url, tmp_path, new, evidence(deployment(1, MONDAY - 88 * DAY, "label")))
    corrected = contents(url)
    said = sent(url, tmp_path, old, WEEKS[0][1])

    assert "a later report of the same window was there already" in said
    assert corrected == contents(url)
    assert [12] == column(corrected, "metrics", "change_fail_rate_failed")
    assert ["label"] == column(corrected, "reasons", "signal")


def test_another_tier_moves_a_row(url: str, tmp_path: Path) -> None:
    """A row whose tier was corrected is one row; a tier that was not asked for keeps its own."""
    sent(url, tmp_path, whole_report(row("api"), row("web", tier="other")))
    only = replace(WHOLE, tiers=("staging",))
    sent(url, tmp_path, whole_report(row("api", tier="staging"), scope=only))
    found = contents(url)

    assert [("api", "staging"), ("web", "other")] == sorted(
        (one[4], one[8]) for one in found["metrics"]
    )


def test_names_that_differ_in_case(url: str, tmp_path: Path) -> None:
    """An environment or organization that is spelled otherwise is the same one (D1)."""
    sent(url, tmp_path, *WEEKS[0])
    items = json.loads(json.dumps(WEEKS[1][1]).replace('"production"', '"Production"'))
    items["organization"] = "ACME"
    items["scope"]["tiers"] = list(WHOLE.tiers)
    later = whole_report(row("api", "Production"), until=MONDAY + WEEK, organization="ACME")
    sent(url, tmp_path, later, items)
    sent(url, tmp_path, *WEEKS[0])
    found = contents(url)

    assert {"acme"} == set(column(found, "deployments", "organization"))
    assert {"Production"} == set(column(found, "deployments", "environment"))
    assert {"Production"} == set(column(found, "changes", "environment"))
    assert [1, 2, 4, 5] == column(found, "deployments", "deployment")


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0)])
def test_trends_of_overlapping_windows(url: str, tmp_path: Path, order: tuple[int, ...]) -> None:
    """A bucket is kept once: the whole one before one that a window cut, else the later."""
    monday = MONDAY.replace(hour=0)
    first = trended(
        row("api"),
        bucket(monday - WEEK, monday, partial=False, deployments=4),
        bucket(monday, MONDAY, partial=True, deployments=1),
    )
    second = trended(
        row("api"),
        bucket(monday - 2 * DAY, monday, partial=True, deployments=2),
        bucket(monday, monday + WEEK, partial=False, deployments=9),
    )
    reports = (
        whole_report(first, trend="week"),
        whole_report(second, trend="week", until=MONDAY + WEEK),
    )
    for one in order:
        sent(url, tmp_path, reports[one])
    found = contents(url)

    assert [4, 9] == column(found, "trends", "deployment_frequency_deployments")
    assert [monday - WEEK, monday] == column(found, "trends", "start_at")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_trends_of_a_row_that_is_gone(url: str, tmp_path: Path, order: tuple[int, ...]) -> None:
    """A row that a later report looked for in vain has no buckets in its window any more."""
    monday = MONDAY.replace(hour=0)
    gone = trended(row("web"), bucket(monday - WEEK, monday, partial=False))
    stays = trended(row("api"), bucket(monday - WEEK, monday, partial=False))
    reports = (
        whole_report(stays, gone, trend="week"),
        whole_report(stays, trend="week", until=MONDAY + WEEK),
    )
    for one in order:
        sent(url, tmp_path, reports[one])

    assert ["api"] == column(contents(url), "trends", "repository")


def test_teams(url: str, tmp_path: Path) -> None:
    """The repositories of teams are those of the latest report by team."""
    team = replace(row("api"), key={"team": "A", "tier": "production"})
    old = whole_report(team, by="team", teams={"A": ("api", "web"), "B": ("api",)})
    new = whole_report(team, by="team", teams={"A": ("api",), "C": ("web",)}, until=MONDAY + WEEK)
    for one in (old, new, old):
        sent(url, tmp_path, one)
    found = contents(url)

    assert [("A", "api"), ("C", "web")] == [one[1:] for one in found["teams"]]
    assert ["A", "A"] == column(found, "metrics", "team")


def test_another_time_or_organization(url: str, tmp_path: Path) -> None:
    """Evidence of another window or organization is refused, and nothing is written."""
    for told, why in (
        (evidence(until=MONDAY - WEEK), "of another time"),
        ({**evidence(), "organization": "other"}, "of another organization"),
    ):
        done = send(url, tmp_path, whole_report(row()), told)
        assert (2, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
        assert why in done.stderr
