"""How changes travel from tier to tier."""

from typing import Any

from dora.analysis.analysis import analyse
from dora.model.tables import Tables
from dora.report.page.model import Step
from dora.report.page.promotion import find_promotion
from tests.support.tables import (
    DAY,
    Rows,
    config,
    deployment,
    join,
    line,
    no_deployments,
    repository,
    tables,
)

HOUR = 3600.0


def steps_of(read: Tables, **options: Any) -> list[tuple[str, str, int, float | None, int]]:
    """The organization's steps: from, to, changes, median in hours, what came directly."""
    asked = config(**options)
    return list(map(_short, find_promotion(analyse(read, asked), asked).organization))


def _short(step: Step) -> tuple[str, str, int, float | None, int]:
    median = None if step.median is None else step.median / HOUR
    return step.origin, step.tier, step.changes, median, step.direct


def shipped(first: int, *at: tuple[str, str, float], repository: str = "api") -> Rows:
    """Deployments that succeed at once: environment, commit, hours ago."""
    return join(
        deployment(first + n, sha, hours, environment=environment, repository=repository)
        for n, (environment, sha, hours) in enumerate(at)
    )


BEGUN = (("dev", "a", 50 * DAY), ("qa", "a", 49 * DAY), ("production", "a", 48 * DAY))


def test_steps_are_measured_from_tier_to_tier() -> None:
    """J2: from the change's start to the first tier, from there to the next, and so on."""
    read = tables(
        line(a=60 * DAY, b=20 * DAY, c=10 * DAY),
        shipped(1, *BEGUN),
        shipped(
            4, ("dev", "b", 20 * DAY - 2), ("qa", "b", 19 * DAY), ("production", "b", 18 * DAY)
        ),
        shipped(7, ("dev", "c", 10 * DAY - 4), ("qa", "c", 9 * DAY), ("production", "c", 6 * DAY)),
    )
    expected = [
        ("", "development", 2, 3.0, 0),
        ("development", "testing", 2, 21.0, 0),
        ("testing", "production", 2, 48.0, 0),
    ]
    assert expected == steps_of(read)


def test_quartiles_interpolate() -> None:
    """J3: the quartiles of a step's times are interpolated, as those of the lead time are."""
    read = tables(
        line(a=60 * DAY, b=20 * DAY, c=10 * DAY, d=5 * DAY),
        shipped(1, BEGUN[0]),
        shipped(
            4, ("dev", "b", 20 * DAY - 1), ("dev", "c", 10 * DAY - 2), ("dev", "d", 5 * DAY - 5)
        ),
    )
    asked = config()
    expected = Step("", "", "", "development", 3, 1.5 * HOUR, 2 * HOUR, 3.5 * HOUR, 0)
    promotion = find_promotion(analyse(read, asked), asked)
    assert (expected,) == promotion.organization
    assert ("api",) == tuple(step.repository for step in promotion.repositories)


def test_step_belongs_to_the_window_that_it_ends_in() -> None:
    """J2: shipped to dev before the window and to production in it, the step counts."""
    read = tables(
        line(a=60 * DAY, b=40 * DAY),
        shipped(1, ("dev", "a", 58 * DAY), ("production", "a", 57 * DAY)),
        shipped(3, ("dev", "b", 39 * DAY), ("production", "b", 20 * DAY)),
    )
    assert [("development", "production", 1, 19.0 * DAY, 0)] == steps_of(read)


def test_change_that_skips_a_tier_came_directly() -> None:
    """J2: what came without the tier before, or before it came there, makes no step."""
    read = tables(
        line(a=60 * DAY, b=20 * DAY, c=10 * DAY),
        shipped(1, ("qa", "a", 58 * DAY), ("production", "a", 57 * DAY)),
        shipped(3, ("production", "b", 19 * DAY), ("qa", "b", 18 * DAY)),
        shipped(5, ("production", "c", 9 * DAY)),
    )
    expected = [("", "testing", 1, 48.0, 0), ("testing", "production", 0, None, 2)]
    assert expected == steps_of(read)


def test_arrival_is_the_first_in_the_tier() -> None:
    """J1: of several environments of one tier the one that has a change first says when."""
    read = tables(
        line(a=60 * DAY, b=20 * DAY),
        shipped(1, ("prod-eu", "a", 58 * DAY), ("prod-us", "a", 57 * DAY)),
        shipped(3, ("prod-eu", "b", 19 * DAY), ("prod-us", "b", 12 * DAY)),
    )
    assert [("", "production", 1, 24.0, 0)] == steps_of(read)


def test_each_repository_has_its_own_stations() -> None:
    """J1: a repository without a tier steps over it; pooled steps are told apart by both ends."""
    read = tables(
        repository("api"),
        repository("web"),
        line(a=60 * DAY, b=20 * DAY),
        line("web", a=60 * DAY, b=20 * DAY),
        shipped(1, *BEGUN),
        shipped(4, ("dev", "b", 19 * DAY), ("qa", "b", 18 * DAY), ("production", "b", 17 * DAY)),
        shipped(11, BEGUN[0], BEGUN[2], repository="web"),
        shipped(14, ("dev", "b", 19 * DAY), ("production", "b", 12 * DAY), repository="web"),
    )
    expected = [
        ("", "development", 2, 24.0, 0),
        ("development", "testing", 1, 24.0, 0),
        ("development", "production", 1, 7.0 * DAY, 0),
        ("testing", "production", 1, 24.0, 0),
    ]
    assert expected == steps_of(read)


def test_other_environments_are_no_station() -> None:
    """J1: an environment of no tier is not on the way."""
    read = tables(
        line(a=60 * DAY, b=20 * DAY),
        shipped(1, ("nowhere", "a", 58 * DAY), ("nowhere", "b", 19 * DAY)),
    )
    assert [] == steps_of(read)


def test_excluded_authors_make_no_step() -> None:
    """LT9: changes of excluded authors are left out."""
    read = tables(
        line(a=60 * DAY),
        {
            "commits": [("api", "b", *[line(b=20 * DAY)["commits"][0][2]] * 2, "bot", None)],
            "parents": [("api", "b", 0, "a")],
        },
        shipped(1, ("dev", "a", 58 * DAY), ("dev", "b", 19 * DAY)),
    )
    assert [("", "development", 1, 24.0, 0)] == steps_of(read)
    assert [] == steps_of(read, changes={"exclude_authors": ["bot"]})


def test_nothing_in_nothing_out() -> None:
    """J2: where nothing was deployed nothing travelled."""
    assert [] == steps_of(no_deployments())
