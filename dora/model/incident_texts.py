"""Reads what the text and the labels of an incident say: which deployment, which repository (F7).

Bodies are written by anyone and are up to 64 KB long: each line is looked at once, and no pattern
here goes back over what it has passed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

#: Labels that say which repositories, environments and services an incident is about.
REPOSITORY_LABEL, ENVIRONMENT_LABEL, SERVICE_LABEL = "repo:", "environment:", "service:"
#: Longer than any address of a deployment.
LONGEST_WORD = 500

#: Emphasis, code and table bars, and the space between them.
AROUND = " \t*_`|"
#: What may stand around a word that names a deployment, and what ends a sentence after it.
BEFORE_WORD, AFTER_WORD = AROUND + "<>", AROUND + "<>.,;!"
#: Marks before a label or a value: quotes, headings, lists, tasks, bars, emphasis.
MARKS = re.compile(r"(?:[\s>*_`|+-]|#++(?=\s|$)|\d{1,3}[.)](?=\s)|\[[ xX]\](?=\s))*+")
LABEL = re.compile(r"#*+(\[?+)[*_`]*+deployment(?=\W|_|$)[*_`]*+", re.IGNORECASE)
#: The rest of a link whose text ends here.
LINK_END = re.compile(r"\](?:\([^()]*+\)|\[[^\[\]]*+\])?+[*_`]*+")
LINK = re.compile(
    r"\[(?P<text>[^\[\]]*+)\](?:\(\s*+<?+(?P<address>[^\s<>()]*+)[^()]*+\)|\[[^\[\]]*+\])?+"
)
WORD = re.compile(r"[^\s|]*+")
FENCE = re.compile(r"[\s>]*+(?:```[^`]*+|~~~.*+)")
UNDERLINE = re.compile(r"[\s>]*+(?:=++|-++)\s*+")
NO_RESPONSE = "no response"

ID = re.compile(r"[1-9][0-9]{0,17}")
SHA = re.compile(r"[0-9a-f]{7,40}")
SCHEMES = ("https://", "http://")
#: What stands before `OWNER/NAME/deployments/ID` in addresses of the API.
API_PATHS: tuple[list[str], ...] = (["api", "v3", "repos"], ["repos"], [])


#: Ids of deployments of other sources than GitHub's (D8), case as written.
TEXT_ID = re.compile(r"(?:workflow|releases|tags|merges|file):.+")


class DeploymentName(NamedTuple):
    """What names a deployment: an id, an address (an id and a repository), or a commit.

    Digits alone can be an id or the beginning of a sha, so both are given. An address of GitHub and
    a sha are case folded.
    """

    id: int | None
    repository: tuple[str, str] | None = None  #: owner and name
    sha: str | None = None  #: 7 to 40 digits
    text: str | None = None  #: the id of a deployment of another source


def read_name(word: str | None) -> DeploymentName | None:
    """What a word names: an id, an address or a sha; None if it is none of these (F7).

    Which other addresses are those of deployments, only the tables say.
    """
    if word and TEXT_ID.fullmatch(word):
        return DeploymentName(None, text=word)
    folded = (word or "").casefold()
    for scheme in SCHEMES:
        if folded.startswith(scheme):
            return _read_address(folded.removeprefix(scheme))
    number = int(folded) if ID.fullmatch(folded) else None
    sha = folded if SHA.fullmatch(folded) else None
    return None if number is None and sha is None else DeploymentName(number, sha=sha)


def _read_address(address: str) -> DeploymentName | None:
    """A deployment's web or API address, less its scheme."""
    path = address.partition("?")[0].partition("#")[0].rstrip("/").split("/")[1:]
    for before in API_PATHS:
        length = len(before)
        if path[:length] == before and len(path) == length + 4:
            owner, name, kind, number = path[length:]
            if kind == "deployments" and ID.fullmatch(number):
                return DeploymentName(int(number), (owner, name))
    return None


def find_named(body: str | None) -> str | None:
    """The word by which an incident's body names a deployment, None for none (F7).

    It is the first word after `Deployment:`, beside it in a table, or below a heading `Deployment`,
    less the Markdown around it; of a link, its address if that is a deployment's of GitHub. Any
    other web address of a link may be that of another source's deployment: it is before its text,
    and `split_named` tells them apart.
    """
    lines = _without_comments(body or "").splitlines()
    is_code = False
    for place, line in enumerate(lines):
        if FENCE.fullmatch(line):
            is_code = not is_code
        if "deployment" not in line.casefold():
            continue
        word = _in_table(lines, place) or _on_line(line)
        if word is None and not is_code:
            word = _below(lines, place)
        if word is not None:
            return word
    return None


def split_named(named: str) -> tuple[str | None, str]:
    """The address that a link has, if any, and the word; of what `find_named` gave."""
    address, space, word = named.partition(" ")
    is_link = space and address.casefold().startswith(SCHEMES)
    return (address, word) if is_link else (None, named)


