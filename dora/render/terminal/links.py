"""Makes terminal text from names and addresses, with links for terminals that support them."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote

from rich.style import Style
from rich.text import Text

from dora.render import formatting
from dora.report.evidence import ChangeEvidence, DeploymentEvidence

SHA = 7  #: digits of an abbreviated sha
INDENT = 2


def link(name: str, url: str) -> Text:
    """Give *name*, linked to *url* if that is a plain web address."""
    text = Text(formatting.plain(name))
    is_web = url.startswith(("https://", "http://")) and url.isascii() and url.isprintable()
    if is_web and " " not in url:
        text.stylize(Style(link=url))
    return text


def commit(sha: str, url: str) -> Text:
    """Give the abbreviated sha of a commit, linked to the commit."""
    return link(sha[:SHA], url)


def deployment(one: DeploymentEvidence) -> Text:
    """Give what a deployment is called, linked to its page: one of GitHub's by its commit."""
    is_github = isinstance(one.id, int)
    return link(one.sha[:SHA] if is_github else formatting.deployment_name(one.id), one.url)


def whole_deployment(one: DeploymentEvidence) -> list[Text]:
    """Give what a deployment is called, and its commit where that is not its name."""
    text, sha = deployment(one), one.sha[:SHA]
    if text.plain == sha:
        return [text]
    return [text, commit(one.sha, f"{one.home}/commit/{one.sha}")]


def called(name: str, one: DeploymentEvidence, kind: str) -> Text:
    """Give the name of an issue or pull request (`repo#n`) of *one*'s organization, linked."""
    repository, mark, number = name.rpartition("#")
    if not mark or not number.isdecimal():
        return Text(formatting.plain(name))
    home = one.home.rpartition("/")[0]
    return link(name, f"{home}/{quote(repository)}/{kind}/{number}")


def change(one: ChangeEvidence, until: datetime, *, with_authors: bool) -> Text:
    """Give a change: how long it took or waits, its commit, its pull request and author."""
    age = max((until - one.started_at).total_seconds(), 0)
    text = Text(formatting.duration(age if one.lead_time is None else one.lead_time) + " ")
    text.append_text(commit(one.sha, one.url))
    if one.pull_request is not None:
        home = one.url.rpartition("/commit/")[0]
        text.append(" ").append_text(
            link(f"#{one.pull_request}", f"{home}/pull/{one.pull_request}")
        )
    if with_authors and one.author:
        text.append(f" by {formatting.plain(one.author)}")
    return text


def flow(lead: str, items: Sequence[Text], width: int, *, rest: str = "") -> list[Text]:
    """Give *lead*, *items* with commas between and *rest* as lines of at most *width* cells."""
    pieces = [one.copy() for one in items] + ([Text(f"and {rest}")] if rest else [])
    for one in pieces[:-1]:
        one.append(",")
    return fill([Text(lead), *pieces], width)


def fill(pieces: Sequence[Text], width: int) -> list[Text]:
    """Give *pieces* as lines of at most *width* cells; one is only broken if it is longer."""
    lines: list[Text] = []
    for one in pieces:
        if lines and lines[-1].cell_len + 1 + one.cell_len <= width:
            lines[-1].append(" ").append_text(one)
        else:
            lines.append(Text(" " * INDENT if lines else "").append_text(one))
    return lines
