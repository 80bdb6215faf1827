"""What is taken for a deployment and for a failure: re-runs, refusals, plans, applies of nothing.

Hours are counted from the first event; the window is that of hours 240 to 960. Every case is a
repository of its own, so that one analysis computes them all. In each, commit `a` went live at hour
110, and `b`, `c`, `d` were made at hours 245, 290 and 390.
"""

from functools import cache
from typing import Any

import pytest

from dora.report.build import build_report
from dora.report.report_json import as_document
from tests.support.tables import Rows, config, deployment, join, line, repository, tables

END = 960
HOUR = 3600
RUN = "https://github.com/acme/api/actions/runs/"
NOT_BEGUN = "phase plan was cancelled or broke off; apply had not begun: nothing has changed"
BEGUN = "phase apply failed; apply had begun: state may have changed"
GONE = "it was never finished: its runner was gone"
NOTHING = "phase apply ended; nothing to change"


def made(number: int, sha: str, at: float, *statuses: tuple[object, ...], **more: Any) -> Rows:
    """A deployment created at hour *at*; *statuses* are `(state, hour[, log[, description]])`."""
    told = [(state, END - float(str(hour)), *rest) for state, hour, *rest in statuses]
    return deployment(number, sha, END - at, *told, **more)


def ran(number: int, sha: str, run: int, *told: tuple[str, float], **more: Any) -> Rows:
    """A job of a workflow run, created a minute before it ends, or before its first status."""
    log = f"{RUN}{run}/job/{number}"
    return made(number, sha, told[0][1] - 1 / 60, *((*one, log) for one in told), **more)


def case(name: str, *deployments: Rows) -> Rows:
    """A repository with the commits that all have, the first of them live since hour 110."""
    commits = line(name, a=END - 100, b=END - 245, c=END - 290, d=END - 390)
    parts = [repository(name, "d"), commits, made(1, "a", 109, ("success", 110)), *deployments]
    for part in parts:
        for rows in (part.get("deployments", []), part.get("statuses", [])):
            rows[:] = [(name, *row[1:]) for row in rows]
    return join(parts)


def rows_of(*cases: Rows, **options: Any) -> dict[str, Any]:
    """The rows of a report on *cases*, by repository, and its coverage's deployments."""
    document = as_document(build_report(tables(*cases), config(**options)))
    found = {row["key"]["repository"]: row for row in document["rows"]}
    return found | {"coverage": document["coverage"]["deployments"]}


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Successes, failed of finished, recovery in hours, open outages, changes, slowest in hours."""
    recovery = row["recovery_time"]["mean"]
    slowest = row["change_lead_time"]["median"]
    return (
        row["deployment_frequency"]["deployments"],
        (row["change_fail_rate"]["failed"], row["change_fail_rate"]["deployments"]),
        recovery and round(recovery / HOUR, 3),
        row["recovery_time"]["open"],
        row["change_lead_time"]["changes"],
        slowest and round(slowest / HOUR, 3),
    )


# -- re-runs (D6) -------------------------------------------------------------------------------


def numbered(number: int, sha: str, attempt: int, *told: tuple[str, float]) -> Rows:
    """A job whose log addresses say of which attempt of run 2 it is."""
    log = f"{RUN}2/attempts/{attempt}"
    return made(number, sha, told[0][1] - 1 / 60, *((*one, log) for one in told))


LATER = ran(9, "c", 3, ("success", 300))
RERUNS = {
    # The issue: run 2 fails at 250, its re-run succeeds at 252, run 3 succeeds at 300.
    "rerun": (ran(2, "b", 2, ("failure", 250)), ran(3, "b", 2, ("success", 252)), LATER),
    "said by the address": (
        numbered(2, "b", 1, ("failure", 250)),
        numbered(3, "b", 2, ("success", 252)),
        LATER,
    ),
    "said by the payload": (
        ran(2, "b", 2, ("failure", 250), payload='{"run_attempt": 1}'),
        ran(3, "b", 2, ("success", 252), payload='{"run_attempt": "2"}'),
        LATER,
    ),
    "twice": (
        ran(2, "b", 2, ("failure", 250)),
        ran(3, "b", 2, ("error", 251)),
        ran(4, "b", 2, ("success", 252)),
        LATER,
    ),
    # Two jobs, of which the second failed: it alone runs again.
    "failed jobs": (
        ran(2, "b", 2, ("success", 249.9)),
        ran(3, "b", 2, ("failure", 250)),
        ran(4, "b", 2, ("success", 252)),
        LATER,
    ),
    # Two jobs failed at once, and one after the other runs again: the run is whole with the second.
    "one by one": (
        numbered(2, "b", 1, ("failure", 250)),
        numbered(3, "b", 1, ("failure", 250)),
        numbered(4, "b", 2, ("success", 251)),
        numbered(5, "b", 3, ("success", 252)),
        LATER,
    ),
    # A job that needs the first began only in the second attempt.
    "more jobs": (
        ran(2, "b", 2, ("failure", 250)),
        ran(3, "b", 2, ("success", 251.9)),
        ran(4, "b", 2, ("success", 252)),
        LATER,
    ),
    # Jobs that follow each other, a quarter of an hour apart, are one attempt, and so one failure.
    "one after the other": (
        ran(2, "b", 2, ("success", 249)),
        ran(3, "b", 2, ("failure", 249.25)),
        LATER,
    ),
    # "Re-run all jobs" of the last good run, 40 hours later.
    "rollback": (
        ran(2, "b", 2, ("success", 252)),
        ran(3, "c", 3, ("success", 300)),
        ran(4, "b", 2, ("success", 340)),
    ),
    # The same of a run of two jobs, which run again both.
    "rollback of two": (
        ran(2, "b", 2, ("success", 251.9)),
        ran(3, "b", 2, ("success", 252)),
        ran(4, "c", 3, ("success", 300)),
        ran(5, "b", 2, ("success", 339.9)),
        ran(6, "b", 2, ("success", 340)),
    ),
}


@cache
def reruns() -> dict[str, Any]:
    """The rows of all of RERUNS where the deployments of a run are one."""
    cases = [case(name, *deployments) for name, deployments in RERUNS.items()]
    return rows_of(*cases, deployments={"collapse": "run"})


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # Changes: b (245 → 252) and c (290 → 300), so half of them took 8.5 h.
        ("rerun", (2, (1, 3), 2, 0, 2, 8.5)),
        ("said by the address", (2, (1, 3), 2, 0, 2, 8.5)),
        ("said by the payload", (2, (1, 3), 2, 0, 2, 8.5)),
        ("twice", (2, (2, 4), 2, 0, 2, 8.5)),
        ("failed jobs", (2, (1, 3), 2, 0, 2, 8.5)),
        ("one by one", (2, (1, 3), 2, 0, 2, 8.5)),
        ("more jobs", (2, (1, 3), 2, 0, 2, 8.5)),
        ("one after the other", (1, (1, 2), 50.75, 0, 2, 32.5)),
        ("rollback", (3, (1, 3), 40, 0, 2, 8.5)),
        ("rollback of two", (3, (1, 3), 40, 0, 2, 8.5)),
    ],
)
def test_attempts_of_a_run_are_deployments_of_their_own(
    name: str, expected: tuple[Any, ...]
) -> None:
    """D6: what runs again is another deployment, whichever of its jobs run again."""
    assert expected == told(reruns()[name])


def test_a_run_repeated_by_hand_is_a_rollback() -> None:
    """D6, F2: the last good run's jobs, run again, bring its commit back."""
    marked = [reruns()[name] for name in ("rollback", "rollback of two")]
    assert [{"rollback": 1}] * 2 == [row["change_fail_rate"]["reasons"] for row in marked]
    assert [1, 1] == [row["rework_rate"]["rework"] for row in marked]


