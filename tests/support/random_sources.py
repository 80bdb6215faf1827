"""Made-up releases, tags, branches, workflows and runs, and `[[sources]]` that take them (D8).

All of it is added to an organization that was made up before, at the instants of its commits.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dora.demo.organization.model import (
    Issue,
    Job,
    Organization,
    Release,
    Repository,
    RunAttempt,
    Tag,
    Workflow,
    WorkflowRun,
)
from tests.oracle.made import called, page_of
from tests.oracle.naming import fits_any
from tests.oracle.settings import Settings
from tests.oracle.source_settings import (
    DeploymentsEntry,
    Entry,
    FileEntry,
    Globs,
    Line,
    MergesEntry,
    ReleasesEntry,
    TagsEntry,
    WorkflowEntry,
)
from tests.oracle.sources import taken_of
from tests.support.random_choices import DAY, HOUR, MINUTE, NOW, SPAN, STILL, Choices, repeat

TAGS = ("v1.{}", "v2.{}.0", "V1.{}", "v1.{}-rc.1", "web-v{}", "nightly")
WORKFLOWS = (
    ("Deploy to production", "deploy.yml"),
    ("CI", "ci.yaml"),
    ("release", "deploy-release.yml"),
)
CONCLUSIONS = (
    "success", "success", "success", "failure", "cancelled", "timed_out", "skipped",
    "startup_failure", "neutral", "action_required", "stale",
)  # fmt: skip
UNFINISHED = ("in_progress", "queued", "waiting", "pending")
JOBS = ("deploy (eu)", "deploy (prod-eu)", "build", "Deploy / production", "deploy (pr-7)")
EVENTS = ("push", "push", "workflow_dispatch", "release", "pull_request", "pull_request_target")
ACTORS = ("ada", "renovate[bot]", "Argo-CD[bot]")
GAPS = (HOUR, STILL, MINUTE, DAY, 3 * DAY)
#: how long after its beginning a run is run again: at most thirty days
AGAIN = (HOUR, MINUTE, 2 * DAY, 12 * DAY)
PLACES = ("production", "staging", "prod-eu", "Dev", "review-1", "live2")
STATES = (
    "success", "success", "success", "failure", "error", "in_progress", "queued", "pending",
    "waiting", "inactive", "cancelled",
)  # fmt: skip
ENDED = ("success", "failure", "error")


@dataclass
class Pipeline:
    """What a repository releases and runs, while it is made."""

    choices: Choices
    repository: Repository
    most: int  #: of each
    releases: list[Release] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    runs: list[WorkflowRun] = field(default_factory=list)
    jobs: int = 0

    def instants(self) -> Iterator[tuple[str, datetime]]:
        """Commits, the latest first, each with an instant soon after it."""
        commits = [*self.repository.commits.values()][::-1]
        for _ in repeat(self.choices, self.most):
            commit = self.choices.pick(commits[:30])
            at = max(commit.committed_at, NOW - SPAN) + self.choices.pick(GAPS)
            if at < NOW:
                yield commit.sha, at

    def release(self) -> None:
        """Publish some commits, and tag others alone; now and then a release is a draft."""
        choices = self.choices
        names = {tag.name for tag in self.repository.tags}
        for place, (sha, at) in enumerate(self.instants()):
            name = choices.pick(TAGS).format(place)
            if name in names:
                continue
            names.add(name)
            self.tags.append(Tag(name, sha, choices.pick((None, at, at - 2 * DAY))))
            kind = choices.pick(("released", "released", "later", "draft", "tag alone"))
            if kind != "tag alone":
                published_at = None if kind == "draft" else at
                filed = at - (9 * DAY if kind == "later" else STILL)
                is_early = choices.pick((False, False, False, True))
                number = self.repository.database_id * 1000 + place + 1
                self.releases.append(
                    Release(
                        number, name, filed, published_at, is_draft=kind == "draft",
                        is_prerelease=is_early,
                    )
                )  # fmt: skip

    def run(self) -> None:
        """Run workflows for some commits."""
        made = sorted(self.instants(), key=lambda pair: pair[1])
        for place, (sha, at) in enumerate(made):
            number = self.repository.database_id * 100_000 + place + 1
            attempts = tuple(self.attempts(at))
            lost = f"{self.choices.whole(1, 2):040x}"
            self.runs.append(
                WorkflowRun(
                    number,
                    workflow_id=self.choices.pick((1, 1, 2, 3)),
                    head_branch=self.choices.pick(("main", "main", "main", "next", "v1.2", None)),
                    head_sha=self.choices.pick((sha, sha, sha, sha, lost)),
                    created_at=at,
                    attempts=attempts,
                    event=self.choices.pick(EVENTS),
                    actor=self.choices.pick(ACTORS),
                )
            )

    def attempts(self, at: datetime) -> Iterator[RunAttempt]:
        """One to three attempts, the last of them perhaps unfinished."""
        choices, before = self.choices, tuple[Job, ...]()
        count = choices.pick((1, 1, 1, 2, 3))
        for number in range(1, count + 1):
            ended_at = at + choices.pick((5 * MINUTE, 5 * MINUTE, HOUR, 2 * DAY))
            is_over = ended_at < NOW and (number < count or choices.whole(0, 7) < 7)
            jobs = tuple(self.jobs_of(number, at, ended_at if is_over else None, before))
            if not is_over:
                word = choices.pick(UNFINISHED)
                yield RunAttempt(number, at, at, word, None, jobs)
                return
            yield RunAttempt(number, at, ended_at, "completed", choices.pick(CONCLUSIONS), jobs)
            before, at = jobs, ended_at + choices.pick(AGAIN)
            if at >= NOW:
                return

    def jobs_of(
        self, attempt: int, at: datetime, ended_at: datetime | None, before: Sequence[Job]
    ) -> Iterator[Job]:
        """The jobs of an attempt: some that it carries over as they were, or under new numbers."""
        for name in JOBS[: self.choices.whole(1, len(JOBS))]:
            self.jobs += 1
            number = self.repository.database_id * 1_000_000 + self.jobs
            earlier = next((one for one in before if one.name == name), None)
            fate = self.choices.pick(("runs", "runs", "carried", "carried anew"))
            began = at + self.choices.pick((STILL, MINUTE))
            if earlier is not None and fate == "carried":
                yield earlier
            elif earlier is not None and fate == "carried anew":
                yield replace(earlier, id=number, run_attempt=attempt)
            elif ended_at is None:
                yield Job(number, name, attempt, at, began, None, "in_progress", None)
            else:
                word = self.choices.pick(CONCLUSIONS)
                yield Job(number, name, attempt, at, began, ended_at - MINUTE, "completed", word)


def with_pipelines(choices: Choices, organization: Organization, most: int = 8) -> Organization:
    """The organization, whose repositories release and run workflows besides."""

    def busier(repository: Repository) -> Repository:
        if repository.is_empty:
            return repository
        pipeline = Pipeline(choices, repository, most)
        pipeline.release()
        pipeline.run()
        return replace(
            repository,
            tags=(*repository.tags, *pipeline.tags),
            releases=tuple(pipeline.releases),
            branches={"next": choices.pick([*repository.commits][::-1])},
            workflows=tuple(
                Workflow(number, name, f".github/workflows/{file}")
                for number, (name, file) in enumerate(WORKFLOWS, start=1)
            ),
            runs=tuple(pipeline.runs),
        )

    return replace(organization, repositories=tuple(map(busier, organization.repositories)))


# Entries ---------------------------------------------------------------------------------------


def draw_entries(choices: Choices, organization: Organization, most: int = 4) -> tuple[Entry, ...]:
    """Up to so many entries for all, most of them of environments of their own."""
    places = list(PLACES)
    entries: list[Entry] = []
    for _ in repeat(choices, choices.whole(1, most)):
        place = choices.pick(places)
        if choices.whole(0, 7) < 7 and len(places) > 1:
            places.remove(place)
        entries.append(draw_entry(choices, organization, place, ("*",)))
    return tuple(entries)


def entries_by_repository(choices: Choices, organization: Organization) -> tuple[Entry, ...]:
    """One to three entries for each repository alone, one of them for production."""
    entries: list[Entry] = []
    for repository in organization.repositories:
        places = list(PLACES[1:])
        for number in range(choices.whole(1, 3)):
            place = "production" if number == 0 else choices.pick(places)
            places = [one for one in places if one != place] or places
            entries.append(draw_entry(choices, organization, place, (repository.name.upper(),)))
    return tuple(entries)


def draw_entry(choices: Choices, organization: Organization, place: str, globs: Globs) -> Entry:
    """One entry of any kind, whose deployments go to *place*."""
    kinds = ("releases", "workflow", "merges", "tags", "jobs", "deployments", "file")
    kind = kinds[choices.whole(0, len(kinds) - 1)]
    match kind:
        case "releases":
            early = choices.pick(("", "", "qa", place.upper()))
            return ReleasesEntry(globs, choices.pick(("*", "V1*", "v*")), place, early)
        case "tags":
            return TagsEntry(globs, choices.pick(("v*", "*", "web-*")), place)
        case "merges":
            return MergesEntry(globs, choices.pick(("", "", "next", "main", "nowhere")), place)
        case "deployments":
            return DeploymentsEntry(globs, choices.pick(((f"{place}*",), ("*eu", "qa"), ("*",))))
        case "file":
            first = choices.pick((2, 1))
            lines = draw_lines(choices, organization, place)
            own = (one for one in lines if fits_any(globs, one["repository"].rpartition("/")[2]))
            return FileEntry(tuple(own), globs, first)  # the line of another would be a mistake
        case _:
            job, pattern = choices.pick(
                (("deploy*", ""), ("deploy (*)", r"\((?P<environment>.+)\)"), ("D?ploy*/*", ""))
            )
            return WorkflowEntry(
                choices.pick(("deploy.yml", "*deploy*", "CI", "release")),
                globs,
                branch=choices.pick(((), (), ("*",), ("NEXT", "v1*"))),
                event=choices.pick(((), (), ("push", "pull*"))),
                environment=place,
                job=job if kind == "jobs" else "",
                pattern=pattern if kind == "jobs" else "",
            )


def draw_lines(choices: Choices, organization: Organization, place: str) -> tuple[Line, ...]:
    """Lines of a file about any of the organization's repositories, in any order."""
    lines: list[Line] = []
    repositories = [one for one in organization.repositories if one.commits]
    for number in repeat(choices, 12 if repositories else 0):
        repository = choices.pick(repositories)
        commit = choices.pick([*repository.commits.values()][::-1][:12])
        began = max(commit.committed_at, NOW - SPAN) + choices.pick(GAPS)
        state = choices.pick(STATES)
        ended = began + choices.pick((MINUTE, STILL, 2 * DAY))
        line = {
            "repository": choices.pick(
                (repository.name, f"{organization.login}/{repository.name}")
            ),
            "environment": choices.pick((place, place, place.upper())),
            "sha": commit.sha[: choices.pick((40, 12, 9))],
            "created_at": began.isoformat(),
            "state": state,
            "finished_at": ended.isoformat() if state in ENDED else "",
            "id": choices.pick((f"d{number}", f"d{number}", "")),
            "task": choices.pick(("", "rollback")),
            "url": choices.pick(("", f"https://ci.example/{number}")),
        }
        lines.append(line)
        if line["id"] and choices.whole(0, 3) == 3:
            lines.append({**line, "state": "success", "finished_at": (ended + HOUR).isoformat()})
    return tuple(line for place, line in enumerate(lines) if line not in lines[:place])


