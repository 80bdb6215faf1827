"""The rows of a report."""

from typing import Any

import pandas as pd
import pytest

from dora.analysis.analysis import judge
from dora.analysis.history import trace_history
from dora.analysis.outcomes import find_environments, find_outcomes
from dora.model.tables import Tables
from dora.report.build import build_report
from dora.report.rows import find_groups
from tests.support.tables import DAY, config, deployment, line, listed, pending, repository, tables


def rows_of(read: Tables, **options: Any) -> list[tuple[dict[str, str], str]]:
    """Key and tier of every row, in order."""
    asked = config(**options)
    found, succeeded = find_outcomes(read.deployments, read.statuses, asked)
    outcomes, _ = judge(found, succeeded, trace_history(found, read, asked), asked)
    groups = find_groups(find_environments(outcomes, asked), read, asked)
    return list(zip(groups.rows["key"], groups.rows["tier"], strict=True))


def names(read: Tables, **options: Any) -> list[str]:
    """Repository and environment of every row, in order."""
    return ["/".join(key.values()) for key, _ in rows_of(read, **options)]


def test_row_for_every_environment_that_ever_finished() -> None:
    """G0: since the look-back began; one that has gone quiet stays, one that never finished not."""
    read = tables(
        repository("api"),
        repository("web"),
        deployment(1, "a", 59 * DAY),
        deployment(2, "a", 5 * DAY, ("failure", 5 * DAY), environment="staging"),
        pending(3, "a", 5 * DAY, environment="qa"),
        deployment(4, "a", 61 * DAY, repository="web"),
        deployment(5, "a", 60 * DAY, repository="web", environment="dev"),
    )
    assert ["api/production", "api/staging", "web/dev"] == names(read)


def test_no_row_for_ephemeral_and_left_out_environments() -> None:
    """G0, D1, D5: unless asked for, environments of pull requests have no row."""
    read = tables(
        deployment(1, "a", 9, environment="pr-1"),
        deployment(2, "a", 9, environment="tmp"),
        deployment(3, "a", 9, environment="qa"),
    )
    options: dict[str, Any] = {"environments": {"tmp": False}}
    assert ["api/qa"] == names(read, **options)
    assert ["api/qa", "api/pr-1"] == names(read, ephemeral=True, **options)


def test_previews_have_no_rows() -> None:
    """D5: of 41 environments, forty of them previews, one has a row."""
    previews = [
        *(f"shop-pr-{number}" for number in range(1, 21)),
        *(f"staging-pr-{number}" for number in range(1, 20)),
        "shop (Preview)",
    ]
    read = tables(
        deployment(99, "a", 9),
        *(deployment(number, "a", 9, environment=name) for number, name in enumerate(previews)),
    )
    report = build_report(read, config())
    assert [{"repository": "api", "environment": "production"}] == [row.key for row in report.rows]
    assert 40 == report.coverage.deployments["ephemeral"]


def test_rows_are_sorted() -> None:
    """Rows: by repository, tier, then environment, by code point."""
    environments = ("dev", "zoo", "Zoo2", "prod-us", "Production", "prod-eu", "staging", "qa")
    read = tables(
        repository("b"),
        repository("B"),
        *(deployment(n, "a", 9, environment=e, repository="b") for n, e in enumerate(environments)),
        deployment(90, "a", 9, repository="B"),
    )
    expected = [
        "B/production", "b/Production", "b/prod-eu", "b/prod-us", "b/staging", "b/qa", "b/dev",
        "b/Zoo2", "b/zoo",
    ]  # fmt: skip
    assert expected == names(read)


def test_rows_by_environment() -> None:
    """G1, D1: environments of all repositories by name, case ignored, spelt as the youngest."""
    read = tables(
        repository("api"),
        repository("web"),
        deployment(1, "a", 9, environment="PROD"),
        deployment(2, "a", 8, environment="prod", repository="web"),
        deployment(3, "a", 7, environment="qa"),
    )
    expected = [({"environment": "prod"}, "production"), ({"environment": "qa"}, "testing")]
    assert expected == rows_of(read, by="environment")


def test_rows_by_organization() -> None:
    """G1: a row a tier, production unless other tiers are asked for."""
    read = tables(
        deployment(1, "a", 9),
        deployment(2, "a", 9, environment="prod-eu"),
        deployment(3, "a", 9, environment="qa"),
        deployment(4, "a", 9, environment="x"),
    )
    key = "medica-flow"
    production = ({"organization": key, "tier": "production"}, "production")
    testing = ({"organization": key, "tier": "testing"}, "testing")
    other = ({"organization": key, "tier": "other"}, "other")
    assert [production] == rows_of(read, by="organization", tier=())
    assert [testing, other] == rows_of(read, by="organization", tier=("other", "testing"))


