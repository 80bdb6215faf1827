"""Judges by a first look which source gives a true report of each repository (D8).

GitHub's Deployments where they come to an end, then a workflow that deploys, then releases, tags,
and last the merges to the default branch.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dora.config import Config
from dora.config.globs import compile_globs
from dora.config.source_settings import (
    DeploymentsSource,
    MergesSource,
    ReleasesSource,
    Source,
    TagsSource,
    WorkflowSource,
)
from dora.doctor.seen_activity import Activity
from dora.doctor.tag_globs import find_tag_glob, literal_glob
from dora.doctor.toml_lines import spelled
from dora.doctor.tracker_names import holds_texts, is_no_product
from dora.doctor.workflow_choice import WorkflowChoice, choose_workflows, describe
from dora.model.environments import Environment
from dora.model.first_look import FirstLook, RepositoryLook, SeenDeployment
from dora.model.seen_deployments import FAILED, PAGES, find_final

#: Workflows of a repository that are named where none is known to deploy.
MOST_WORKFLOWS = 5
#: What a tag says of itself that is before a release: `v2.0.0-rc.1`.
PRERELEASE = re.compile(
    r"\d[-._]?(?:a|b|rc|alpha|beta|pre|preview|dev|snapshot)(?![a-z])", re.IGNORECASE
)


@dataclass(frozen=True)
class SourceChoice:
    """The source of one repository, and what a report would show by it."""

    repository: str
    kind: str  #: as `from` of an entry has it; "" where nothing gives a row
    shows: str  #: such as “9 releases in 90 days”, or why there is nothing
    entries: tuple[Source, ...] = ()  #: none for Deployments as they are, and for nothing
    remarks: tuple[str, ...] = ()


class SourceCount(NamedTuple):
    """A source, and how many repositories it is the best one of."""

    kind: str
    workflow: str  #: its file; "" for other kinds
    repositories: int


def choose_sources(look: FirstLook, config: Config) -> tuple[SourceChoice, ...]:
    """The source of every repository that could be looked at, in their order."""
    readable = (one for one in look.repositories if one.unreadable is None)
    return tuple(choose_source(one, config) for one in readable)


def count_sources(look: FirstLook, config: Config) -> tuple[SourceCount, ...]:
    """The sources that would give rows, those of most repositories first."""
    counts = Counter(
        (choice.kind, next(_workflows_of(choice), ""))
        for choice in choose_sources(look, config)
        if choice.kind
    )
    ranked = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(SourceCount(*key, number) for key, number in ranked)


def _workflows_of(choice: SourceChoice) -> Iterator[str]:
    return (one.workflow for one in choice.entries if isinstance(one, WorkflowSource))


def choose_source(look: RepositoryLook, config: Config) -> SourceChoice:
    """The source of one repository: the first that is there, mixed where each tells a part."""
    final = find_final(look, config)
    activity = Activity(config)
    workflows = choose_workflows(look, config)
    if any(one.tier == "production" for one in final):
        return _deployments(look, final, activity)
    elsewhere = {one: own for one, own in final.items() if one.key != PAGES}
    if elsewhere:
        return _mixed(look, elsewhere, workflows, activity) or _deployments(look, final, activity)
    choices = (
        workflows and _workflow(look, workflows, activity),
        _releases(look, activity),
        final and _deployments(look, final, activity),
        _tags(look, config, activity),
        workflows and _others(look, workflows),
        _merges(look, config, activity),
    )
    return next((one for one in choices if one), _nothing(look, config))


# -- one kind each ------------------------------------------------------------------------------


def _deployments(
    look: RepositoryLook, final: dict[Environment, list[SeenDeployment]], activity: Activity
) -> SourceChoice:
    """GitHub's Deployments, which need no entry; those of production are told of, if any."""
    production = {one: own for one, own in final.items() if one.tier == "production"}
    told = production or final
    own = [one for deployments in told.values() for one in deployments]
    names = ", ".join(f"`{spelled(one.name)}`" for one in sorted(told, key=lambda one: one.key)[:3])
    more = f" and {len(told) - 3} more" if len(told) > 3 else ""  # noqa: PLR2004  # as above
    instants = (one.created_at for one in own)
    shows = activity.count("Deployment", instants, look.deployments.has_more, f" to {names}{more}")
    failed = sum(one.state in FAILED and activity.is_lately(one.created_at) for one in own)
    shows += f", {failed} failed" if failed else ""
    remarks = [*_unused_workflows(look, activity.config)]
    released = activity.published(look)
    if any(map(activity.is_lately, released)):
        remarks.append(f"it has {activity.count('release', released, look.releases.has_more)}, too")
    return SourceChoice(look.name, "deployments", shows, remarks=tuple(remarks))


def _workflow(
    look: RepositoryLook, workflows: WorkflowChoice, activity: Activity
) -> SourceChoice | None:
    if workflows.production is None:
        return None
    entries = (workflows.production, *workflows.others)
    remarks = [*workflows.remarks]
    if workflows.word != "deploy" and any(map(activity.is_lately, activity.published(look))):
        count = activity.count("release", activity.published(look), look.releases.has_more)
        remarks.append(
            f"it has {count}, too: where a run need not release anything, releases are truer"
        )
    return SourceChoice(look.name, "workflow", workflows.shows, entries, tuple(remarks))


