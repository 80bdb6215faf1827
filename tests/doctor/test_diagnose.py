"""What the doctor finds in repositories and deployments."""

from dataclasses import replace
from typing import Any

from hypothesis import given

from dora.analysis.analysis import analyse
from dora.analysis.outcomes import find_outcomes, show
from dora.demo.organization.model import Deployment, Organization, Repository, Status
from dora.doctor.deployments import count_by_environment
from dora.doctor.diagnose import diagnose
from dora.doctor.model import Finding
from dora.doctor.workflow_runs import ATTEMPT, find_runs
from dora.model.token_rights import Probe
from tests.support.diagnoses import (
    API,
    DAY,
    FINE,
    HOUR,
    LAW,
    NOW,
    deployed,
    diagnosis_of,
    found,
    repository,
)
from tests.support.random_organizations import organizations
from tests.support.runs import config_of
from tests.support.truth_tables import tables_of

RUN = "https://github.com/acme/api/actions/runs"


def test_nothing_at_all() -> None:
    """Without any repository it is said that none is seen, and not what follows from that."""
    seen = replace(FINE, visible=0, private=0, sample=None)
    diagnosis = diagnosis_of(checkup=seen, incidents={"repositories": ["gone"]})
    assert [("repositories-visible", "problem"), ("report-rows", "problem")] == [
        (one.check, one.severity) for one in diagnosis.findings if one.severity != "ok"
    ]
    assert not diagnosis.is_complete


# -- repositories -------------------------------------------------------------------------------


def test_unreadable_repositories() -> None:
    """A repository that may not be read is a problem, with what was refused (C1)."""
    vault = repository("vault", forbidden=True)
    probed = replace(FINE, unread=(Probe("vault", ("deployments", "contents"), "no!"),))
    diagnosis = diagnosis_of(API, vault, checkup=replace(probed, scopes=None))
    (finding,) = [one for one in diagnosis.findings if one.check == "repository-unreadable"]
    assert finding == Finding(
        "repository-unreadable",
        "problem",
        "1 repository cannot be read: forbidden",
        "What happens there is in no number.",
        "Give the token or App the permissions Deployments: read, Contents: read.",
        ("vault",),
    )
    assert not diagnosis.is_complete


def test_many_unreadable_repositories_are_one_finding() -> None:
    """Those of one reason and remedy stand together; not every one is asked again."""
    vaults = [repository(f"vault{n}", forbidden=True) for n in range(3)]
    probed = replace(FINE, unread=tuple(Probe(one.name, (), "gone") for one in vaults[:2]))
    findings = found("repository-unreadable", API, *vaults, checkup=probed)
    assert [("vault0", "vault1"), ("vault2",)] == [one.subjects for one in findings]


def test_repositories_read_in_part() -> None:
    """A repository whose history was not read to its end is a problem."""
    whole = tables_of(Organization("acme", NOW, (API,))).repositories
    partial = {"repositories": whole.assign(incomplete="its history was read for 3 pages")}
    assert found("repository-incomplete", API, tables=partial) == [
        Finding(
            "repository-incomplete",
            "problem",
            "1 repository read in part: its history was read for 3 pages",
            subjects=("api",),
        )
    ]


def test_other_gaps() -> None:
    """Whatever else could not be read at all is a problem."""
    (finding,) = found("pagerduty-unreadable", API, tables={"gaps": {"PagerDuty": "no!"}})
    assert ("problem", "The PagerDuty cannot be read: no!") == (finding.severity, finding.what)


def test_skipped_and_silent_repositories() -> None:
    """Repositories without deployments, without recent ones, and skipped ones (C1)."""
    repositories = (
        API,
        repository("docs"),
        repository("old", deployed(900)),
        repository("gone", deployed(5), archived_at=NOW - DAY),
        Repository("void", 5, NOW - DAY),
    )
    assert ("docs",) == found("repository-without-deployments", *repositories)[0].subjects
    assert ("old",) == found("repository-silent", *repositories)[0].subjects
    assert ("gone",) == found("repository-archived", *repositories)[0].subjects
    assert ("void",) == found("repository-empty", *repositories)[0].subjects


# -- deployments --------------------------------------------------------------------------------


def failed(number: int, environment: str = "prod") -> Deployment:
    at = NOW - number * DAY
    return deployed(number, environment, statuses=(Status("failure", at + HOUR),))


def test_without_success() -> None:
    """Repositories that never succeeded, and environments of those that did."""
    broken = repository("broken", failed(9), failed(8, "qa"))
    partly = repository("partly", deployed(9), failed(8, "qa"), failed(7, "QA"))
    assert found("repository-without-success", API, broken, partly) == [
        Finding(
            "repository-without-success",
            "warning",
            "Nothing was deployed with success from these repositories.",
            subjects=("broken",),
            counts={"broken": 2},
        )
    ]
    (finding,) = found("environment-without-success", API, broken, partly)
    assert {"partly/QA": 2} == finding.counts


def test_without_production() -> None:
    """A repository that deploys to no production is in no pooled row."""
    staged = repository("staged", deployed(9, "staging"))
    (finding,) = found("repository-without-production", API, staged)
    assert ("note", {"staged": 1}) == (finding.severity, finding.counts)


def test_deployments_without_a_status() -> None:
    """A deployment without any status a day later is in no metric; a young one is waited for."""
    quiet = repository(
        "quiet",
        deployed(9),
        deployed(8, statuses=()),
        deployed(0, statuses=()),
        deployed(7, statuses=(Status("queued", NOW - 7 * DAY),)),
    )
    (finding,) = found("deployment-without-status", quiet)
    assert finding == Finding(
        "deployment-without-status",
        "warning",
        "1 deployment of 24 h or older without any status.",
        subjects=("quiet/prod",),
        counts={"quiet/prod": 1},
    )
    (finding,) = found("deployment-unfinished", quiet)
    assert ("note", {"quiet/prod": 1}) == (finding.severity, finding.counts)