def test_what_is_not_whole_yet_is_in_no_metric() -> None:
    """D6: an attempt that left a failed job as it was has neither succeeded nor failed anew."""
    assert 1 == reruns()["coverage"]["abandoned"]


# -- refusals and words (D3, F8) ----------------------------------------------------------------


FIXED = made(8, "b", 309, ("failure", 310))
REPAIRED = made(9, "b", 319, ("in_progress", 319), ("success", 320))
FORTNIGHT = 15 * 24
LIFE = {
    "refused": (
        made(2, "b", 250, ("waiting", 250), ("failure", 257)),
        made(3, "b", 251, ("waiting", 251), ("failure", 251 + FORTNIGHT)),
        FIXED,
        REPAIRED,
    ),
    "refused after queueing": (
        made(2, "b", 249.9, ("queued", 249.9), ("waiting", 250), ("error", 257)),
        FIXED,
        REPAIRED,
    ),
    "one of two approvals": (
        made(2, "b", 300, ("waiting", 300), ("in_progress", 301), ("waiting", 302),
             ("failure", 310)),
        REPAIRED,
    ),
    "approved, then failed": (
        made(2, "b", 300, ("waiting", 300), ("queued", 305), ("failure", 310)),
        REPAIRED,
    ),
    "refused, approved later": (
        made(2, "b", 250, ("waiting", 250), ("failure", 257), ("success", 260)),
        REPAIRED,
    ),
    "cancelled in its plan": (
        made(2, "b", 250, ("in_progress", 250), ("error", 251, None, NOT_BEGUN)),
        REPAIRED,
    ),
    "failed in its plan": (
        made(2, "b", 250, ("in_progress", 250), ("failure", 251, None, NOT_BEGUN.upper())),
        REPAIRED,
    ),
    "failed in its apply": (
        made(2, "b", 309, ("in_progress", 309), ("failure", 310, None, BEGUN)),
        REPAIRED,
    ),
    "failed before": (
        made(2, "b", 309, ("in_progress", 309), ("failure", 310, None, "Tests failed")),
        REPAIRED,
    ),
    "runner gone": (
        made(2, "b", 250, ("in_progress", 250), ("error", 330, None, GONE)),
        REPAIRED,
    ),
}  # fmt: skip