def _without_comments(body: str) -> str:
    """The body less its HTML comments, which nobody sees; one without an end is text."""
    parts, at = [], 0
    while (begin := body.find("<!--", at)) >= 0 and (end := body.find("-->", begin)) >= 0:
        parts.append(body[at:begin])
        at = end + len("-->")
    return "".join([*parts, body[at:]])


def _after_label(line: str) -> tuple[str, str] | None:
    """The marks before the label `Deployment` and what follows it; None where it does not stand."""
    marks = MARKS.match(line)
    assert marks is not None  # noqa: S101  # it fits nothing, too
    label = LABEL.match(line, marks.end())
    if label is None:
        return None
    rest = line[label.end() :]
    if label[1]:
        end = LINK_END.match(rest)  # the label alone is the link, else value and label together
        rest = rest[end.end() :] if end else f"{rest[:1]}[{rest[1:].lstrip(AROUND)}"
    return marks[0], rest.lstrip()


def _on_line(line: str) -> str | None:
    """The word after `Deployment:`, or in the cell beside `Deployment`."""
    found = _after_label(line)
    if found is None or not found[1].startswith((":", "|")):
        return None
    return _first_word(found[1][1:])


def _below(lines: list[str], place: int) -> str | None:
    """The word below a line that holds only `Deployment`, if that line is a heading.

    Below a label that is no heading, such as a line in bold type, it counts only if it names a
    deployment: it may be any sentence.
    """
    found = _after_label(lines[place])
    if found is None or found[1].strip(f"{AROUND}:#"):
        return None
    start = place + 1
    is_heading = "#" in found[0]
    if start < len(lines) and UNDERLINE.fullmatch(lines[start]):
        is_heading = True
        start += 1
    for line in (lines[at] for at in range(start, len(lines))):  # a slice would copy them all
        if FENCE.fullmatch(line) or not line.strip(" \t>"):
            continue
        marks = MARKS.match(line)
        if marks is None or "#" in marks[0]:
            return None
        word = _on_line(line) or _first_word(line[marks.end() :])
        return word if is_heading or _is_name(word) else None
    return None


def _in_table(lines: list[str], place: int) -> str | None:
    """The word in the column below the cell `Deployment` of a table's first row.

    Tables of two columns have their first pair there: then it is the word beside that cell.
    """
    if place + 1 >= len(lines) or not _is_delimiter(lines[place + 1]) or "|" not in lines[place]:
        return None
    titles = [cell.strip(f"{AROUND}:").casefold() for cell in _cells(lines[place])]
    if "deployment" not in titles:
        return None
    column = titles.index("deployment")
    beside = _on_line(lines[place]) if column == 0 else None
    if beside is not None and (_is_name(beside) or beside.casefold().startswith(SCHEMES)):
        return beside
    cells = _cells(lines[place + 2]) if place + 2 < len(lines) else []
    return _first_word(cells[column]) if column < len(cells) else None


def _is_delimiter(line: str) -> bool:
    """Whether a line is what stands between the first row of a table and the others."""
    return "-" in line and not line.strip(" \t>|:-")


def _cells(line: str) -> list[str]:
    return line.strip(" \t>").removeprefix("|").removesuffix("|").split("|")


def _first_word(value: str) -> str | None:
    """The first word of a value less the Markdown around it; None if there is none."""
    text = value.lstrip(BEFORE_WORD)
    if text.partition("|")[0].strip(AROUND).casefold() == NO_RESPONSE:
        return None
    link = LINK.match(text)
    address = (link["address"] if link else None) or ""
    if link is not None:
        named = read_name(address)
        if named is not None and named.repository is not None:
            return address
        text = link["text"].lstrip(BEFORE_WORD)
    found = WORD.match(text)
    word = found[0].rstrip(AFTER_WORD)[:LONGEST_WORD] if found else ""
    is_page = address.casefold().startswith(SCHEMES) and len(address) <= LONGEST_WORD
    return f"{address} {word}" if word and is_page and word != address else word or None


def _is_name(word: str | None) -> bool:
    """Whether a word names a deployment, whatever there is in the tables."""
    return word is not None and read_name(split_named(word)[1]) is not None


def find_own_name(name: str, organization: str) -> str:
    """A repository's name, case folded, without its owner where that is the organization.

    One of another owner keeps it, so that it is the name of no repository here.
    """
    folded = name.strip().casefold()
    return folded.removeprefix(f"{organization.casefold()}/")


def find_label_values(labels: Iterable[str], prefix: str) -> Iterator[str]:
    """What labels such as `repo:NAME` say behind *prefix*, as it is written there."""
    for label in labels:
        if label.casefold().startswith(prefix):
            value = label[len(prefix) :].strip()
            if value:
                yield value
