"""Shows on a terminal what happened in each row, and what follows from it.

Everything is oldest first, so that the latest stands next to the figures at the end.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import StringIO
from urllib.parse import quote

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from dora.render import formatting, sources
from dora.render.terminal import derivations, links
from dora.render.terminal.row_evidence import RowEvidence, find_row_evidence
from dora.report.evidence import UNFINISHED, DeploymentEvidence, Evidence, FailureReason
from dora.report.making import NO_MAKINGS, Key, Making
from dora.report.model import DEPLOYMENTS, Row
from dora.report.sensitivity import Sensitivity

LEAST_WIDTH = 20
MOST_CHANGES = 3  #: shown of one deployment, the slowest; all are in the JSON
DAY = 86_400.0  #: seconds

#: What the creation of a deployment is called, by its source.
CREATED = {"workflow": "started", "merges": "committed"}

#: Why a deployment failed, after the name of the signal; what says so is put in place of the mark.
SAYS = {
    "status": "*",
    "rollback": "* rolled back to an older commit",
    "revert": "commit * took back what it shipped",
    "hotfix": "* fixed it",
    "label": "* has a failure label",
    "tag": "* is on its commit",
    "incident": "*",
}


def render_explanation(
    evidence: Evidence,
    rows: Sequence[Row],
    sensitivities: Iterable[Sensitivity],
    makings: Mapping[Key, Making] = NO_MAKINGS,
    *,
    width: int,
    colour: bool,
    with_authors: bool = False,
) -> str:
    """Give the evidence of each of *rows* as text, lines at most *width* cells (20 at the least).

    *rows* are the report's by repository, *makings* what their intervals are made of. Without
    *colour* it is free of escape sequences, links too. Nothing of the surroundings is asked.
    """
    width = max(width, LEAST_WIDTH)
    console = Console(
        file=StringIO(),
        width=width,
        color_system="standard" if colour else None,
        force_terminal=colour,
        no_color=not colour,
        legacy_windows=False,
        markup=False,
        emoji=False,
        highlight=False,
    )
    found = find_row_evidence(evidence, rows, sensitivities, makings)
    with console.capture() as captured:
        for number, row_evidence in enumerate(found):
            if number:
                console.print("\n")
            for indent, line in _describe(row_evidence, width, with_authors=with_authors):
                padded = Padding(line, (0, 0, 0, indent), expand=False) if line.plain else ""
                console.print(padded, overflow="fold")
        if not found:
            console.print("Nothing was deployed in this time.")
        for line in _unattributed(evidence, width - links.INDENT):
            console.print(line, overflow="fold")
    return "".join(f"{line.rstrip()}\n" for line in captured.get().rstrip("\n").split("\n"))


def _describe(
    evidence: RowEvidence, width: int, *, with_authors: bool
) -> Iterator[tuple[int, Text]]:
    """Describe a row line by line, each with its indent."""
    repository, environment, service = map(formatting.plain, evidence.key)
    yield 0, Text(f"{repository} {environment}" + (f" · {service}" if service else ""), "bold")
    since = formatting.instant(evidence.since, evidence.timezone)
    until = formatting.instant(evidence.until, evidence.timezone)
    zone = formatting.plain(evidence.timezone)
    yield 0, Text(f"{since} to {until} {zone} ({formatting.days(evidence.days)}).")
    many = formatting.counted(len(evidence.deployments), "deployment")
    if evidence.deployments:
        yield 0, Text(f"{many} by when they finished, oldest first; then the figures they make.")
        yield from ((0, line) for line in _origin(evidence, width))
        yield 0, Text()
    else:
        yield 0, Text("Nothing was deployed in this time.")
    for one in evidence.deployments:
        yield from ((0, line) for line in links.fill(_headline(one, evidence), width))
        for line in _details(one, evidence, width - links.INDENT, with_authors=with_authors):
            yield links.INDENT, line
    yield from derivations.tell(evidence, width, with_authors=with_authors)


def _origin(evidence: RowEvidence, width: int) -> Iterator[Text]:
    """Say what the deployments are made from, where they are not GitHub's (D8)."""
    kinds = sorted(evidence.sources - {DEPLOYMENTS})
    origins = (f"They are {sources.origin_of(kind)}" for kind in kinds)
    for sentence in (*origins, *sources.how_they_fail(kinds)):
        yield from links.fill([Text(word) for word in sentence.split(" ")], width)