@cache
def life() -> dict[str, Any]:
    """The rows of all of LIFE."""
    return rows_of(*(case(name, *deployments) for name, deployments in LIFE.items()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # The change b (245 → 320) took 75 h.
        ("refused", (1, (1, 2), 10, 0, 1, 75)),
        ("refused after queueing", (1, (1, 2), 10, 0, 1, 75)),
        ("one of two approvals", (1, (1, 2), 10, 0, 1, 75)),
        ("approved, then failed", (1, (1, 2), 10, 0, 1, 75)),
        ("refused, approved later", (2, (1, 2), 3, 0, 1, 15)),
        ("cancelled in its plan", (1, (0, 1), None, 0, 1, 75)),
        ("failed in its plan", (1, (0, 1), None, 0, 1, 75)),
        ("failed in its apply", (1, (1, 2), 10, 0, 1, 75)),
        ("failed before", (1, (1, 2), 10, 0, 1, 75)),
        ("runner gone", (1, (0, 1), None, 0, 1, 75)),
    ],
)
def test_what_had_not_started_is_no_failure(name: str, expected: tuple[Any, ...]) -> None:
    """D3: refused and expired approvals, and what our own action says had not begun."""
    assert expected == told(life()[name])


def test_what_had_not_started_is_counted_by_coverage() -> None:
    """C1: two refused, one after queueing, two plans; and one whose runner was gone."""
    expected = {"not_started": 5, "abandoned": 1}
    assert expected == {name: life()["coverage"][name] for name in expected}


def test_an_apply_that_failed_may_have_changed_something() -> None:
    """F8: the word of our own action that it had begun keeps it out of what never was live."""
    names = ("failed in its apply", "failed before", "one of two approvals")
    never = [life()[name]["change_fail_rate"]["never_live"] for name in names]
    assert [0, 1, 1] == never


def test_an_environment_in_which_nothing_ever_started_has_no_row() -> None:
    """G0: a refused approval is no deployment that finished."""
    read = case("api", made(2, "b", 250, ("waiting", 250), ("failure", 251), environment="dr"))
    document = as_document(build_report(tables(read), config()))
    assert ["production"] == [row["key"]["environment"] for row in document["rows"]]


# -- applies of nothing (D3) --------------------------------------------------------------------


def nothing(number: int, sha: str, hour: float, **more: Any) -> Rows:
    """An apply that had nothing to change."""
    return made(number, sha, hour - 0.1, ("success", hour, None, NOTHING), **more)


UNCHANGED = {
    # The issue: one change and nine nightly applies.
    "nightly": (
        made(2, "b", 250, ("success", 252)),
        *(nothing(3 + night, "b", 252 + 24 * (1 + night)) for night in range(9)),
    ),
    # What waited is received by it, at no lead time, and the next ships only what is new.
    "receives": (nothing(2, "b", 252), made(3, "c", 299, ("success", 300))),
    # It is live, but no rollback: an older commit after a newer one.
    "goes back": (made(2, "c", 299, ("success", 300)), nothing(3, "b", 310)),
    # The rollback is seen past it, and it is not what had to go.
    "between": (
        made(2, "b", 250, ("success", 252)),
        made(3, "c", 299, ("success", 300)),
        nothing(4, "c", 310),
        made(5, "b", 339, ("success", 340)),
    ),
    # It ends a downtime like any success.
    "repairs": (
        made(2, "b", 299, ("failure", 300)),
        nothing(3, "a", 310),
        made(4, "b", 339, ("success", 340)),
    ),
    # It failed first: an outage, but in no count of deployments.
    "failed first": (
        made(2, "b", 299, ("failure", 300), ("success", 302, None, NOTHING)),
        made(4, "c", 339, ("success", 340)),
    ),
}


@cache
def unchanged() -> dict[str, Any]:
    """The rows of all of UNCHANGED."""
    return rows_of(*(case(name, *deployments) for name, deployments in UNCHANGED.items()))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("nightly", (1, (0, 1), None, 0, 1, 7)),
        ("receives", (1, (0, 1), None, 0, 1, 10)),
        ("goes back", (1, (0, 1), None, 0, 2, 32.5)),
        ("between", (3, (1, 3), 40, 0, 2, 8.5)),
        ("repairs", (1, (1, 2), 10, 0, 1, 95)),
        ("failed first", (1, (0, 1), 2, 0, 1, 50)),
    ],
)
def test_an_apply_that_changed_nothing_is_no_deployment(
    name: str, expected: tuple[Any, ...]
) -> None:
    """D3: it is live and receives commits, and is in no count."""
    assert expected == told(unchanged()[name])


def test_unchanged_applies_are_counted_by_coverage() -> None:
    """C1: nine nights, and one of each other case."""
    assert 14 == unchanged()["coverage"]["unchanged"]


def test_no_unchanged_apply_is_rework() -> None:
    """RW1: of all cases only the rollback past one is rework."""
    rework = {name: unchanged()[name]["rework_rate"]["rework"] for name in UNCHANGED}
    assert {name: int(name == "between") for name in UNCHANGED} == rework


def test_what_an_unchanged_apply_received_does_not_wait() -> None:
    """LT8: of b, c and d it has received b, and later c was shipped."""
    assert 1 == unchanged()["receives"]["waiting"]["changes"]
