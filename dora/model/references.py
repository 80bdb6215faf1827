"""Finds what messages and branch names refer to (F3, LT11)."""

import re
from typing import NamedTuple

COMMIT = re.compile(r"This reverts commit ([0-9a-fA-F]{7,40})\b")
#: The number of a request. GitHub's are no longer, and messages and branches come from anyone.
NUMBER = "[0-9]{1,9}"
REQUEST = re.compile(rf"Reverts (?:(?P<owner>[\w.-]+)/(?P<name>[\w.-]+))?#(?P<number>{NUMBER})\b")
#: What `git cherry-pick -x` adds to a message, and what it adds when a pick is picked again.
PICK = re.compile(r"\(cherry picked from commit ([0-9a-fA-F]{7,40})\)")
PICKS = re.compile(rf"(?:{PICK.pattern}\s*)+")
#: What is in every such message.
PICKED = "(cherry picked from commit "
BRANCH = re.compile(rf"revert-({NUMBER})-.*", re.DOTALL)
#: A first line like `Revert "Add thing (#12)" (#13)`, where #13 is the revert's own request. In a
#: revert of a revert the last number before the closing quotation mark is the one that is meant.
TITLE = re.compile(rf'Revert ".*\(#({NUMBER})\)"(?: \(#\d+\))?\s*')


class Targets(NamedTuple):
    """What a commit reverts."""

    commits: tuple[str, ...]  #: shas, 7 to 40 digits in lower case
    requests: tuple[int, ...]  #: numbers of pull requests of its own repository
    strangers: int  #: how many are another repository's, which nobody here knows


def find_targets(message: str | None, branch: str | None, owner: str, name: str) -> Targets:
    """What a commit says it reverts, by its *message* and its pull request's head *branch*.

    `This reverts commit <sha>`, `Reverts <owner>/<repo>#<n>`, `Reverts #<n>`, a first line
    `Revert "… (#<n>)"`, and a branch called `revert-<n>-…`; *owner* and *name* are its own
    repository's.
    """
    commits = [sha.lower() for sha in COMMIT.findall(message or "")]
    requests, strangers = [], 0
    for found in REQUEST.finditer(message or ""):
        own = (owner.casefold(), name.casefold())
        said = (str(found["owner"]).casefold(), str(found["name"]).casefold())
        if found["owner"] is None or said == own:
            requests.append(int(found["number"]))
        else:
            strangers += 1
    first_line, _, _ = (message or "").partition("\n")
    named = (TITLE.fullmatch(first_line), BRANCH.fullmatch(branch or ""))
    requests += [int(one[1]) for one in named if one]
    return Targets(tuple(dict.fromkeys(commits)), tuple(dict.fromkeys(requests)), strangers)


def may_name_commits(message: str) -> bool:
    """Whether a message may name other commits (F3, LT11): all other messages are not kept."""
    return PICKED in message or "revert" in message.lower()


def find_origins(message: str) -> tuple[str, ...]:
    """The shas that a message says its commit was picked from, in lower case (LT11).

    Where it was picked again, there are several lines in a row, all of one change. Of other lines,
    as a squash of several picks has them, only the last count.
    """
    runs = [*PICKS.finditer(message)]
    shas = PICK.findall(runs[-1][0]) if runs else ()
    return tuple(dict.fromkeys(sha.lower() for sha in shas))
