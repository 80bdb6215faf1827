"""Checks deployments and their statuses for what distorts the numbers (C1, D3, D6).

Looked at are the deployments that a report judges, W3 (a) and (b), of environments that may have a
row: those of the window and of the look-back before it.
"""

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import Outcomes, show
from dora.config import Config
from dora.doctor.model import Finding
from dora.doctor.source_limits import find_limits
from dora.doctor.workflow_runs import ATTEMPT, find_runs
from dora.model.tables import DEPLOYMENT, Tables


def find_deployments(tables: Tables, analysis: Analysis, config: Config) -> Iterator[Finding]:
    """What is wrong with deployments, their statuses and their commits."""
    shown = show(analysis.outcomes, config)
    filed = take_filed(shown)
    yield from _without_success(shown)
    yield from _without_production(shown)
    if len(filed) or not config.sources:
        is_mixed = len(filed) < len(shown)
        yield from (_of_filed(one, is_mixed=is_mixed) for one in _statuses(tables, filed, config))
    yield _unknown_commits(shown)
    yield from find_limits(shown)
    yield _lookback(analysis, config)


def _statuses(tables: Tables, filed: Outcomes, config: Config) -> Iterator[Finding]:
    """What only GitHub's Deployments can have wrong: statuses, and runs that file several."""
    yield _unfinished(tables, filed, config, has_status=False)
    yield _unfinished(tables, filed, config, has_status=True)
    yield _not_started(filed)
    yield _lost(filed)
    yield _same_run(tables, filed, config)


def _of_filed(finding: Finding, *, is_mixed: bool) -> Finding:
    """*finding*, which says of which deployments it is true where there are others, too."""
    if finding.severity != "ok" or not is_mixed:
        return finding
    what = f"Of GitHub's Deployments: {finding.what[:1].lower()}{finding.what[1:]}"
    return replace(finding, what=what)


def take_filed(shown: Outcomes) -> Outcomes:
    """Those of *shown* that are Deployments of GitHub's: others have no statuses to mend (D8)."""
    return Outcomes(shown[shown["source"] == "deployments"])


def count_by_environment(outcomes: pd.DataFrame) -> dict[str, int]:
    """Rows of *outcomes* by `REPOSITORY/ENVIRONMENT`, sorted."""
    names = outcomes["repository"] + "/" + outcomes["name"]
    return {str(name): int(number) for name, number in names.value_counts().sort_index().items()}


def _about(finding: Finding, counts: dict[str, int], fine: str) -> Finding:
    """*finding* of those in *counts*, or that it is *fine* where there are none."""
    if not counts:
        return Finding(finding.check, "ok", fine)
    return Finding(
        finding.check,
        finding.severity,
        finding.what,
        finding.meaning,
        finding.mend,
        tuple(counts),
        counts,
    )


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


# -- successes ----------------------------------------------------------------------------------


def _without_success(shown: Outcomes) -> Iterator[Finding]:
    """Repositories that only ever failed or never finished, and environments of the others.

    What is wrong with Deployments of GitHub's is usually a status that nobody writes.
    """
    succeeded = shown["succeeded_at"].notna()
    of_repository = succeeded.groupby(shown["repository"]).transform("any").astype("bool")
    of_environment = succeeded.groupby([shown["repository"], shown["name_key"]])
    never = shown[~of_repository]
    counts = never["repository"].value_counts().sort_index()
    meaning = "They have no lead time and a frequency of 0; what failed there still counts as such."
    yield _about(
        Finding(
            "repository-without-success",
            "warning",
            "Nothing was deployed with success from these repositories.",
            meaning,
            _success_advice(never),
        ),
        {str(name): int(number) for name, number in counts.items()},
        "Every repository that deploys has successes.",
    )
    partly = shown[of_repository & ~of_environment.transform("any").astype("bool")]
    yield _about(
        Finding(
            "environment-without-success",
            "warning",
            "Nothing was deployed with success to these environments.",
            meaning,
            _success_advice(partly),
        ),
        count_by_environment(partly),
        "Every environment that is deployed to has successes.",
    )


def _success_advice(never: pd.DataFrame) -> str:
    """What to do where nothing succeeded: statuses are written in GitHub's Deployments alone."""
    is_filed = never["source"] == "deployments"
    of_filed = (
        "Let what deploys write the status success at its end: a job with `environment:` does so "
        "by itself, other tools by the API."
    )
    of_others = "Check that [[sources]] names what deploys, and not what is run before it."
    advice = {of_filed: is_filed.any() or never.empty, of_others: (~is_filed).any()}
    return " ".join(text for text, applies in advice.items() if applies)


def _without_production(shown: Outcomes) -> Iterator[Finding]:
    is_production = shown["tier"] == "production"
    has_any = is_production.groupby(shown["repository"]).transform("any").astype("bool")
    counts = shown.loc[~has_any, "repository"].value_counts().sort_index()
    yield _about(
        Finding(
            "repository-without-production",
            "note",
            "These repositories deploy, but to no environment of the tier production.",
            "They are in no row by team or organization, and an incident finds one of their "
            "deployments only by its name.",
            "If one of their environments is production, say so under [tiers] or [environments].",
        ),
        {str(name): int(number) for name, number in counts.items()},
        "Every repository that deploys has an environment of the tier production.",
    )


