"""`medica-flow`, a made-up organization: four months up to an instant.

`build_organization(now, seed)` gives the same organization for the same arguments, everywhere. Each
of what follows happens in it at least once in the last 90 days (or before, where it says so):

- superseded successes turned `inactive`, also in production where `production_environment` is
  false; failure after success and success after failure on one deployment; failed attempts in a
  row; a failure still open; a commit deployed twice; deployments out of order or at one instant;
- one under way; approvals: usual ones (terraform-ci), two still waiting, one that waited 23 days
  over the window's edge, one refused, one expired; abandoned ones (no status, queued for days, only
  `inactive`); plans of requests filed as production, applies that changed nothing, applies that had
  not begun and that had (terraform-ci); two stacks in one environment (infrastructure);
- rollbacks to the previous commit, over two deployments, forward again, of a rollback, by task, by
  payload (JSON, and JSON within a JSON string); hotfixes by label and branch; reverts by commit, by
  request, of a revert; a hotfix picked onto what is live (fhir-bridge); failure labels and tags;
  incidents that name their deployment by id, sha, address or an issue form, or do not; open and
  closed ones; dismissed ones; one that is no deployment's fault;
- squash, rebase, merge and octopus commits, direct pushes, open requests, bots, force-pushed
  commits, long-lived branches (rebased and merged), back-dated commits, an author date after the
  deployment;
- deployments of other tools than Actions (Vercel, Argo CD, Buildkite) and of Actions as they were
  in 2022, with their creators, addresses of logs, and payloads (null, empty);
- what deployments can be taken from without Deployments: runs of a workflow (appointment-service,
  lab-results-api), releases, pre-releases and a draft (design-system);
- several jobs of one workflow run; environments of pull requests by hundreds; odd names (in
  chaos-playground); `github-pages`; a status that renames; spellings `prod`, `production` and
  `Production`; tenants `prod-eu` and `prod-us`;
- repositories: more than 1,000 deployments (patient-portal), archived (legacy-intake), empty
  (sandbox), without deployments (design-system), first deployment inside the window (fhir-bridge),
  production quiet for 100 days (data-warehouse), nothing since the 30 days before the window
  (fax-gateway), nothing for years (report-archive), and on demand a forbidden one (payments-vault).
"""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

from dora.demo.organization.model import Organization, Repository
from dora.demo.organization.pipeline import cut, supersede
from dora.demo.organization.service import Service
from dora.demo.organization.services import SERVICES, TEAMS, VAULT, Scenario, nothing
from dora.demo.organization.sources import with_sources
from dora.demo.organization.team import ORGANIZATION, TeamSimulation

SEED = 7
FIRST_DEPLOYMENT_ID = 3_800_000_000  #: as GitHub's are today: beyond 32 bits


def build_organization(now: datetime, seed: int = SEED, *, forbidden: bool = False) -> Organization:
    """The organization as it is at *now* (aware UTC; whole seconds are taken).

    With *forbidden* there is one more repository, which the token may list but not read.
    """
    now = now.replace(microsecond=0)
    services = [*SERVICES, (VAULT, nothing)] if forbidden else list(SERVICES)
    teams = [_simulate(service, play, now, seed) for service, play in services]
    for team in teams:
        team.pipeline.drafts[:] = cut(team.pipeline.drafts, now)
        supersede(team.pipeline.drafts)
    _number(teams, seed)
    repositories = [_repository(index, team) for index, team in enumerate(teams)]
    empty = Repository("sandbox", 910_000_999, now - timedelta(days=30))
    return Organization(ORGANIZATION, now, (*repositories, empty), TEAMS)


def _simulate(service: Service, play: Scenario, now: datetime, seed: int) -> TeamSimulation:
    team = TeamSimulation(service, now, seed)
    play(team)
    team.plan_routine()
    team.run()
    return team


def _number(teams: Sequence[TeamSimulation], seed: int) -> None:
    """Give every deployment its id: they grow with time over the whole organization."""
    draw = random.Random(f"{seed}:ids")
    drafts = [draft for team in teams for draft in team.pipeline.drafts]
    identity = FIRST_DEPLOYMENT_ID
    for draft in sorted(drafts, key=lambda one: one.created_at):
        identity += draw.randrange(1, 900)
        draft.id = identity


def _repository(index: int, team: TeamSimulation) -> Repository:
    service, now = team.service, team.now
    first = next(iter(team.history.commits.values()))
    drafts = sorted(team.pipeline.drafts, key=lambda one: one.id)
    issues = sorted(team.issues, key=lambda one: one.created_at)
    repository = Repository(
        name=service.name,
        database_id=910_000_000 + 37 * index,
        created_at=first.committed_at,
        head=team.history.head,
        commits=team.history.commits,
        pull_requests=tuple(team.history.requests),
        deployments=tuple(draft.frozen() for draft in drafts),
        issues=tuple(
            one.frozen(team.history.next_number(), team.pipeline.url, now)
            for one in issues
            if one.created_at <= now
        ),
        tags=tuple(team.tags),
        archived_at=team.day(service.archived_days) if service.archived_days else None,
        is_private=service.name != "design-system",
        topics=("healthcare",) if service.name.startswith("patient") else (),
        forbidden=service is VAULT,
    )
    return with_sources(repository, now)