@pytest.mark.parametrize("by", ["repository", "environment"])
def test_tier_chooses_rows(by: str) -> None:
    """G1: `--tier` chooses rows: production alone without it, every tier with `all`."""
    read = tables(deployment(1, "a", 9), deployment(2, "a", 9, environment="qa"))
    choices = [(), ("all",), ("testing",), ("staging",), ("staging", "all")]
    asked = {choice: rows_of(read, by=by, tier=choice) for choice in choices}
    found = {choice: [tier for _, tier in rows] for choice, rows in asked.items()}
    expected = {
        (): ["production"],
        ("all",): ["production", "testing"],
        ("testing",): ["testing"],
        ("staging",): [],
        ("staging", "all"): ["production", "testing"],
    }
    assert expected == found


@pytest.mark.parametrize("by", ["repository", "environment", "team", "organization"])
def test_every_tier_where_nothing_is_production(by: str) -> None:
    """G1: an organization without any row of production shows all, whatever `--by`, and says so."""
    read = tables(
        deployment(1, "a", 9, environment="qa"),
        deployment(2, "a", 9, environment="x"),
        pending(3, "a", 9),
        deployment(4, "a", 9, environment="left"),
        repository("api"),
    )
    options: dict[str, Any] = {"by": by, "environments": {"left": False}}
    shown = [tier for _, tier in rows_of(read, tier=(), **options)]
    assert ["testing", "other"] == shown
    assert [] == rows_of(read, tier=("production",), **options)
    told = [
        build_report(read, config(tier=tier, **options)).lacks_production
        for tier in ((), ("all",), ("production",))
    ]
    assert [True, False, False] == told


def test_nothing_is_said_of_production_where_there_are_no_rows() -> None:
    """G1: an empty report has no row of any tier: that is said in other words."""
    assert not build_report(tables(), config(tier=())).lacks_production


def test_ephemeral_environments_stand_beside_the_tier_shown() -> None:
    """D5: `--ephemeral` brings their rows in, whichever tier is shown; none is production."""
    read = tables(
        deployment(1, "a", 9),
        deployment(2, "a", 9, environment="qa"),
        deployment(3, "a", 9, environment="pr-1"),
        deployment(4, "a", 9, environment="x"),
    )
    asked = [names(read, ephemeral=True, tier=tier) for tier in ((), ("testing",), ("all",))]
    expected = [
        ["api/production", "api/pr-1"],
        ["api/qa", "api/pr-1"],
        ["api/production", "api/qa", "api/pr-1", "api/x"],
    ]
    assert expected == asked
    alone = tables(
        deployment(3, "a", 9, environment="pr-1"), deployment(4, "a", 9, environment="x")
    )
    assert ["api/pr-1", "api/x"] == names(alone, ephemeral=True, tier=())


def test_rows_of_the_window_before_are_of_the_same_tiers() -> None:
    """K1, G1: where nothing is of production now, the staging before is compared, not dropped."""
    read = tables(
        deployment(1, "a", 50 * DAY),
        deployment(2, "a", 50 * DAY, environment="staging"),
        deployment(3, "a", 9 * DAY, environment="staging"),
    )
    report = build_report(read, config(tier=(), compare=True, since="30d", lookback="0d"))
    assert [("staging", True)] == [(row.tier, row.previous is not None) for row in report.rows]
    assert report.before is not None
    assert ({"repository": "api", "environment": "production"},) == report.before.gone


def test_members_of_a_group() -> None:
    """G1: each environment counts for the row that pools it, and for no other."""
    read = tables(
        deployment(1, "a", 9),
        deployment(2, "a", 9, environment="prod-eu"),
        deployment(3, "a", 9, environment="qa"),
    )
    asked = config(by="organization", tier=("production", "testing"))
    outcomes, _ = find_outcomes(read.deployments, read.statuses, asked)
    groups = find_groups(find_environments(outcomes, asked), read, asked)
    expected = [("prod-eu", 0), ("production", 0), ("qa", 1)]
    assert expected == sorted(listed(groups.members, "environment_key", "group"))
    event = pd.DataFrame({"repository": ["api", "web"], "environment_key": ["qa", "qa"]})
    assert [("api", 1)] == listed(groups.grouped(event), "repository", "group")


def test_mapped_environments_are_one_row() -> None:
    """D1: names mapped to one canonical name are one environment with one history."""
    read = tables(
        line(a=50 * DAY, b=9 * DAY),
        deployment(1, "a", 40 * DAY, environment="prod-1"),
        deployment(2, "b", 9 * DAY, environment="prod-2"),
    )
    assert ["api/live"] == names(read, environments={"prod-?": "live"})
