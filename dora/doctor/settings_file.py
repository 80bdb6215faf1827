"""Writes a `dora.toml` for an organization by a first look at it: settings with their reasons.

What was decided is a setting; what a person must decide is a line behind a `#`. Names are those of
GitHub, where anybody may choose them: none of them can end a line, a comment or a text.
"""

from collections.abc import Iterable, Iterator, Sequence

from dora.config import Config
from dora.config.settings import Settings
from dora.doctor.seen_labels import failure_lines, incident_lines
from dora.doctor.seen_names import environment_lines, exclusion_lines, service_lines
from dora.doctor.source_groups import SourceGroup, entry_lines
from dora.doctor.source_limits import SIGNALS
from dora.doctor.toml_lines import comment, list_line, named, paragraph, spelled, text_line
from dora.model.first_look import FirstLook

#: Repositories that are told of one by one below an entry.
MOST_TOLD = 15
#: What each kind of source can see, and what not.
MEANINGS = {
    "deployments": "They say what succeeded and what failed, and when: no entry is needed.",
    "workflow": "Each attempt of a run of the workflow on the default branch is a deployment, and "
    "failed where the attempt failed. Below each run is counted once, by its last attempt; a "
    "report counts a run that was run again each time.",
    "releases": "Each published release is a deployment. A release cannot fail by itself: failures "
    f"are known by incidents, {SIGNALS}.",
    "tags": "Each tag that fits is a deployment. A tag cannot fail by itself: failures are known "
    f"by incidents, {SIGNALS}.",
    "merges": "This is a guess, for want of anything else. Each commit of the default branch's "
    "first-parent line is a deployment: a squash or a merge is one, a rebase merge of three "
    "commits is three, and commits that were pushed directly count, too. Lead times end at the "
    "merge, not where users have the change, and a merge cannot fail by itself: failures are known "
    f"by incidents, {SIGNALS}. Remove repositories from which nothing is deployed.",
    "": "Nothing gives a row of these, and no entry is written.",
}
TITLES = {
    "deployments": "GitHub's Deployments",
    "workflow": "Runs of a workflow",
    "releases": "Releases",
    "tags": "Tags",
    "merges": "Merges",
    "": "Without a source",
}


def write_settings(look: FirstLook, groups: Sequence[SourceGroup], config: Config) -> str:
    """The text of a settings file: TOML that `dora report` reads in the folder where it is."""
    parts = [
        _head(look),
        _first_keys(look, config),
        *_sources(look, groups),
        environment_lines(look, config),
        incident_lines(look, groups),
        failure_lines(look),
        exclusion_lines(look, config),
        service_lines(look, config),
        _teams(look),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(look: FirstLook) -> str:
    return comment(
        f"Settings of dora for {spelled(look.organization)}, as `dora init` saw it.",
        "",
        "`dora report` reads this file in the folder where it is, `dora doctor` checks it.",
        "Change what you know better; a line behind a # is a proposal.",
    )


def _first_keys(look: FirstLook, config: Config) -> str:
    """Keys of the whole file, which TOML wants before every table."""
    lines = [text_line("org", look.organization)]
    if config.since != Settings.model_fields["since"].default:
        lines.append(text_line("since", config.since))
    if config.timezone != "UTC":
        lines.append(text_line("timezone", config.timezone))
    if config.repo:
        lines.append(list_line("repo", config.repo))
    return "\n".join(lines)


# -- sources ------------------------------------------------------------------------------------


def _sources(look: FirstLook, groups: Sequence[SourceGroup]) -> Iterator[str]:
    yield comment(
        "-- What a deployment is --",
        "",
        *paragraph(
            "Each repository gets the first of these sources that it has: Deployments that came "
            "to an end, a workflow that deploys, releases, tags, merges. An entry replaces the "
            "Deployments of the repositories that fit it. A new repository that fits no entry has "
            "its Deployments alone."
        ),
        *(
            paragraph(
                f"Workflows could not be read ({spelled(look.actions_refused)}): with the "
                "permission Actions: read, `dora init` may find a better source."
            )
            if look.actions_refused
            else ()
        ),
    )
    for group in groups:
        yield "\n".join([_told(group), *_entries(group)])
    yield _skipped(look)


def _told(group: SourceGroup) -> str:
    """What is known of a group's repositories, one a line."""
    lines = [f"{spelled(one.repository)}: {one.shows}" for one in group.choices[:MOST_TOLD]]
    if len(group.choices) > MOST_TOLD:
        lines.append(f"and {len(group.choices) - MOST_TOLD} more")
    remarks = [
        f"{spelled(one.repository)}: {remark}"
        for one in group.choices[:MOST_TOLD]
        for remark in one.remarks
    ]
    return comment(
        f"{TITLES[group.kind]}, {_counted(len(group.choices))}",
        *paragraph(MEANINGS[group.kind]),
        *(f"  {line}" for line in lines),
        *(["Beside these:"] if remarks else []),
        *(f"  {line}" for line in remarks),
    )


def _counted(number: int) -> str:
    return f"{number:,} {'repository' if number == 1 else 'repositories'}"


def _entries(group: SourceGroup) -> Iterator[str]:
    if any(tuple(entry.repositories) == ("*",) for entry in group.entries):
        yield comment(
            *paragraph(
                "Without `repositories` it is for every repository, for those of the future as "
                "well, and takes the place of their Deployments."
            )
        )
    for place, entry in enumerate(group.entries):
        yield f"\n{entry_lines(entry)}" if place else entry_lines(entry)


def _skipped(look: FirstLook) -> str:
    """Repositories that were not judged, by reason."""
    unreadable = [one for one in look.repositories if one.unreadable is not None]
    lines = [
        *_listed("Archived, so not read", look.archived),
        *_listed("Empty, so not read", look.empty),
        *(
            f"Not readable: {spelled(one.name)}: {spelled(one.unreadable or '')}"
            for one in unreadable
        ),
    ]
    return comment(*lines) if lines else ""


def _listed(what: str, names: Iterable[str]) -> list[str]:
    own = [*names]
    return paragraph(f"{what}: {named(own, MOST_TOLD)}.") if own else []


# -- teams --------------------------------------------------------------------------------------


def _teams(look: FirstLook) -> str:
    title = "-- Teams, for --by team --"
    if look.teams is None:
        text = (
            "The organization's teams could not be read: with the permission Members: read they "
            "need no entry here, else name each with its repositories."
        )
    elif not look.teams:
        text = "The organization has no teams: name each here with its repositories."
    else:
        own = named(look.teams, MOST_TOLD)
        text = f"Rows by team follow the organization's teams, {own}, unless they are named here."
    return "\n".join(
        [comment(title, "", *paragraph(text)), "# [teams]", '# platform = ["infra-*", "api"]']
    )
