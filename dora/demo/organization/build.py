"""`medica-flow`, a made-up organization: four months up to an instant.

`build_organization(now, seed)` gives the same organization for the same arguments, everywhere. Each
of what follows happens in it at least once in the last 90 days (or before, where it says so):

- superseded successes turned `inactive`, also in production where `production_environment` is
  false; failure after success and success after failure on one deployment; failed attempts in a
  row; an outage still open; a commit deployed twice; deployments out of order or at one instant;
- one under way; approvals: usual ones (terraform-ci), two still waiting, one that waited 23 days
  over the window's edge, one refused; abandoned ones (no status, queued for days, only `inactive`);
- rollbacks to the previous commit, over two deployments, forward again, of a rollback, by task, by
  payload (JSON, and JSON within a JSON string); hotfixes by label and branch; reverts by commit, by
  request, of a revert; failure labels and tags; incidents that name their deployment by id, sha or
  address, or do not; open and closed ones; one that is no deployment's fault;
- squash, rebase, merge and octopus commits, direct pushes, open requests, bots, force-pushed
  commits, long-lived branches (rebased and merged), back-dated commits, an author date after the
  deployment;
- several jobs of one workflow run; environments of pull requests by hundreds; odd names (in
  chaos-playground); `github-pages`; a status that renames; spellings `prod`, `production` and
  `Production`; tenants `prod-eu` and `prod-us`;
- repositories: more than 1,000 deployments (patient-portal), archived (legacy-intake), empty
  (sandbox), without deployments (design-system), first deployment inside the window (fhir-bridge),
  production quiet for 100 days (data-warehouse), nothing since the 30 days before the window
  (fax-gateway), nothing for years (report-archive), and on demand a forbidden one (payments-vault).
"""

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dora.demo.organization import change_scenarios, scenarios
from dora.demo.organization.model import Organization, Repository, Team
from dora.demo.organization.pipeline import cut, supersede, went_well
from dora.demo.organization.service import Service
from dora.demo.organization.team import ORGANIZATION, Work

SEED = 7
FIRST_DEPLOYMENT_ID = 1_700_000_000  #: of the order of GitHub's, below the greatest GraphQL Int
_YEARS_AGO = 1100  #: days: the last deployment of report-archive

Plot = Callable[[Work], None]


def build_organization(now: datetime, seed: int = SEED, *, forbidden: bool = False) -> Organization:
    """The organization as it is at *now* (aware UTC; whole seconds are taken).

    With *forbidden* there is one more repository, which the token may list but not read.
    """
    now = now.replace(microsecond=0)
    services = [*_SERVICES, (_VAULT, _nothing)] if forbidden else list(_SERVICES)
    worked = [_work(service, plot, now, seed) for service, plot in services]
    for work in worked:
        work.pipeline.drafts[:] = cut(work.pipeline.drafts, now)
        supersede(work.pipeline.drafts)
    _number(worked, seed)
    repositories = [_repository(index, work) for index, work in enumerate(worked)]
    empty = Repository("sandbox", 910_000_999, now - timedelta(days=30))
    return Organization(ORGANIZATION, now, (*repositories, empty), _TEAMS)


def _work(service: Service, plot: Plot, now: datetime, seed: int) -> Work:
    work = Work(service, now, seed)
    plot(work)
    work.plan_routine()
    work.run()
    return work


def _number(worked: Sequence[Work], seed: int) -> None:
    """Give every deployment its id: they grow with time over the whole organization."""
    draw = random.Random(f"{seed}:ids")
    drafts = [draft for work in worked for draft in work.pipeline.drafts]
    identity = FIRST_DEPLOYMENT_ID
    for draft in sorted(drafts, key=lambda one: one.created_at):
        identity += draw.randrange(1, 900)
        draft.id = identity


def _repository(index: int, work: Work) -> Repository:
    service, now = work.service, work.now
    first = next(iter(work.history.commits.values()))
    drafts = sorted(work.pipeline.drafts, key=lambda one: one.id)
    issues = sorted(work.issues, key=lambda one: one.created_at)
    return Repository(
        name=service.name,
        database_id=910_000_000 + 37 * index,
        created_at=first.committed_at,
        head=work.history.head,
        commits=work.history.commits,
        pull_requests=tuple(work.history.requests),
        deployments=tuple(draft.frozen() for draft in drafts),
        issues=tuple(work.issue_of(one) for one in issues if one.created_at <= now),
        tags=tuple(work.tags),
        archived_at=work.day(service.archived_days) if service.archived_days else None,
        is_private=service.name != "design-system",
        topics=("healthcare",) if service.name.startswith("patient") else (),
        forbidden=service is _VAULT,
    )


# ---- what happens where --------------------------------------------------------------------------


def _nothing(_: Work) -> None:
    """Nothing but routine."""


def _terraform(work: Work) -> None:
    scenarios.failed_attempts(work, 20)
    scenarios.failure_after_success(work, 41)
    scenarios.success_after_failure(work, 33)
    scenarios.same_instant(work, 12)
    scenarios.approvals(work)


def _patient_api(work: Work) -> None:
    scenarios.roll_back_one(work, 25)
    scenarios.roll_back_two(work, 52)
    change_scenarios.odd_clocks(work, 44)
    scenarios.redeploy(work, 15)
    change_scenarios.incident(work, 62, "id")