def _unattributed(evidence: Evidence, width: int) -> Iterator[Text]:
    """Give the incidents that belong to no deployment, and by which name they were looked for."""
    incidents = evidence.unattributed
    if not incidents:
        return
    number = len({one.by for one in incidents})
    belong = "incident belongs" if number == 1 else "incidents belong"
    yield Text()
    yield Text(f"{formatting.count(number)} {belong} to no deployment:")
    for one in incidents:
        opened = formatting.instant(one.opened_at, evidence.timezone)
        why = "names none, and nothing had gone live shortly before"
        if one.named is not None:
            why = f"names “{formatting.plain(one.named)}”, which is no deployment that was read"
        lead = Text("  ").append_text(links.link(one.by, one.url or ""))
        yield from links.fill([lead.append(f" opened {opened},"), Text(why)], width)


def _headline(one: DeploymentEvidence, evidence: RowEvidence) -> list[Text]:
    """Give when, which commit, and what became of it, in pieces that may each begin a line."""
    at = one.finished_at or one.created_at
    waited = (at - one.created_at).total_seconds()
    created = CREATED.get(one.source, "created")
    notes = [
        *(["rework"] if one.rework else []),
        *([f"{created} {formatting.duration(waited)} before"] if waited >= DAY else []),
    ]
    style = "bold red" if one.reasons else ""
    said = [*(Text(part, style) for part in _outcome(one).split(", ")), *map(Text, notes)]
    return [
        Text(f"{formatting.instant(at, evidence.timezone)} "),
        *(name.append(" ") for name in links.whole_deployment(one)),
        *(part.append(",") for part in said[:-1]),
        said[-1],
    ]


def _outcome(one: DeploymentEvidence) -> str:
    """Give what became of a deployment (D3), and whether it counts as failed (F9)."""
    if one.outcome in UNFINISHED:
        why = f": {formatting.plain(one.remark)}" if one.remark else ""
        return one.outcome.replace("_", " ") + why
    if one.succeeded_at is None and not one.reasons:
        return "failed, does not count as failed"
    if one.succeeded_at is None:
        what = ", never live" if one.never_live else ""
        return "failed, may have changed something" if one.remark else f"failed{what}"
    if one.unchanged:
        return "succeeded, nothing to change: not counted"
    if one.outcome == "success":
        return "succeeded, counts as failed" if one.reasons else "succeeded"
    fell = one.failed_status_at is not None and one.failed_status_at > one.succeeded_at
    outcome = "succeeded, then failed" if fell else "failed, then succeeded"
    return outcome if one.reasons else f"{outcome}, does not count as failed"


def _details(
    one: DeploymentEvidence, evidence: RowEvidence, width: int, *, with_authors: bool
) -> Iterator[Text]:
    """Give why it failed, until when, and what it shipped."""
    for reason in one.reasons:
        yield from _reason(reason, one, evidence, width)
    if one.reasons:
        yield from _episode(one, evidence, width)
    at = one.finished_at
    if at is not None and at < evidence.since:
        yield Text(
            f"It {'succeeded' if at == one.succeeded_at else 'failed'} before this time, "
            "and is not among those counted.",
            "dim",
        )
    if one.baseline:
        yield Text("The first known here: all it holds is older work, not its changes.", "dim")
    changes = evidence.shipped_by.get(one.id, [])
    if changes:
        shown = [
            links.change(change, evidence.until, with_authors=with_authors)
            for change in changes[:MOST_CHANGES]
        ]
        lead = formatting.counted(len(changes), "change") + ":"
        more = len(changes) - len(shown)
        yield from links.flow(
            lead, shown, width, rest=f"{formatting.count(more)} more" if more else ""
        )