# -- statuses and commits -----------------------------------------------------------------------


def _unfinished(tables: Tables, shown: Outcomes, config: Config, *, has_status: bool) -> Finding:
    """Deployments that have long been without an end (D3), with or without any status."""
    written = tables.statuses[tables.statuses["created_at"] < config.window.until]
    has_any = pd.MultiIndex.from_frame(shown[DEPLOYMENT]).isin(
        pd.MultiIndex.from_frame(written[DEPLOYMENT])
    )
    is_abandoned = (shown["outcome"] == "abandoned") & shown["failed_status_at"].isna()
    abandoned = shown[is_abandoned & (has_any == has_status)]
    number = _counted(len(abandoned), "deployment")
    hours = f"{config.stale_after.total_seconds() / 3600:g} h"
    if has_status:
        return _about(
            Finding(
                "deployment-unfinished",
                "note",
                f"{number} never came to an end: no success or failure after {hours} or more.",
                "They are in no metric.",
                "If they did end, let what deploys write success or failure; an approval that is "
                "never given, or a cancelled job, leaves such ones, too.",
            ),
            count_by_environment(abandoned),
            "No deployment with statuses was left without an end.",
        )
    return _about(
        Finding(
            "deployment-without-status",
            "warning",
            f"{number} of {hours} or older without any status.",
            "They are in no metric: nobody knows whether they succeeded.",
            "Let what creates them write a status (success, failure) when it is done.",
        ),
        count_by_environment(abandoned),
        "Every deployment has a status.",
    )


def _not_started(shown: Outcomes) -> Finding:
    """Deployments that ended before they began (D3)."""
    ended = shown[shown["outcome"] == "not_started"]
    return _about(
        Finding(
            "deployment-not-started",
            "note",
            f"{_counted(len(ended), 'deployment')} ended without having started.",
            "They are in no metric: an approval was refused or expired, or the track-deployment "
            "action says that no apply was reached.",
            "Nothing needs to be done; `dora explain` shows the reason of each.",
        ),
        count_by_environment(ended),
        "Every deployment that ended had started.",
    )


def _lost(shown: Outcomes) -> Finding:
    """Deployments whose runner disappeared (D3)."""
    lost = shown[(shown["outcome"] == "abandoned") & shown["failed_status_at"].notna()]
    return _about(
        Finding(
            "deployment-runner-gone",
            "note",
            f"{_counted(len(lost), 'deployment')} ended because the runner was gone.",
            "They are in no metric: nobody knows whether they changed anything.",
            "Look at the runners if it happens often.",
        ),
        count_by_environment(lost),
        "No deployment lost its runner.",
    )


def _unknown_commits(shown: Outcomes) -> Finding:
    unknown = shown[~shown["is_known"] & shown["succeeded_at"].notna()]
    number = _counted(len(unknown), "successful deployment")
    return _about(
        Finding(
            "deployment-without-commit",
            "note",
            f"{number} of commits that GitHub no longer has (force-pushed away, or never pushed).",
            "They count in frequency and failures, but ship no change: the next one does.",
            "Deploy from branches that are not rewritten.",
        ),
        count_by_environment(unknown),
        "GitHub still has the commit of every success.",
    )


def _lookback(analysis: Analysis, config: Config) -> Finding:
    environments = analysis.history.environments
    hit = environments[environments["hit_budget"]]
    hit = analysis.environments.merge(hit, on=["repository", "environment_key"])
    return _about(
        Finding(
            "lookback-limit",
            "warning",
            f"More than {config.collect.older_deployments:,} older deployments would have to be "
            "looked at.",
            "Old changes may count as new: lead times may be too long.",
            "Raise collect.older_deployments.",
        ),
        count_by_environment(hit),
        "No look-back hit its limit.",
    )


# -- workflow runs ------------------------------------------------------------------------------


def _same_run(tables: Tables, shown: Outcomes, config: Config) -> Finding:
    """Where one attempt of a workflow run filed several deployments to one environment (D6)."""
    check = "deployment-same-run"
    if config.deployments.collapse == "run":
        together = int(shown["parts"].map(len).sum()) - len(shown)
        what = f"{_counted(together, 'deployment')} fell together with others of a workflow run."
        return Finding(check, "ok", what, counts={"deployments": together})
    runs = find_runs(tables, shown, config)
    sizes = runs.groupby(ATTEMPT)["deployment"].transform("size")
    shared = runs[sizes > 1]
    left = len(shared[ATTEMPT].drop_duplicates())
    return _about(
        Finding(
            check,
            "warning",
            f"{len(shared):,} deployments share their workflow run with others to the same "
            f"environment: by runs they would be {left:,}.",
            "Each job that names an environment files a deployment: frequency may be too high, "
            "the change fail rate too low.",
            'Set deployments.collapse = "run"; or name the environment in the job that deploys '
            "alone.",
        ),
        count_by_environment(shared),
        "No workflow run filed two deployments to one environment.",
    )
