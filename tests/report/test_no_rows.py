"""Why a report has no rows, and what would give it some, in words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dora.render.formatting import plain
from dora.render.markdown import code
from dora.report.coverage_model import Coverage, NoRows, PossibleSource, Scope, Unreadable
from dora.report.model import Report
from dora.report.no_rows import what_gives_rows, why_no_rows
from tests.support import reports

ALL = ("production", "staging", "testing", "development", "other")
INIT = "run `dora init --org acme`"
DOCTOR = "Run `dora doctor --org acme`: it says"


def scope(**narrowed: Any) -> Scope:
    """What a run looked at: everything, but for what is *narrowed*."""
    return Scope(
        **{"repositories": ("*",), "environments": ("*",), "tiers": ALL, **narrowed, "unread": ()}
    )


def skipped(**counts: int) -> Coverage:
    """Coverage of repositories that were skipped for these reasons, and of no other."""
    return reports.coverage(skipped={name.replace("_", " "): n for name, n in counts.items()})


def unreadable(*names: str, **counts: int) -> Coverage:
    """Coverage of unreadable repositories, and of so many that were skipped."""
    gone = tuple(Unreadable(name, "gone") for name in names)
    return reports.coverage(unreadable=gone, skipped=counts)


def seen(read: int = 1, without: int = 0, **deployments: int) -> Coverage:
    """Coverage of *read* repositories with *deployments* that make no row."""
    found = reports.coverage(read, skipped={"no deployments": without})
    return Coverage(found.repositories, deployments)


def made(coverage: Coverage, scope: Scope | None = None, organization: str = "acme") -> Report:
    """A report without rows."""
    return replace(reports.report((), coverage, organization=organization), scope=scope)


NO_TOKEN = f"{DOCTOR} which permissions the token lacks."
REASONS = (
    "The reason is given for each; `dora doctor --org acme` says whether the token lacks a "
    "permission."
)
SEES = f"{DOCTOR} what the token sees of each repository."
LOOK = f"R{INIT[1:]}: it looks for releases, workflows, tags or merges to make rows from."
EPHEMERAL = (
    "--ephemeral shows short-lived environments; [environments] and deployments.exclude leave out "
    "others."
)
LATER = "A longer time may have some: see --since."
STAGING = "no deployment to the tier staging or other finished in this time or shortly before it"
NOTHING = "nothing was deployed in this time or shortly before it"


@pytest.mark.parametrize(
    ("coverage", "narrowed", "why", "advice"),
    [
        (reports.coverage(), {}, "the token sees no repository of this organization", NO_TOKEN),
        (unreadable("a", "b"), {}, "the repositories could not be read", REASONS),
        (
            unreadable("a", archived=2),
            {},
            "no repository of acme is left to read: 2 of 3 are archived, 1 could not be read",
            SEES,
        ),
        (
            skipped(no_deployments=12, archived=2),
            {},
            "no repository of acme has Deployments: 12 of 14 have none, 2 are archived",
            LOOK,
        ),
        (
            skipped(no_deployments=1, archived=1, empty=1, excluded=1_200),
            {},
            (
                "no repository of acme has Deployments: 1 of 1,203 has none, 1 is archived, "
                "1 is empty, 1,200 are left out by --repo"
            ),
            LOOK,
        ),
        (
            skipped(no_deployments=14),
            {},
            "none of the 14 repositories of acme has Deployments",
            LOOK,
        ),
        (skipped(no_deployments=1), {}, "the only repository of acme has no Deployments", LOOK),
        (
            skipped(no_deployments=3),
            {"environments": ("qa-*", "x")},
            "none of the 3 repositories of acme has Deployments to an environment like qa-* or x",
            "Leave --environment out, or name others with it.",
        ),
        (
            skipped(excluded=14),
            {"repositories": ("web-*",)},
            "--repo leaves out all 14 repositories of acme",
            "Leave --repo out, or name others with it.",
        ),
        (skipped(archived=2), {}, "both repositories of acme are archived", SEES),
        (skipped(archived=1), {}, "the only repository of acme is archived", SEES),
        (skipped(empty=14), {}, "all 14 repositories of acme are empty", SEES),
        (seen(3), {}, NOTHING, LATER),
        (seen(3, 2), {}, f"{NOTHING}; 2 of 5 repositories have no Deployments", LOOK),
        (
            seen(3),
            {"environments": ("qa",)},
            "nothing was deployed to an environment like qa in this time or shortly before it",
            LATER,
        ),
        (
            seen(3, ephemeral=9),
            {"tiers": ("staging", "other")},
            f"{STAGING}; left out, or never finished: 9 to short-lived environments",
            f"--tier all shows every tier. {EPHEMERAL}",
        ),
        (seen(3), {"tiers": ("staging", "other")}, STAGING, "--tier all shows every tier."),
        (
            seen(3, 1),
            {"tiers": ("staging", "other")},
            f"{STAGING}; 1 of 4 repositories has no Deployments",
            LOOK,
        ),
        (
            seen(3, ephemeral=1_212, left_out=1, in_progress=2, abandoned=3, not_started=4),
            {},
            (
                "all that was deployed was left out, or never finished: 1,212 to short-lived "
                "environments, 1 left out by the configuration, 2 still in progress, 3 abandoned, "
                "4 never started"
            ),
            EPHEMERAL,
        ),
        (
            seen(1, abandoned=3),
            {},
            "all that was deployed was left out, or never finished: 3 abandoned",
            LATER,
        ),
    ],
)
def test_each_cause_has_its_own_sentence(
    coverage: Coverage, narrowed: dict[str, Any], why: str, advice: str
) -> None:
    """C1: every cause is told apart, in numbers, with what to do about it."""
    given = made(coverage, scope(**narrowed)), plain, NoRows()
    assert (why, advice) == (why_no_rows(*given), what_gives_rows(*given))


@pytest.mark.parametrize(
    ("looked_at", "sources", "advice"),
    [
        (
            14,
            (PossibleSource("releases", 12), PossibleSource("workflow", 3, "Deploy")),
            f"12 repositories have releases, 3 have a workflow `Deploy`: {INIT}.",
        ),
        (
            3,
            (
                PossibleSource("tags", 1),
                PossibleSource("merges", 1),
                PossibleSource("workflow", 1),
            ),
            f"1 repository has tags, 1 has merges alone, 1 has workflows that deploy: {INIT}.",
        ),
        (14, (), f"No source of deployments was found in 14 repositories: {INIT} to look again."),
    ],
)
def test_sources_that_would_give_rows(
    looked_at: int, sources: tuple[PossibleSource, ...], advice: str
) -> None:
    """D8: what was found is counted by kind of source, with the command that makes use of it."""
    no_rows = NoRows(looked_at=looked_at, sources=sources)
    assert advice == what_gives_rows(made(skipped(no_deployments=14)), plain, no_rows)


def test_sources_that_the_settings_name_have_nothing() -> None:
    """D8: with [[sources]] it is not GitHub's Deployments that are missing."""
    given = made(skipped(no_deployments=2, empty=1)), plain, NoRows(has_entries=True)
    assert (
        "no repository of acme has deployments of its [[sources]]: 2 of 3 have none, 1 is empty"
        == why_no_rows(*given)
    )


def test_a_window_that_is_over_says_until_when() -> None:
    """W2: what came later is not denied."""
    earlier = made(skipped(no_deployments=2))
    at = earlier.generated.at + timedelta(days=1)
    later = replace(earlier, generated=replace(earlier.generated, at=at))
    why = "none of the 2 repositories of acme has Deployments before 2026-11-23 06:00"
    assert why == why_no_rows(later, plain, NoRows())


def test_hostile_names_stay_names() -> None:
    """Names are quoted as the format has it, within commands, too."""
    found = NoRows(looked_at=1, sources=(PossibleSource("workflow", 1, "@team `x`\n# y"),))
    given = made(skipped(no_deployments=2, empty=1), organization="a`b"), code, found
    assert (
        "no repository of ``a`b`` has Deployments: 2 of 3 have none, 1 is empty",
        "1 repository has a workflow ``@team `x`\ufffd# y``: run ``dora init --org 'a`b'``.",
    ) == (why_no_rows(*given), what_gives_rows(*given))
