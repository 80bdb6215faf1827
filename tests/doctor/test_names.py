"""What the doctor says of environments' names and of patterns: D1, D4, D5."""

from typing import Any

import pytest
from hypothesis import given

from dora.analysis.analysis import analyse
from dora.config.settings import TierSettings
from dora.demo.organization.model import Organization
from dora.doctor.diagnose import diagnose
from dora.doctor.names import find_word
from dora.model.environments import find_tier
from tests.support.diagnoses import API, FINE, LAW, deployed, diagnosis_of, found, repository
from tests.support.random_organizations import organizations
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("production", "production"),
        ("prod-eu", "prod"),
        ("prod2", "prod"),
        ("LIVE/api", "live"),
        ("qa-production", "production"),
        ("pre-prod", "pre-prod"),
        ("preprod", "preprod"),
        ("pre-live-2", "pre-live"),
        ("non-prod", "non-prod"),
        ("nonprod", "nonprod"),
        ("stage_1", "stage"),
        ("product-search", None),
        ("nonsense", None),
        ("", None),
        ("2", None),
    ],
)
def test_the_word_that_decides(name: str, word: str | None) -> None:
    """The word of a name that puts it in its tier (D4)."""
    assert find_word(name, TierSettings()) == word
    assert word is None or find_tier(word, TierSettings()) == find_tier(name, TierSettings())


def names_of(*environments: str, **options: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    """What decided over names of environments: check, what, names."""
    own = repository("api", *(deployed(9 - n, name) for n, name in enumerate(environments)))
    return [
        (one.check, one.what, one.subjects)
        for one in diagnosis_of(own, **options).findings
        if one.check.startswith("environment-") and one.subjects
    ]


def test_environments_and_what_decides() -> None:
    """Every name with its tier and the word that decided, or that none did (D1, D4, D5)."""
    assert names_of("prod", "Prod", "live", "nonprod", "qa", "pr-1", "pr-2", "web") == [
        ("environment-tier", "production, by the word 'live'", ("live",)),
        ("environment-tier", "production, by the word 'prod'", ("Prod", "prod")),
        ("environment-tier", "testing, by the word 'qa'", ("qa",)),
        ("environment-tier", "other, by the word 'nonprod'", ("nonprod",)),
        (
            "environment-tier-unknown",
            (
                "Nothing in the names of these environments says which tier they are: they "
                "count as other."
            ),
            ("web",),
        ),
        (
            "environment-ephemeral",
            "ephemeral, by the word 'pr' and a number, left out",
            ("pr-1", "pr-2"),
        ),
    ]


def test_environments_that_are_mapped() -> None:
    """A name that is mapped, and one that is left out, with the glob that did it (D1)."""
    mapping = {"github-*": False, "P*": "Production", "*": "rest"}
    assert names_of("prod", "github-pages", "pr-1", "x", environments=mapping) == [
        ("environment-mapped", "'*' in [environments], read as 'rest'", ("x",)),
        ("environment-mapped", "'P*' in [environments], read as 'Production'", ("pr-1", "prod")),
        ("environment-tier", "production, by the word 'production'", ("pr-1", "prod")),
        (
            "environment-tier-unknown",
            (
                "Nothing in the names of these environments says which tier they are: they "
                "count as other."
            ),
            ("x",),
        ),
        ("environment-left-out", "'github-*' in [environments], left out", ("github-pages",)),
    ]


def test_patterns_that_fit_nothing() -> None:
    """Configured patterns that fit nothing of what was read; defaults are nobody's."""
    assert found("pattern-unused", API)[0].severity == "ok"
    (finding,) = found(
        "pattern-unused",
        API,
        environments={"prod": "production", "PROD": "x", "stage*": "staging"},
        ephemeral_environments=("tmp-*", "PRODUCTION", "!pr-*", "!prod*"),
        teams={"us": ("A*", "web")},
        repo=("api", "wob*"),
        environment=("qa", "prod*"),
        sources=(
            {"from": "merges", "repositories": ["api", "apy"]},
            {"from": "workflow", "workflow": "x.yml", "repositories": ["zz-*"]},
        ),
    )
    assert (
        "warning",
        (
            "--environment qa",
            "--repo wob*",
            "[[sources]] 1 (merges) repositories: apy (did you mean api?)",
            "[[sources]] 2 (workflow `x.yml`) repositories: zz-*",
            '[environments] "PROD" (an earlier one fits first)',
            '[environments] "stage*"',
            "[teams] us: web",
            "ephemeral_environments !pr-*",
            "ephemeral_environments tmp-*",
        ),
    ) == (finding.severity, finding.subjects)


@LAW
@given(organizations())
def test_every_environment_is_explained_once(organization: Organization) -> None:
    """Every name that deployments have is explained, and its deployments are all counted."""
    tables, config = tables_of(organization), config_of(organization)
    analysis = analyse(tables, config)
    findings = diagnose(FINE, tables, analysis, config).findings
    explained = {"environment-tier", "environment-tier-unknown", "environment-ephemeral"}
    counts: dict[str, int] = {}
    for one in findings:
        if one.check in explained:
            assert not counts.keys() & one.counts.keys()
            counts |= one.counts
    names = analysis.outcomes["environment"].value_counts().to_dict()
    assert counts == names
