"""Checks the values of a file's columns, and says what is wrong with each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.collect.files.columns import STATES, STATES_ELSEWHERE, FileColumns
from dora.collect.files.formats import read_raw
from dora.collect.files.mistakes import Mistakes, shown
from dora.collect.files.raw_table import RawTable
from dora.model.columns import MISSING, microseconds_of

#: An instant with its offset, to nanoseconds at most.
ZONED = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)"
#: Digits of a second that are more than microseconds.
FINER = r"(\.\d{6})\d+"
ADDRESS = r"[Hh][Tt][Tt][Pp][Ss]?://\S+"  # a flag would make it ten times slower
SHA = r"[0-9a-fA-F]{7,40}"
#: No space of any kind: the engine takes \s for those of ASCII alone.
WORD = "[^\\s\x0b\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"
NAME = r"[A-Za-z0-9._-]+"
#: The years from 1 to 9999, in microseconds since 1970: Python knows no other.
FIRST, END = (int(np.datetime64(one, "us").astype(np.int64)) for one in ("0001", "10000"))
#: How similar a name must be to one that is allowed.
SIMILAR, VERY_SIMILAR = 0.5, 0.75
SHORT = 3  #: letters of a column's name that is like too many others
#: What people write instead of an instant, and what it is.
UNLIKE_INSTANTS: Mapping[str, str] = {
    ZONED: "is not in the calendar",
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d\S*": "has no offset from UTC",
    r"\d{4}-\d\d-\d\d": "is a day without a time",
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(\D.*)?": "is a local date format",
    r"\d{5}([.,]\d+)?": "is the number that Excel has for a day",
    r"\d{10}(\.\d+)?": "is a number of seconds",
    r"\d{13}": "is a number of milliseconds",
}


@dataclass
class CheckedTable:
    """The columns of a file by name, each checked, and the numbers of its lines."""

    raw: RawTable
    mistakes: Mistakes
    columns: FileColumns
    organization: str
    _texts: dict[str, pd.Series] = field(default_factory=dict)

    @property
    def lines(self) -> NDArray[np.int64]:
        """The number of the line of each record."""
        return self.raw.lines

    def has(self, name: str) -> bool:
        """Whether there is such a column."""
        return name in self.raw.columns

    def texts(self, name: str) -> pd.Series:
        """The values of a column, less the space around them; missing where there is none."""
        if name not in self._texts:
            values = self.raw.columns.get(name, [None] * len(self.lines))
            texts = pd.Series(pd.array(values, dtype="str")).str.strip()
            self._texts[name] = texts.mask(texts == "")
        return self._texts[name]

    def read(self, name: str) -> pd.Series:
        """The checked texts of a column: names of repositories without owner, case folded."""
        texts, column = self.texts(name), self.columns[name]
        if not self.has(name):
            return texts
        gone = texts.isna().to_numpy()
        if column.must:
            self.mistakes.add(gone, name, lambda _: "is empty", column.allowed)
        match column.kind:
            case "repository":
                return self._repositories(texts)
            case "state":
                return self._states(texts)
            case "sha":
                fits = texts.str.fullmatch(SHA).to_numpy(dtype=bool, na_value=False)
                self._refuse(texts, ~gone & ~fits, name, lambda _: "is not the sha of a commit")
                return texts.str.lower()
            case "address":
                fits = texts.str.fullmatch(ADDRESS).to_numpy(dtype=bool, na_value=False)
                self._refuse(texts, ~gone & ~fits, name, lambda _: "is not an address")
            case "word":
                fits = texts.str.fullmatch(WORD).to_numpy(dtype=bool, na_value=False)
                self._refuse(texts, ~gone & ~fits, name, lambda _: "is not one word")
        return texts

    def instants(self, name: str) -> NDArray[np.int64]:
        """Microseconds since 1970 of a column of instants; MISSING where it is empty or wrong."""
        texts, column = self.texts(name), self.columns[name]
        if not self.has(name):
            return np.full(len(texts), MISSING)
        gone = texts.isna().to_numpy()
        if column.must:
            self.mistakes.add(gone, name, lambda _: "is empty", column.allowed)
        is_zoned = texts.str.fullmatch(ZONED).to_numpy(dtype=bool, na_value=False)
        whole = texts.where(is_zoned).str.replace(FINER, r"\1", regex=True)
        found = pd.to_datetime(whole, format="ISO8601", utc=True, errors="coerce")
        instants = microseconds_of(found)
        instants[(instants < FIRST) | (instants >= END)] = MISSING
        self._refuse(texts, ~gone & (instants == MISSING), name, _unlike_instant)
        return instants

    def _refuse(
        self, texts: pd.Series, is_wrong: NDArray[np.bool_], name: str, why: Callable[[str], str]
    ) -> None:
        """Add mistakes that repeat the value; what is allowed instead is said once."""

        def explain(position: int) -> str:
            value = texts.iloc[position]
            return f"{shown(value)} {why(value)}"

        self.mistakes.add(is_wrong, name, explain, self.columns[name].allowed)

    def _repositories(self, texts: pd.Series) -> pd.Series:
        owner = self.organization.casefold()
        codes, names = pd.factorize(texts)
        own, problems = [], []
        for name in names:
            before, slash, after = name.rpartition("/")
            is_name = re.fullmatch(NAME, after) and (not slash or re.fullmatch(NAME, before))
            is_ours = not slash or before.casefold() == owner
            problem = "" if is_ours else f"is not of {self.organization}"
            problems.append(problem if is_name else "is not the name of a repository")
            own.append(after.casefold())
        is_wrong = np.array([*map(bool, problems), False])[codes]  # the last is of code -1
        by_name = dict(zip(names, problems, strict=True))
        self._refuse(texts, is_wrong, "repository", lambda name: by_name[name])
        return _taken(own, codes)

    def _states(self, texts: pd.Series) -> pd.Series:
        codes, names = pd.factorize(texts)
        known = [STATES.get(name.casefold()) for name in names]
        wrong = np.array([*(one is None for one in known), False])  # the last is of code -1
        self._refuse(texts, wrong[codes], "state", _unlike_state)
        return _taken(known, codes)


def read_checked(path: Path, name: str, columns: FileColumns, organization: str) -> CheckedTable:
    """The table of a file, its columns known; what is wrong so far is in its `mistakes`.

    *name* is what the file is called in messages.
    """
    mistakes = Mistakes(name, columns=[*columns])
    raw = read_raw(path, mistakes)
    mistakes.lines = raw.lines
    if (not raw.is_empty and not mistakes) or raw.columns:
        _check_names(raw, columns, mistakes)
    return CheckedTable(raw, mistakes, columns, organization)


def _check_names(raw: RawTable, columns: FileColumns, mistakes: Mistakes) -> None:
    """Add the columns that are missing, each with the one that may be meant to be it."""
    others = [name for name in raw.columns if name not in columns]
    absent = [name for name in columns if name not in raw.columns]
    place = f"{mistakes.word} {raw.header}: " if raw.header else ""
    if len(others) == len(raw.columns):
        found = ", ".join(shown(name) for name in others[:10]) or "none"
        mistakes.add_whole(
            f"{place}names no column that is known, but {found}; allowed: {', '.join(columns)}"
        )
        return
    for name in absent:
        must = columns[name].must
        if not must and len(name) <= SHORT:
            continue
        near = get_close_matches(name, others, n=1, cutoff=SIMILAR if must else VERY_SIMILAR)
        if near:
            what = f"{place}{shown(near[0])} is not known; did you mean the column {name!r}?"
        elif must:
            what = f"{place}there is no column {name!r} ({columns[name].meaning})"
        else:
            continue
        mistakes.add_whole(what)


def folded(texts: pd.Series) -> pd.Series:
    """Texts whose case does not matter, each distinct one folded once."""
    codes, names = pd.factorize(texts)
    return _taken([name.casefold() for name in names], codes)


def _taken(values: list[str | None], codes: NDArray[np.int64]) -> pd.Series:
    """The value at each code; missing at -1."""
    whole = pd.array([*values, None], dtype="str")
    return pd.Series(whole.take(codes))


def _unlike_instant(value: str) -> str:
    """What a text is that is not an instant."""
    for pattern, what in UNLIKE_INSTANTS.items():
        if re.fullmatch(pattern, value):
            return what
    return "is not an instant"


def _unlike_state(name: str) -> str:
    """What is said of a state that is not allowed, with the one that may be meant."""
    word = re.sub(r"[\s_-]+", "_", name.casefold())
    said = STATES_ELSEWHERE.get(word)
    near = [said] if said else get_close_matches(word, [*STATES], n=1, cutoff=SIMILAR)
    return "is not allowed" + (f"; did you mean {near[0]!r}?" if near else "")