# Incidents -------------------------------------------------------------------------------------


def with_named_incidents(
    choices: Choices, organization: Organization, settings: Settings
) -> Organization:
    """The organization with incidents that name deployments of other sources, by id or page."""
    taken = taken_of(organization, settings, NOW - 2 * SPAN, NOW, ())

    def hurt(repository: Repository) -> Repository:
        made = taken[repository.name].repository.deployments[::-1]
        issues = []
        for number in repeat(choices, 2 if made else 0):
            one = choices.pick(made[:9])
            word = choices.pick((str(called(one)), page_of(one) or str(called(one))))
            opened = one.created_at + choices.pick((HOUR, STILL, 3 * DAY))
            closed = choices.pick((opened + HOUR, None, opened + 2 * DAY))
            if opened < NOW:
                closed = closed if closed is not None and closed < NOW else None
                body = f"Deployment: {word}"
                issues.append(Issue(5000 + number, "Hurt", opened, closed, body, ("incident",)))
        return replace(repository, issues=(*repository.issues, *issues))

    return replace(organization, repositories=tuple(map(hurt, organization.repositories)))


def draw_incident_lines(choices: Choices, organization: Organization) -> tuple[Line, ...]:
    """Lines of a file of incidents, of what was deployed lately."""
    lines: list[Line] = []
    for number in repeat(choices, 5):
        repository = choices.pick(organization.repositories)
        made = [one.created_at for one in repository.deployments[-9:]] or [NOW - 20 * DAY]
        opened = choices.pick(made) + choices.pick(GAPS)
        if opened < NOW:
            shas = [one.sha[:10] for one in repository.deployments[-9:]]
            lines.append(
                {
                    "repository": choices.pick((repository.name, repository.name.upper())),
                    "opened_at": opened.isoformat(),
                    "closed_at": choices.pick(("", (opened + HOUR).isoformat())),
                    "environment": choices.pick(("", "", "Production", "staging")),
                    "service": choices.pick(("", "", "web")),
                    "deployment": choices.pick(("", "", "nothing")),
                    "sha": choices.pick(("", choices.pick([*shas, ""]))),
                    "id": choices.pick(("", f"INC-{number}")),
                }
            )
    return tuple(line for place, line in enumerate(lines) if line not in lines[:place])


# Questions -------------------------------------------------------------------------------------


def window_of(
    choices: Choices, organization: Organization, settings: Settings
) -> dict[str, datetime]:
    """`since` and `until` of a window in which something of the sources happened."""
    taken = taken_of(organization, settings, NOW - 2 * SPAN, NOW, ())
    made = sorted(one.created_at for each in taken.values() for one in each.repository.deployments)
    last = choices.pick(made[-1 - len(made) // 4 :: -3] or [NOW])
    until = min(NOW, last + choices.pick((9 * DAY, STILL, HOUR, DAY)))
    return {"since": until - choices.pick((30 * DAY, 90 * DAY, 7 * DAY)), "until": until}
