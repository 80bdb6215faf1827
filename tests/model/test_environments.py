"""Environments: which are one, of which tier, which are left out."""

import json
from typing import Any

import pytest

from dora.config.settings import ServiceSettings, TierSettings
from dora.model.environments import Environment, environment_reader, find_tier, service_reader
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


@pytest.mark.parametrize(
    "name",
    [
        "pr-12", "PR-12", "pr/12", "pr12", "shop-pr-12", "staging-pr-12", "prod_pr_7",
        "pull/9/merge", "pull9", "preview", "preview/prod", "preview2", "shop (Preview)",
        "Preview: shop", "review-x", "production-review",
    ],
)  # fmt: skip
def test_ephemeral_environments_are_of_no_tier(name: str) -> None:
    """D5: environments that live as long as a pull request are other, whatever their words."""
    expected = environment(name, name.casefold(), "other", is_ephemeral=True)
    assert expected == environment_reader(config())(name)


@pytest.mark.parametrize(
    "name",
    [
        "pr-main", "pr", "pull", "pull-request", "12-pr", "pr-12a", "pr-v12", "prpr12", "sprint-12",
        "pr-x-12", "previews", "reviewer", "code_reviewed",
    ],
)  # fmt: skip
def test_words_that_are_nearly_those_of_ephemeral_environments(name: str) -> None:
    """D5: `pr` and `pull` need a number right behind them, and words are whole words."""
    assert not environment_reader(config())(name).is_ephemeral


def test_globs_add_ephemeral_environments_and_take_some_back() -> None:
    """D5: a glob behind `!` wins, wherever it stands, over words and over other globs."""
    globs = ("!pr-1", "feature-*", "!*-main", "!Preview")
    read = environment_reader(config(ephemeral_environments=globs))
    names = ["pr-1", "PR-1", "pr-2", "pr-11", "Feature-x", "feature-main", "preview", "preview-2"]
    found = [name for name in names if read(name).is_ephemeral]
    assert ["pr-2", "pr-11", "Feature-x", "preview-2"] == found
    assert (
        "production"
        == environment_reader(config(ephemeral_environments=("!prod-preview",)))(
            "prod-preview"
        ).tier
    )


def test_ephemeral_is_told_from_the_canonical_name() -> None:
    """D5, D1: a mapped name is judged by what it is mapped to."""
    read = environment_reader(config(environments={"pr-*": "shared", "branch": "pr-0"}))
    assert [False, True, True] == [read(n).is_ephemeral for n in ("pr-1", "branch", "preview")]


def test_environment_option_chooses_by_canonical_name() -> None:
    """C1: `--environment` narrows everything to the canonical names that fit one of its globs."""
    read = environment_reader(config(environment=("prod*",), environments={"live": "production"}))
    assert [True, True, False] == [read(n).is_chosen for n in ("live", "PROD-EU", "qa")]


UNMARKED = {"run_id": 7, "run_attempt": 1, "key": "7-1-0a"}


@pytest.mark.parametrize(
    ("payload", "service"),
    [
        ({"dora": 1, "service": "api"}, "api"),
        ({"dora": 1, "stack": "net"}, "net"),
        ({"dora": 1, "service": "api", "stack": "net"}, "api"),
        ({"dora": 1, "service": "", "stack": "net"}, "net"),
        ({"dora": 1, "service": ["api"], "stack": "net"}, "net"),
        ({"dora": 1, "service": {"stack": "net"}}, ""),
        ({"dora": 1}, ""),
        ({**UNMARKED, "stack": "net"}, "net"),
        *(({**UNMARKED, "stack": "net", name: None}, "net") for name in UNMARKED),
        *(
            ({**{key: value for key, value in UNMARKED.items() if key != name}, "stack": "net"}, "")
            for name in UNMARKED
        ),
        ({"service": "api", "stack": "net"}, ""),
        *(({"dora": mark, "service": "api"}, "") for mark in (True, "1", 1.0, 2, None, [1])),
    ],
)
def test_service_that_our_own_action_names(payload: dict[str, Any], service: str) -> None:
    """G3: in a payload with `"dora": 1`, or with the keys that it wrote before; no other's."""
    read = service_reader(ServiceSettings())
    text = json.dumps(payload)
    assert [service] * 2 == [read("production", "deploy", one) for one in (text, json.dumps(text))]
    turned_off = service_reader(ServiceSettings(source="none"))
    assert "" == turned_off("production", "deploy", text)


@pytest.mark.parametrize(
    "payload",
    [
        *(None, "", "{}", "null", "[]", '"service"', "service", '["service", "dora"]', "{service"),
        pytest.param('{"service":' + 50_000 * "[", id="nested too deeply"),
        pytest.param('{"service": "api", "dora": ' + 5_000 * "1" + "}", id="a number too long"),
    ],
)
def test_payloads_that_name_no_service(payload: str | None) -> None:
    """G3: whatever a payload holds, it is read without trouble."""
    assert "" == service_reader(ServiceSettings())("production", "deploy", payload)


@pytest.mark.parametrize(
    ("services", "expected"),
    [
        ({"pattern": "^(?P<service>[a-z]+)-prod$"}, "web"),
        ({"source": "environment", "pattern": "^(?P<service>[a-z]+)-prod$"}, "web"),
        ({"source": "task", "pattern": "^deploy:(?P<service>.+)"}, "db"),
        ({"source": "payload:stack", "pattern": "(?P<service>.+)"}, "net"),
        ({"source": "payload:service", "pattern": "(?P<service>.+)"}, "api"),
        ({"source": "none", "pattern": "(?P<service>.+)"}, ""),
        ({}, "api"),
    ],
)
def test_service_where_it_is_configured(services: dict[str, str], expected: str) -> None:
    """G3: a pattern takes the place of what the action wrote; by default the environment has it."""
    payload = json.dumps({"dora": 1, "service": "api", "stack": "net"})
    assert expected == service_reader(ServiceSettings(**services))("web-prod", "deploy:db", payload)
