"""Marks rows that are not of GitHub Deployments, and says what that leaves out (D8)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from dora.report.model import DEPLOYMENTS, Row

Marks = Mapping[str, str]  #: kind of source → its mark

#: What each kind of source leaves out, after its name.
LEFT_OUT = {
    "workflow": "a run that failed, or a job where jobs are chosen, counts as a failed deployment, "
    "even if it stopped before it deployed anything",
    "releases": "lead time ends when the release is published",
    "tags": "lead time ends at the tag",
    "merges": "lead time ends at the merge, not at a deployment; each commit of the branch's own "
    "line counts, so a rebase merge counts once per commit",
    "file": "what the file does not list is not known",
}
#: Kinds of source that know no failure: nothing of theirs fails by a status or is a rollback.
STATUSLESS = frozenset({"releases", "tags", "merges"})
#: What a kind of source is called, where not by its own name.
CALLED = {"workflow": "workflow runs", "file": "a file", "": "another source"}
_DIGITS = "0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"
_RAISED, _LOWERED = str.maketrans(*_DIGITS), str.maketrans(*reversed(_DIGITS))


def kinds_of(row: Row) -> list[str]:
    """Give the kinds of source of *row* other than GitHub's Deployments; "" for unknown ones.

    A report of a later version may have such.
    """
    kinds = (kind for kind in row.source.split("+") if kind != DEPLOYMENTS)
    return list(dict.fromkeys(kind if kind in LEFT_OUT else "" for kind in kinds))


def marks_of(rows: Sequence[Row]) -> Marks:
    """Give a mark for each kind of source in *rows*, as they come; none where all are of one."""
    if len({row.source for row in rows}) == 1 and "+" not in rows[0].source:
        return {}
    return {
        kind: str(number).translate(_RAISED) for number, kind in enumerate(_kinds(rows), start=1)
    }


def mark_of(row: Row, marks: Marks) -> str:
    """Give the marks of *row*: `¹`, `¹ ²`; empty for one without."""
    own = kinds_of(row)
    return " ".join(mark for kind, mark in marks.items() if kind in own)


def digits_of(mark: str) -> str:
    """Give a mark in plain digits, as part of an address: `12` for `¹²`."""
    return mark.translate(_LOWERED)


def notes_of(rows: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Give what the sources of *rows* leave out: each sentence, with its mark before it.

    A sentence without a mark is a paragraph of its own, before or after those that have one.
    """
    marks, kinds = marks_of(rows), _kinds(rows)
    if marks:
        is_partly = any(row.source.startswith(f"{DEPLOYMENTS}+") for row in rows)
        part = " alone" if is_partly else ""
        yield "", f"Rows with a mark are not made from GitHub Deployments{part}:"
        yield from ((marks[kind], f"{CALLED.get(kind, kind)}{_why(kind)}.") for kind in kinds)
    else:
        yield from (("", f"All rows are {origin_of(kind)}") for kind in kinds)
    yield from (("", sentence) for sentence in how_they_fail(kinds))


def origin_of(kind: str) -> str:
    """Say that something is made from another source than GitHub's Deployments."""
    return f"made from {CALLED.get(kind, kind)}, not from GitHub Deployments{_why(kind)}."


def how_they_fail(kinds: Collection[str]) -> Iterator[str]:
    """Say which of *kinds* have no statuses, and how they are known to have failed."""
    without = [kind for kind in kinds if kind in STATUSLESS]
    if without:
        *others, last = without
        names = f"{', '.join(others)} and {last}" if others else last
        yield (
            f"{names.capitalize()} cannot fail by a status: failures come from reverts, hotfixes, "
            "labels, tags and incidents alone."
        )


def _why(kind: str) -> str:
    return f": {LEFT_OUT[kind]}" if kind in LEFT_OUT else ""


def _kinds(rows: Sequence[Row]) -> list[str]:
    """Give the kinds of source in *rows* other than GitHub's Deployments, as they come."""
    return list(dict.fromkeys(kind for row in rows for kind in kinds_of(row)))