def _others(look: RepositoryLook, workflows: WorkflowChoice) -> SourceChoice | None:
    """Workflows that deploy, but not to production, where nothing else says what does."""
    if not workflows.others:
        return None
    return SourceChoice(look.name, "workflow", workflows.shows, workflows.others, workflows.remarks)


def _releases(look: RepositoryLook, activity: Activity) -> SourceChoice | None:
    rows = [one for one in look.releases.rows if activity.is_read(one.published_at)]
    full = [one for one in rows if not one.is_prerelease]
    if not rows:
        return None
    chosen = full or rows
    shows = activity.count(
        "release" if full else "pre-release",
        (one.published_at for one in chosen),
        look.releases.has_more,
    )
    if not full:
        entry = ReleasesSource.model_validate({"from": "releases", "prereleases": "production"})
        return SourceChoice(look.name, "releases", f"{shows}, and no other release", (entry,))
    entry = ReleasesSource.model_validate({"from": "releases"})
    remarks: tuple[str, ...] = ()
    if len(rows) > len(full):
        count = len(rows) - len(full)
        noun = "pre-release is" if count == 1 else "pre-releases are"
        remarks = (
            (
                f'{count} {noun} left out; with prereleases = "staging" they get a row, '
                "shown with --tier all"
            ),
        )
    return SourceChoice(look.name, "releases", shows, (entry,), remarks)


def _tags(look: RepositoryLook, config: Config, activity: Activity) -> SourceChoice | None:
    dated = {one.name: one.at for one in look.tags.rows if one.at and activity.is_read(one.at)}
    glob, others = find_tag_glob([*dated], [one.name for one in look.tags.rows], config)
    if not glob:
        return None
    fits = compile_globs([glob]).fullmatch
    own = [at for name, at in dated.items() if fits(name)]
    shows = activity.count("tag", own, look.tags.has_more, f" like `{spelled(glob)}`")
    entry = TagsSource.model_validate({"from": "tags", "tag": glob})
    remarks = []
    early = [name for name in dated if fits(name) and PRERELEASE.search(name)]
    if early:
        remarks.append(f"pre-releases count as well, such as `{spelled(early[0])}`")
    if others:
        named = ", ".join(f"`{spelled(one)}`" for one in others[:5])
        remarks.append(f"tags like {named} are left out; an entry of their own would show them")
    return SourceChoice(look.name, "tags", shows, (entry,), tuple(remarks))


def _merges(look: RepositoryLook, config: Config, activity: Activity) -> SourceChoice | None:
    is_live = any(map(activity.is_read, look.commits.rows))
    is_none = look.is_fork or is_no_product(look.name) or holds_texts(look.name)
    if not look.branch or not is_live or is_none:
        return None
    merged = [one.merged_at for one in look.requests.rows if one.base == look.branch]
    how = f" to `{spelled(look.branch)}`"
    shows = (
        activity.count("merged pull request", merged, look.requests.has_more, how)
        if merged
        else activity.count("commit", look.commits.rows, look.commits.has_more, how)
    )
    entry = MergesSource.model_validate({"from": "merges"})
    return SourceChoice(look.name, "merges", shows, (entry,), _unused_workflows(look, config))


def _unused_workflows(look: RepositoryLook, config: Config) -> tuple[str, ...]:
    """The workflows of a repository that goes by something else: one may deploy all the same.

    Runs are told of where they were read.
    """
    active = [one for one in look.workflows or () if one.is_active]
    told = [
        describe(one, config) if one.runs is not None else f"workflow `{spelled(one.name)}`"
        for one in active[:MOST_WORKFLOWS]
    ]
    if not told:
        return ()
    rest = len(active) - len(told)
    more = f" and {rest} more" if rest else ""
    return (f"it has {'; '.join(told)}{more}: where one deploys, name it as the source",)


def _mixed(
    look: RepositoryLook,
    final: dict[Environment, list[SeenDeployment]],
    workflows: WorkflowChoice | None,
    activity: Activity,
) -> SourceChoice | None:
    """Deployments of other environments beside what says by its name that it is production.

    A workflow that merely deploys may be the one that files these Deployments.
    """
    other = None
    if workflows and workflows.production and workflows.says_production:
        other = _workflow(look, workflows, activity)
    other = other or _releases(look, activity)
    if other is None or any(one.tier == "other" for one in final):
        return None
    names = sorted({one.environment for own in final.values() for one in own})
    deployments = DeploymentsSource.model_validate(
        {"from": "deployments", "environments": [literal_glob(name) for name in names]}
    )
    tiers = {one.tier for one in final}
    entries = [one for one in other.entries if getattr(one, "environment", "") not in tiers]
    named = ", ".join(f"`{spelled(name)}`" for name in names[:3])
    shows = f"{other.shows}; Deployments to {named}"
    return SourceChoice(look.name, other.kind, shows, (deployments, *entries), other.remarks)


def _nothing(look: RepositoryLook, config: Config) -> SourceChoice:
    days = (config.window.until - config.lookback_start).days
    if is_no_product(look.name):
        why = "nothing is deployed from a repository of this name"
    elif holds_texts(look.name):
        why = "usually nothing is deployed from a repository of this name"
        if any(map(Activity(config).is_read, look.commits.rows)):
            why += '; where its merges are deployed, add an entry from = "merges"'
    elif look.is_fork:
        why = "a fork with nothing of its own: neither Deployments nor releases nor tags"
    else:
        why = f"nothing happened in {days} days"
    return SourceChoice(look.name, "", why)