def _reason(
    reason: FailureReason, one: DeploymentEvidence, evidence: RowEvidence, width: int
) -> list[Text]:
    """Give one signal: what says so, what ended the failure by it, and after how long.

    Only what was live can be down (F8).
    """
    before, _, after = SAYS.get(reason.signal, "*").partition("*")
    said = Text(f"{reason.signal}: {before}").append_text(_by(reason, one, evidence)).append(after)
    is_incident = reason.signal == "incident"
    if reason.began_at != one.succeeded_at or is_incident:
        at = _time(reason.began_at, one.finished_at or one.created_at, evidence)
        said.append(f" opened {at}" if is_incident else f" at {at}")
    said.append(",")
    lasted = formatting.duration(
        ((reason.ended_at or evidence.until) - reason.began_at).total_seconds()
    )
    if reason.ended_at is None:
        if one.never_live:
            no_success = Text("not followed by a success yet,")
            return links.fill([said, no_success, Text(f"after {lasted}")], width)
        return links.fill([said, Text(f"still open after {lasted}")], width)
    ended = _time(reason.ended_at, reason.began_at, evidence)
    if is_incident:
        return links.fill([said, Text(f"closed {ended},"), Text(f"after {lasted}")], width)
    success = _ending(reason, evidence).append(f" at {ended}")
    if one.never_live:
        following = Text("followed by ").append_text(success).append(",")
        return links.fill([said, following, Text(f"after {lasted}")], width)
    return links.fill([said, Text(f"down {lasted},"), Text("until ").append_text(success)], width)


def _by(reason: FailureReason, one: DeploymentEvidence, evidence: RowEvidence) -> Text:
    """Give what says that *one* failed, linked to where it stands."""
    by, home = reason.by, one.home
    if reason.signal == "rollback":
        known = evidence.by_name.get(by)
        page = f"{home}/deployments/{by}" if by.isdecimal() else ""
        name = f"deployment {by}" if by.isdecimal() else formatting.deployment_name(by)
        return links.link(name, known.url if known else page)
    if reason.signal == "revert":
        return links.commit(by, f"{home}/commit/{by}")
    if reason.signal == "tag":
        return links.link(by, f"{home}/releases/tag/{quote(by)}")
    if reason.signal in {"hotfix", "label", "incident"}:
        return links.called(by, one, "issues" if reason.signal == "incident" else "pull")
    return Text(formatting.plain(by))


def _ending(reason: FailureReason, evidence: RowEvidence) -> Text:
    ending = evidence.by_success.get(reason.ended_at)
    return Text("the next success") if ending is None else links.deployment(ending)


def _episode(one: DeploymentEvidence, evidence: RowEvidence, width: int) -> list[Text]:
    """Give the episode of *one*, where it is more than its one reason says (R1 to R3)."""
    episode = evidence.episode_of.get(one.id)
    if episode is None:
        what = "failure" if one.never_live else "outage"
        return [Text(f"Its {what} began before this time, and is not among those counted.", "dim")]
    together = [evidence.by_id[it] for it in episode.deployments if it in evidence.by_id]
    in_a_row = f"{formatting.counted(len(together), 'failure')} in a row"
    name = in_a_row if episode.never_live else "outage"
    first = min(together, key=evidence.deployments.index)
    if len(together) > 1 and first is not one:
        text = "in a row with" if episode.never_live else "outage: the one that began with"
        return [Text(f"{text} ").append_text(links.deployment(first))]
    if len(together) == 1 and len(one.reasons) == 1:
        return []
    lasted = formatting.duration(
        ((episode.ended_at or evidence.until) - episode.began_at).total_seconds()
    )
    began = formatting.instant(episode.began_at, evidence.timezone)
    if episode.ended_at is None:
        still = "no success yet" if episode.never_live else "still open"
        pieces = [f"{name}: from {began}", f"{still} after {lasted}"]
    else:
        ended = _time(episode.ended_at, episode.began_at, evidence)
        pieces = [f"{name}: {lasted}", f"from {began} to {ended}"]
    if any(it.signal == "incident" for it in one.reasons) and len(one.reasons) > 1:
        pieces.append("as its incidents say")
    if len(together) > 1 and not episode.never_live:
        pieces.append(f"one of {in_a_row}")
    return links.fill([*(Text(f"{it},") for it in pieces[:-1]), Text(pieces[-1])], width)


def _time(moment: datetime, beside: datetime, evidence: RowEvidence) -> str:
    """Give *moment*, without its date where that is the one of *beside*."""
    text, other = (formatting.instant(it, evidence.timezone) for it in (moment, beside))
    return text.split(" ")[1] if text.split(" ")[0] == other.split(" ")[0] else text