def _portal(work: Work) -> None:
    change_scenarios.reverts(work, 35)
    change_scenarios.incident(work, 18, "url")


def _appointments(work: Work) -> None:
    scenarios.roll_back_by_payload(work, 38)
    scenarios.out_of_order(work, 47)
    change_scenarios.labelled(work, 22, "change-failure", "feature/slots")
    change_scenarios.incident(work, 5, is_open=True)
    scenarios.under_way(work)
    change_scenarios.open_request(work)


def _billing(work: Work) -> None:
    scenarios.roll_back_by_payload(work, 55, twice_encoded=True)
    scenarios.abandoned(work)
    change_scenarios.long_branch(work, 18, "rebase", 80)
    change_scenarios.labelled(work, 40, "hotfix", "urgent-fix")


def _lab(work: Work) -> None:
    scenarios.still_down(work)
    scenarios.gone_commit(work, 37)
    change_scenarios.long_branch(work, 60, "merge", 112)
    change_scenarios.incident(work, 29, "sha")


def _notification(work: Work) -> None:
    change_scenarios.tagged(work, 31, "failed/2-4-0", annotated=True)
    change_scenarios.tagged(work, 57, "rollback/2-1-0", annotated=False)
    change_scenarios.tagged(work, 71, "v2.0.0", annotated=True)


def _identity(work: Work) -> None:
    scenarios.renamed(work, 24)
    change_scenarios.labelled(work, 49, "", "hotfix/sign-in")
    change_scenarios.incident(work, 66)
    early = work.day(80, 11)
    work.at(early, lambda: work.deploy("production", work.history.head, early, went_well(5)))


def _infrastructure(work: Work) -> None:
    change_scenarios.octopus(work, 34)
    scenarios.failed_attempts(work, 64)


def _chaos(work: Work) -> None:
    scenarios.odd_names(work)


def _quiet(work: Work) -> None:
    change_scenarios.unrelated_incident(work, 14)
    moment = work.day(100, 11)
    work.at(moment, lambda: work.deploy("prod", work.history.head, moment, went_well(5)))


def _ancient(work: Work) -> None:
    moment = work.day(_YEARS_AGO, 11)
    work.at(moment, lambda: work.deploy("prod", work.history.head, moment, went_well(5)))


_EU_US = ("prod-eu", "prod-us")
_SERVICES: tuple[tuple[Service, Plot], ...] = (
    (Service("terraform-ci", 8, 5, 0.14, flagged=False, approval=True), _terraform),
    (
        Service(
            "patient-api",
            16,
            9,
            0.09,
            production=("production",),
            flagged=True,
            preview="preview/{branch}",
        ),
        _patient_api,
    ),
    (
        Service(
            "patient-portal",
            24,
            18,
            0.05,
            pace=0.2,
            production=("production",),
            preview="pr-{number}",
            before=("dev", "qa"),
            ways=(1, 0, 0),
        ),
        _portal,
    ),
    (Service("appointment-service", 10, 6, 0.10), _appointments),
    (Service("billing-worker", 7, 3, 0.16, ways=(0.2, 0.2, 0.6)), _billing),
    (Service("lab-results-api", 9, 5, 0.08, ways=(0.3, 0.6, 0.1)), _lab),
    (Service("notification-gateway", 5, 1.5, 0.07, 2.5, production=_EU_US), _notification),
    (Service("identity-provider", 4, 2, 0.05, production=("Production",), flagged=True), _identity),
    (Service("data-warehouse", 3, 0, before=("dev",)), _quiet),
    (Service("infrastructure", 6, 4, 0.18, before=("qa",), direct=0.4), _infrastructure),
    (Service("fhir-bridge", 5, 3, 0.1, start_days=45, old_commits=0), _nothing),
    (Service("fax-gateway", 2, 3, 0.1, stop_days=96, before=("qa",)), _nothing),
    (Service("design-system", 4, deploys=False), _nothing),
    (Service("chaos-playground", 2, 0, before=()), _chaos),
    (Service("legacy-intake", 2, 2, 0.2, stop_days=46, before=(), archived_days=40), _nothing),
    (Service("report-archive", 0, 0, start_days=_YEARS_AGO + 90), _ancient),
)
_VAULT = Service("payments-vault", 3, 2, 0.1)
_TEAMS = (
    Team(
        "platform",
        "Platform",
        {
            "terraform-ci": "admin",
            "infrastructure": "admin",
            "identity-provider": "maintain",
            "patient-api": "read",
        },
    ),
    Team(
        "patient-care",
        "Patient Care",
        {
            "patient-api": "admin",
            "patient-portal": "admin",
            "appointment-service": "maintain",
            "notification-gateway": "maintain",
            "fhir-bridge": "admin",
        },
    ),
    Team("money", "Billing & Claims", {"billing-worker": "admin", "payments-vault": "admin"}),
    Team(
        "data",
        "Data",
        {
            "data-warehouse": "admin",
            "lab-results-api": "maintain",
            "fhir-bridge": "maintain",
        },
    ),
    Team("everyone", "Everyone", {"patient-portal": "triage", "sandbox": "write"}),
)
