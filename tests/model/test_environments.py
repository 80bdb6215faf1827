"""Environments: which are one, of which tier, which are left out."""

import pytest

from dora.config.settings import TierSettings
from dora.model.environments import Environment, environment_reader, find_tier
from tests.support.tables import config


def environment(
    name: str, key: str, tier: str, *, is_ephemeral: bool = False, is_left_out: bool = False
) -> Environment:
    """An environment that was chosen."""
    return Environment(name, key, tier, is_ephemeral, is_left_out, is_chosen=True)


@pytest.mark.parametrize(
    ("name", "tier"),
    [
        ("production", "production"),
        ("Prod", "production"),
        ("PRD", "production"),
        ("prod-eu", "production"),
        ("prod2", "production"),
        ("production/api", "production"),
        ("eu_live_1", "production"),
        ("staging", "staging"),
        ("uat3", "staging"),
        ("preprod", "staging"),
        ("pre-prod", "staging"),
        ("pre_live2", "staging"),
        ("prelive", "staging"),
        ("PreProduction", "staging"),
        ("qa", "testing"),
        ("test1", "testing"),
        ("dev", "development"),
        ("sandbox 7", "development"),
        ("non-prod", "other"),
        ("nonprod", "other"),
        ("non production", "other"),
        ("product-search", "other"),
        ("reproduction", "other"),
        ("2prod", "other"),
        ("github-pages", "other"),
        ("", "other"),
        ("dev-prod", "production"),
        ("test-staging", "staging"),
        ("int-qa", "testing"),
        ("pre-prod-live", "production"),
        ("non-prod-dev", "development"),
    ],
)
def test_tier_is_read_from_the_words_of_a_name(name: str, tier: str) -> None:
    """D4: whole words decide, digits at their end dropped; of several tiers the first."""
    assert tier == find_tier(name, TierSettings())


def test_words_of_a_tier_are_configurable() -> None:
    """D4: other words of production are joined by `pre` and `non` just the same."""
    words = TierSettings(production=("GO",), testing=("prod",))
    names = ("go", "pre-go", "non-go", "prod", "pre-prod")
    expected = ["production", "staging", "other", "testing", "testing"]
    assert expected == [find_tier(name, words) for name in names]


def test_first_fitting_glob_names_an_environment_once() -> None:
    """D1: the first glob that fits wins, and what it names is not mapped again."""
    mapping = {"prod-*": "Live", "live": "elsewhere", "prod-eu": "never", "tmp*": False}
    read = environment_reader(config(environments=mapping))
    expected = [
        environment("Live", "live", "production"),
        environment("elsewhere", "elsewhere", "other"),
        environment("Tmp1", "tmp1", "other", is_left_out=True),
        environment("QA", "qa", "testing"),
    ]
    assert expected == [read(name) for name in ("PROD-eu", "LIVE", "Tmp1", "QA")]


@pytest.mark.parametrize("name", ["pr-12", "PR-12", "pr/12", "preview", "preview/prod", "review-x"])
def test_ephemeral_environments_are_of_no_tier(name: str) -> None:
    """D5: environments that live as long as a pull request are other, whatever their words."""
    expected = environment(name, name.casefold(), "other", is_ephemeral=True)
    assert expected == environment_reader(config())(name)


def test_ephemeral_is_told_from_the_canonical_name() -> None:
    """D5, D1: a mapped name is judged by what it is mapped to."""
    read = environment_reader(
        config(environments={"pr-*": "shared", "branch": "pr-0"}, ephemeral_environments=("PR-*",))
    )
    assert [False, True, False] == [read(n).is_ephemeral for n in ("pr-1", "branch", "preview")]


def test_environment_option_chooses_by_canonical_name() -> None:
    """C1: `--environment` narrows everything to the canonical names that fit one of its globs."""
    read = environment_reader(config(environment=("prod*",), environments={"live": "production"}))
    assert [True, True, False] == [read(n).is_chosen for n in ("live", "PROD-EU", "qa")]
