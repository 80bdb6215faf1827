"""Puts repositories of one source together, as entries of `[[sources]]` that never meet (D8)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from dora.config.source_settings import KINDS, Source, SourceSection
from dora.doctor.source_choice import SourceChoice
from dora.doctor.toml_lines import list_line, quoted, text_line
from dora.model.first_look import FirstLook

#: As many repositories that begin alike are written as one glob.
FEWEST_ALIKE = 3
SEPARATORS = "-_."
#: More repositories than this, where they are all there is, are not named one by one.
MOST_LISTED = 50
#: Longer lists are written with a text a line.
LONGEST_LINE = 100


@dataclass(frozen=True)
class SourceGroup:
    """Repositories with the same source, and its entries; those without one have no entry."""

    kind: str
    choices: tuple[SourceChoice, ...]
    entries: tuple[Source, ...]

    @property
    def repositories(self) -> tuple[str, ...]:
        """Names of its repositories, in order."""
        return tuple(one.repository for one in self.choices)


def group_sources(choices: Sequence[SourceChoice], look: FirstLook) -> tuple[SourceGroup, ...]:
    """The groups in the order of kinds, the largest first; last what has no source."""
    groups: dict[tuple[str, tuple[Source, ...]], list[SourceChoice]] = {}
    for choice in choices:
        groups.setdefault((choice.kind, choice.entries), []).append(choice)
    order = [*KINDS, ""]
    ranked = sorted(
        groups.items(), key=lambda one: (order.index(one[0][0]), -len(one[1]), repr(one[0][1]))
    )
    everything = [*(one.name for one in look.repositories), *look.others]
    return tuple(
        SourceGroup(
            kind,
            tuple(own),
            tuple(
                entry.model_copy(update={"repositories": globs})
                for globs in [find_globs([one.repository for one in own], everything)]
                for entry in entries
            ),
        )
        for (kind, entries), own in ranked
    )


def find_globs(names: Collection[str], everything: Collection[str]) -> tuple[str, ...]:
    """Globs that fit *names* and no other of *everything*: beginnings, else the names.

    Where they are all there is, the names, so that a new repository does not fit; `*` for many.
    """
    own = {name.casefold() for name in names}
    others = {name.casefold() for name in everything} - own
    if not others:
        return ("*",) if len(own) > MOST_LISTED else tuple(sorted(names, key=str.casefold))
    taken = {_beginning(name) for name in others}
    alike: dict[str, list[str]] = {}
    for name in sorted(names, key=str.casefold):
        alike.setdefault(_beginning(name.casefold()), []).append(name)
    globs: list[str] = []
    for beginning, members in alike.items():
        if beginning and beginning not in taken and len(members) >= FEWEST_ALIKE:
            globs.append(f"{beginning}*")
        else:
            globs += members
    return tuple(globs)


def _beginning(name: str) -> str:
    """The first word of a name with what separates it from the rest; "" where it has one word."""
    places = [place for place in map(name.find, SEPARATORS) if place > 0]
    return name[: min(places) + 1] if places else ""


def entry_lines(entry: SourceSection) -> str:
    """An entry of `[[sources]]` as text: what decides most, and what differs from the defaults."""
    lines = ["[[sources]]", text_line("from", entry.kind)]
    if tuple(entry.repositories) != ("*",):
        lines.append(_list("repositories", entry.repositories))
    for key, value in entry:
        field = type(entry).model_fields[key]
        # What decides most is written down in any case.
        is_told = key == "environment" or (key == "tag" and entry.kind == "tags")
        if key in {"kind", "repositories"} or (value == field.default and not is_told):
            continue
        is_text = isinstance(value, str)
        lines.append(text_line(key, value) if is_text else _list(key, value))
    return "\n".join(lines)


def _list(key: str, texts: Iterable[str]) -> str:
    """A list on one line, or a text a line where it would be too long to read."""
    line = list_line(key, texts)
    if len(line) <= LONGEST_LINE:
        return line
    own = "".join(f"    {quoted(text)},\n" for text in sorted({*texts}))
    return f"{key} = [\n{own}]"
