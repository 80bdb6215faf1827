"""The rows of a report."""

from typing import Any

import pandas as pd
import pytest

from dora.analysis.analysis import judge
from dora.analysis.history import trace_history
from dora.analysis.outcomes import find_environments, find_outcomes
from dora.model.tables import Tables
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
    assert [production] == rows_of(read, by="organization")
    assert [testing, other] == rows_of(read, by="organization", tier=("other", "testing"))


@pytest.mark.parametrize("by", ["repository", "environment"])
def test_tier_chooses_rows(by: str) -> None:
    """C1: `--tier` chooses rows; without it all tiers are shown."""
    read = tables(deployment(1, "a", 9), deployment(2, "a", 9, environment="qa"))
    assert ["production", "testing"] == [tier for _, tier in rows_of(read, by=by)]
    assert ["testing"] == [tier for _, tier in rows_of(read, by=by, tier=("testing",))]


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