def test_deployments_without_a_commit() -> None:
    """A deployment whose commit is gone ships nothing (LT10)."""
    rewritten = repository("rewritten", deployed(9), replace(deployed(5), sha="f" * 40))
    (finding,) = found("deployment-without-commit", rewritten)
    assert ("note", {"rewritten/prod": 1}) == (finding.severity, finding.counts)


def test_deployments_that_had_not_started() -> None:
    """D3: refused approvals and lost runners are told apart from what is merely unfinished."""
    at = NOW - 5 * DAY
    refused = (Status("waiting", at), Status("failure", at + HOUR))
    gone = (
        Status("in_progress", at),
        Status("error", at + HOUR, description="its runner was gone"),
    )
    read = repository("api", deployed(5, statuses=refused), deployed(4, statuses=gone), deployed(3))
    checks = ("deployment-not-started", "deployment-runner-gone", "deployment-unfinished")
    told = [(one.severity, one.counts) for check in checks for one in found(check, read)]
    assert [("note", {"api/prod": 1}), ("note", {"api/prod": 1}), ("ok", {})] == told


def run_of(days: int, run: int, environment: str = "prod", **more: Any) -> Deployment:
    """A job of a run so many days ago; it succeeded after an hour."""
    at = NOW - days * DAY
    address = f"{RUN}/{run}/job/{days}"
    statuses = (Status("queued", at, "https://ci.example/1"), Status("success", at + HOUR, address))
    return deployed(days, environment, **{"statuses": statuses, **more})


def job_of(days: int, run: int) -> Deployment:
    """A job of the run's attempt so many days ago, five minutes after its first; it fails."""
    at = NOW - days * DAY + HOUR / 12
    statuses = (Status("failure", at + HOUR, f"{RUN}/{run}/job/{days}2"),)
    return replace(deployed(days), id=2000 - days, created_at=at, statuses=statuses)


SHARING = repository(
    "api",
    run_of(9, 1),
    replace(job_of(9, 1), environment="Prod"),
    run_of(7, 1, "qa"),
    run_of(6, 2),
    run_of(5, 3),
    job_of(5, 3),
    run_of(4, 3),
    job_of(4, 3),
    deployed(2),
)
AGAIN = repository(
    "web",
    run_of(9, 1, statuses=(Status("failure", NOW - 9 * DAY + HOUR, f"{RUN}/1/job/9"),)),
    run_of(8, 1),
    run_of(5, 1),
    run_of(4, 1, payload='{"run_attempt": 4}'),
)


def test_deployments_of_one_run() -> None:
    """Deployments of one run's attempt to one environment would fall together (D6)."""
    assert found("deployment-same-run", SHARING) == [
        Finding(
            "deployment-same-run",
            "warning",
            "6 deployments share their workflow run with others to the same environment: by runs "
            "they would be 3.",
            subjects=("api/prod",),
            counts={"api/prod": 6},
        )
    ]


def test_runs_that_were_run_again_share_nothing() -> None:
    """D6: a re-run is a deployment of its own, with the setting and without it."""
    (finding,) = found("deployment-same-run", AGAIN)
    assert ("ok", {}) == (finding.severity, finding.counts)
    (finding,) = found("deployment-same-run", AGAIN, deployments={"collapse": "run"})
    assert {"deployments": 0} == finding.counts


def test_deployments_of_one_run_once_collapsed() -> None:
    """With `deployments.collapse = "run"` it is said how many fell together."""
    together = {"deployments": {"collapse": "run"}}
    assert found("deployment-same-run", SHARING, **together) == [
        Finding(
            "deployment-same-run",
            "ok",
            "3 deployments fell together with others of a workflow run.",
            counts={"deployments": 3},
        )
    ]


@LAW
@given(organizations())
def test_runs_are_those_that_collapse(organization: Organization) -> None:
    """What the doctor counts is what `collapse = "run"` does (D6)."""
    tables = tables_of(organization)
    split, whole = (
        config_of(organization, deployments={"collapse": how}) for how in ("none", "run")
    )
    shown = show(find_outcomes(tables.deployments, tables.statuses, split)[0], split)
    collapsed = show(find_outcomes(tables.deployments, tables.statuses, whole)[0], whole)
    runs = find_runs(tables, shown, split)
    wholes = runs[ATTEMPT].drop_duplicates()
    assert len(shown) - len(runs) + len(wholes) == len(collapsed)
    assert sum(count_by_environment(shown).values()) == len(shown)


def test_lookback_limit() -> None:
    """Environments where the look-back hit its budget may take old changes for new (W3)."""
    deep = repository("deep", deployed(95), deployed(5))
    (finding,) = found("lookback-limit", deep, collect={"older_deployments": 0}, since="20d")
    assert finding.severity == "ok"
    tables = tables_of(Organization("acme", NOW, (deep,)))
    config = config_of(Organization("acme", NOW, (deep,)), since="20d")
    analysis = analyse(tables, config)
    marked = analysis.history.environments.assign(hit_budget=True)
    history = replace(analysis.history, environments=marked)
    diagnosis = diagnose(FINE, tables, replace(analysis, history=history), config)
    (finding,) = [one for one in diagnosis.findings if one.check == "lookback-limit"]
    assert ("warning", ("deep/prod",)) == (finding.severity, finding.subjects)
