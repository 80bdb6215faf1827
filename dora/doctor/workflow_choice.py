"""Judges by its name and its runs which workflow of a repository deploys to which tier (D8)."""

from dataclasses import dataclass
from operator import itemgetter

from dora.config import Config
from dora.config.source_settings import WorkflowSource
from dora.doctor.seen_activity import Activity
from dora.doctor.tag_globs import literal_glob
from dora.doctor.toml_lines import spelled
from dora.model.deploy_workflows import CHECKING, DEPLOYING, find_deploy_word, find_words
from dora.model.environments import find_tier
from dora.model.first_look import RepositoryLook, SeenWorkflow

#: Conclusions of a run that say how it ended (D8), and those of them that are failures.
RUN_FAILED = frozenset({"failure", "timed_out", "startup_failure"})
RUN_ENDED = RUN_FAILED | {"success"}


@dataclass(frozen=True)
class WorkflowChoice:
    """The workflows of a repository that become entries."""

    production: WorkflowSource | None
    others: tuple[WorkflowSource, ...]  #: one for each further tier
    word: str  #: what the first one's name says: `deploy`, `release` or `publish`
    says_production: bool
    shows: str
    remarks: tuple[str, ...]


def choose_workflows(look: RepositoryLook, config: Config) -> WorkflowChoice | None:
    """The workflow that deploys to production, and one for each other tier; None for none.

    A workflow counts where its name says that it deploys and a run on the default branch ended. Its
    name says the tier, and production where it says none.
    """
    found: dict[str, list[tuple[tuple[int, int, int, str], SeenWorkflow]]] = {}
    for one in look.workflows or ():
        word = find_deploy_word(one.name, one.file)
        if word is None or not _ended(one):
            continue
        said = _tier(one, config)
        rank = (int(said != "production"), DEPLOYING.index(word), -len(_ended(one)), one.file)
        tier = "production" if said == "other" else said
        found.setdefault(tier, []).append((rank, one))
    if not found:
        return None
    ranked = {tier: min(own, key=itemgetter(0)) for tier, own in found.items()}
    best = {tier: workflow for tier, (_, workflow) in ranked.items()}
    rank, first = ranked.get("production") or next(iter(ranked.values()))
    unused = [one for own in found.values() for _, one in own if one not in best.values()]
    return WorkflowChoice(
        production=_entry(best["production"], "production") if "production" in best else None,
        others=tuple(
            _entry(one, tier) for tier, one in sorted(best.items()) if tier != "production"
        ),
        word=DEPLOYING[rank[1]],
        says_production="production" in best and not rank[0],
        shows=describe(first, config),
        remarks=tuple(
            f"{describe(one, config)}: another entry, with an environment of its own, would show it"
            for one in unused
        ),
    )


def _tier(workflow: SeenWorkflow, config: Config) -> str:
    """The tier that a workflow's name says; a step of it such as `test` is no environment."""
    words = find_words(f"{workflow.name} / {workflow.file.rpartition('.')[0]}")
    return find_tier(" ".join(word for word in words if word not in CHECKING), config.tiers)


def describe(workflow: SeenWorkflow, config: Config) -> str:
    """What a workflow would show: “workflow `Deploy`, 214 runs in 90 days, 12 failed”."""
    ended = _ended(workflow)
    failed = sum(conclusion in RUN_FAILED for conclusion in ended)
    days = Activity(config).days
    runs = workflow.runs
    is_whole = runs is None or not runs.has_more
    total = len(_own(workflow)) if is_whole else workflow.total
    noun = "run" if total == 1 else "runs"
    sample = "" if is_whole else f" of the newest {len(_own(workflow))}"
    return f"workflow `{spelled(workflow.name)}`, {total} {noun} in {days}, {failed}{sample} failed"


def _own(workflow: SeenWorkflow) -> list[str | None]:
    """Conclusions of the runs that an entry counts: not those of pull requests."""
    rows = workflow.runs.rows if workflow.runs else ()
    return [one.conclusion for one in rows if not one.event.startswith("pull_request")]


def _ended(workflow: SeenWorkflow) -> list[str]:
    return [one for one in _own(workflow) if one in RUN_ENDED]


def _entry(workflow: SeenWorkflow, environment: str) -> WorkflowSource:
    glob = literal_glob(workflow.file or workflow.name)
    return WorkflowSource.model_validate(
        {"from": "workflow", "workflow": glob, "environment": environment}
    )
