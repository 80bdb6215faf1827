"""Tells how environments, services and tasks that were seen will be understood (D4, D5, D9, G3)."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from dora.config import Config
from dora.doctor.tag_globs import literal_glob
from dora.doctor.toml_lines import comment, exclude_lines, named, paragraph, quoted, text_line
from dora.model.deploy_workflows import find_words
from dora.model.environments import TIERS, environment_reader, service_reader
from dora.model.first_look import FirstLook, SeenDeployment
from dora.model.seen_deployments import find_final

MOST_NAMES = 12


def environment_lines(look: FirstLook, config: Config) -> str:
    """The environments by the tier they are taken for, as comments and proposals."""
    read = environment_reader(config)
    names = {one.environment for own in look.repositories for one in own.deployments.rows}
    tiers = defaultdict(list)
    for name in sorted(names):
        environment = read(name)
        tiers["ephemeral" if environment.is_ephemeral else environment.tier].append(name)
    if not names:
        return ""
    lines = [
        line
        for tier in (*TIERS, "ephemeral")
        if tiers[tier]
        for line in paragraph(f"{tier}: {named(tiers[tier], MOST_NAMES)}", "  ")
    ]
    proposals = []
    if tiers["other"]:
        first = tiers["other"][0]
        proposals = ["# [environments]", f'# {quoted(first)} = "production"']
    return "\n".join(
        [
            comment(
                "-- Environments of Deployments, and what their names are taken for --",
                "",
                "A report has rows of production; --tier all shows the others, --ephemeral those",
                "that live as long as a pull request.",
                *lines,
                *(["Where one of tier other is production, say so:"] if proposals else []),
            ),
            *proposals,
        ]
    )


def exclusion_lines(look: FirstLook, config: Config) -> str:
    """What was filed to production and may be no deployment; always the changes of bots."""
    filed = [
        one
        for own in look.repositories
        for environment, deployments in find_final(own, config).items()
        if environment.tier == "production"
        for one in deployments
    ]
    parts = [comment("-- What to leave out --", "")]
    for what, lines in _no_releases(filed):
        parts[-1] += f"\n{comment(what)}\n{comment(*lines.splitlines())}"
    parts[-1] += "\n" + comment(
        "Changes of bots, such as updates of dependencies, count unless they are left out:",
        "[changes]",
        'exclude_authors = ["*[bot]"]',
    )
    return "\n".join(parts)


def _no_releases(filed: list[SeenDeployment]) -> Iterator[tuple[str, str]]:
    """What may release nothing, with the table that would leave it out."""
    beginnings = sorted({_beginning(one.description) for one in filed} - {""})
    if beginnings:
        globs = [f"{literal_glob(one)} *" for one in beginnings]
        yield "Plans and dry runs were filed as deployments:", exclude_lines(description=globs)
    tasks = Counter(one.task for one in filed if one.task not in {"", "rollback"})
    others = sorted(tasks.keys() - {task for task, _ in tasks.most_common(1)})
    if others:
        yield "Tasks that may be no releases of their own:", exclude_lines(task=others)


def _beginning(description: str) -> str:
    """The first word of a description that says that nothing was released; "" for none."""
    words = find_words(description)
    is_none = words[:1] == ["plan"] or words[:2] == ["dry", "run"]
    return description.split(maxsplit=1)[0] if is_none else ""


def service_lines(look: FirstLook, config: Config) -> str:
    """The services and stacks that payloads name, each a row of its own."""
    read = service_reader(config.services)
    found = {
        own.name: sorted(
            {read("", one.task, one.payload) for one in own.deployments.rows if one.payload} - {""}
        )
        for own in look.repositories
    }
    lines = [
        line
        for name, services in found.items()
        if services
        for line in paragraph(f"{named([name], 1)}: {named(services, MOST_NAMES)}", "  ")
    ]
    if not lines:
        return ""
    return "\n".join(
        [
            comment(
                "-- Services inside one repository --",
                "",
                "Deployments name these services or stacks: each has a row of its own.",
                *lines,
                "To have one row for a whole repository:",
            ),
            "# [services]",
            f"# {text_line('source', 'none')}",
        ]
    )
