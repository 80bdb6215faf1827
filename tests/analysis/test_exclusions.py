"""What is no deployment, by hand: D9."""

from dataclasses import replace
from typing import Any

import pytest

from dora.demo.organization.model import Deployment
from tests.support.small_repositories import (
    Told,
    answers,
    ask,
    check,
    deploy,
    line,
    repository,
    rows,
)

#: Two applies of production.
APPLIES = (deploy(1, "a", -5), deploy(2, "b", 2), deploy(3, "c", 4))


def plan(number: int, at: float, **other: Any) -> Deployment:
    """A plan that a pull request filed to production: it succeeds at once, and deploys nothing."""
    return deploy(number, "d", at, **{"ref": f"refs/pull/{number}/merge", **other})


PLANS = (plan(11, 1), plan(12, 3), plan(13, 5))
BY_REF = (("environment", ("production",)), ("ref", ("refs/pull/*",)))


def counts(*deployments: Deployment, exclude: Any = (), **other: Any) -> tuple[Any, ...]:
    """Successes, failed, finished, changes shipped and rework of the only row."""
    api = repository(line("abcd"), *deployments)
    (row,) = rows(api, exclude=exclude, **other)
    rate = row["change_fail_rate"]
    return (
        row["deployment_frequency"]["deployments"],
        rate["failed"],
        rate["deployments"],
        row["change_lead_time"]["changes"],
        row["rework_rate"]["rework"],
    )


def test_plans_of_pull_requests() -> None:
    """D9: two applies and three plans filed to production are two deployments."""
    assert (5, 2, 5, 3, 2) == counts(*APPLIES, *PLANS)
    assert (2, 0, 2, 2, 0) == counts(*APPLIES, *PLANS, exclude=(BY_REF,))
    check(Told({}, [], []), repository(line("abcd"), *APPLIES, *PLANS), exclude=(BY_REF,))


@pytest.mark.parametrize(
    ("other", "table"),
    [
        ({"task": "deploy:migrations"}, (("task", ("deploy:migrations",)),)),
        ({"task": "Deploy:Migrations"}, (("task", ("*:MIGR*",)),)),
        ({"description": "dry run of 7"}, (("description", ("dry run*",)),)),
        ({"creator": "release[bot]"}, (("creator", ("release",)),)),
        ({"creator": "release[bot]"}, (("creator", ("release[bot]",)),)),
        ({"creator": "release[bot]"}, (("creator", ("rel*[bot]",)), ("environment", ("prod*",)))),
        ({"ref": "feature/x"}, (("ref", ("main", "feature/?")),)),
        ({"task": "plan", "creator": "ada"}, (("task", ("plan",)), ("creator", ("ADA",)))),
    ],
)
def test_whatever_tells_them_apart(other: dict[str, str], table: Any) -> None:
    """D9: by task, description, creator, or ref; beside the two of another kind."""
    filed = {"creator": "github-actions[bot]", "task": "deploy", "ref": "main", **other}
    applies = [replace(one, creator="chitra", ref="release") for one in APPLIES]
    others = [plan(number, number - 10, **filed) for number in (11, 13, 15)]
    assert (2, 0, 2, 2, 0) == counts(*applies, *others, exclude=(table,))


@pytest.mark.parametrize(
    "table",
    [
        (("task", ("plan",)), ("ref", ("refs/pull/*",))),
        (("creator", ("argo-cd[bot]",)), ("ref", ("refs/pull/*",))),
        (("ref", ("refs/pull",)),),
        (("ref", ("pull/*",)),),
        (("description", ("?*",)), ("environment", ("production",))),
        (("creator", ("*[bot",)),),
    ],
)
def test_all_of_a_table_must_fit(table: Any) -> None:
    """D9: a glob of every key that is given, and the whole of a text."""
    assert (5, 2, 5, 3, 2) == counts(*APPLIES, *PLANS, exclude=(table,))


def test_a_person_is_no_app() -> None:
    """D9: a glob with `[bot]` fits Apps alone, one without fits both."""
    filed = [deploy(n, "a", n, creator=name) for n, name in enumerate(["x[bot]", "x", "y"], 1)]
    by_glob = {
        glob: counts(*filed, exclude=((("creator", (glob,)),),))[0]
        for glob in ("x", "x[bot]", "*[bot]", "[bot]")
    }
    assert {"x": 1, "x[bot]": 2, "*[bot]": 2, "[bot]": 3} == by_glob


def test_a_second_app_files_the_same_release() -> None:
    """D9: two Apps that file one release are one deployment, failed ones too; nothing overlaps."""
    api = repository(
        line("ab"),
        deploy(1, "a", 1, creator="github-actions[bot]"),
        deploy(2, "a", 1.1, ("success", 1.1), ("failure", 1.2), creator="argo-cd[bot]"),
        deploy(3, "b", 2, ("failure", 2), creator="github-actions[bot]"),
        deploy(4, "b", 2.1, creator="argo-cd[bot]"),
        deploy(5, "b", 3, creator="github-actions[bot]"),
    )
    failed = {3: [("status", 2, 3, "failure")]}
    table = (("creator", ("argo-cd",)),)
    check(Told(failed, [(2, 3, [3])], [], never_live=1), api, exclude=(table,))


def test_it_is_as_if_it_were_not_there() -> None:
    """W3, G0, D1, D6, C2: no row, no spelling, no part of a run, no baseline; left out it is."""
    api = repository(
        line("abcd"),
        deploy(1, "a", 1, environment="prod"),
        deploy(2, "c", 2, environment="PROD", task="plan"),
        deploy(3, "b", 3, environment="prod"),
        deploy(4, "a", 4, environment="qa", task="plan"),
        deploy(5, "a", 5, environment="pr-7", task="plan"),
        deploy(6, "a", 6, environment="pr-8"),
        deploy(7, "d", 7, ("pending", 7), environment="prod", task="plan"),
    )
    report, evidence = answers([api], ask, {"exclude": ((("task", ("plan",)),),)})
    assert [{"repository": "api", "environment": "prod"}] == [row["key"] for row in report["rows"]]
    told = report["coverage"]["deployments"]
    assert (4, 1, 0) == (told["left_out"], told["ephemeral"], told["in_progress"])
    assert [1, 3] == [one["id"] for one in evidence["deployments"]]
