"""Explains what each environment's name is taken for; finds patterns that fit nothing (D1, D4)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import show
from dora.config import Config
from dora.config.globs import WORD, compile_globs, find_preview_word
from dora.config.settings import TierSettings
from dora.doctor.model import Finding
from dora.doctor.silent_entries import unfit_repositories
from dora.doctor.toml_lines import list_line
from dora.model.columns import plain_rows
from dora.model.environments import DIGITS_AT_END, TIERS, environment_reader, find_tier
from dora.model.exclusions import FILED, Filed, read_exclusions
from dora.model.tables import Tables

#: As many environments of one pattern are no shards or regions any more.
MOST_ALIKE = 5
#: A hash of seven digits or more with a number in it, or a number.
_NUMBER = re.compile(r"(?<![^\W_])(?=[a-f]*[0-9])[0-9a-f]{7,40}(?![^\W_])|[0-9]+", re.IGNORECASE)


@dataclass
class _Group:
    """Environments that one pattern decided."""

    rank: int
    finding: Finding
    counts: dict[str, int] = field(default_factory=dict)


def find_names(tables: Tables, analysis: Analysis, config: Config) -> Iterator[Finding]:
    """What every environment's name stands for and why; patterns that fit nothing."""
    yield from _explain_environments(analysis, config)
    yield from _numbered_environments(analysis, config)
    yield from _unused_globs(tables, config)


# -- environments -------------------------------------------------------------------------------


def _explain_environments(analysis: Analysis, config: Config) -> list[Finding]:
    """A finding for each pattern that decided, with the names it decided, as GitHub spells them."""
    groups: dict[tuple[str, str], _Group] = {}
    for name, deployments in analysis.outcomes["environment"].value_counts().items():
        for rank, finding in _reasons(str(name), config):
            group = groups.setdefault((finding.check, finding.what), _Group(rank, finding))
            group.counts[str(name)] = int(deployments)
    ordered = sorted(groups.values(), key=lambda one: (one.rank, one.finding.what))
    return [_with_names(one.finding, one.counts) for one in ordered]


def _with_names(finding: Finding, counts: dict[str, int]) -> Finding:
    names = dict(sorted(counts.items()))
    return Finding(
        finding.check,
        finding.severity,
        finding.what,
        finding.meaning,
        finding.mend,
        tuple(names),
        names,
    )


def _reasons(name: str, config: Config) -> Iterator[tuple[int, Finding]]:
    """What decided over one name, each with its rank among the findings."""
    environment = environment_reader(config)(name)
    mapping = ((glob, compile_globs([glob])) for glob in config.environments)
    glob = next((glob for glob, fits in mapping if fits.fullmatch(name)), None)
    if environment.is_left_out:
        yield 8, Finding("environment-left-out", "ok", f"{glob!r} in [environments], left out")
        return
    if glob is not None:
        what = f"{glob!r} in [environments], read as {environment.name!r}"
        yield 0, Finding("environment-mapped", "ok", what)
    if environment.is_ephemeral:
        kept = "of tier other" if config.ephemeral else "left out"
        what = f"{_ephemeral_by(environment.name, config)}, {kept}"
        yield 7, Finding("environment-ephemeral", "ok", what)
        return
    word = find_word(environment.name, config.tiers)
    if word is not None:
        what = f"{environment.tier}, by the word {word!r}"
        yield 1 + TIERS.index(environment.tier), Finding("environment-tier", "ok", what)
        return
    yield (
        6,
        Finding(
            "environment-tier-unknown",
            "note",
            "Nothing in the names of these environments says which tier they are: they count as "
            "other.",
            "They have rows of their own, but are not in rows by team or organization; no tag, and "
            "no incident but one that names its deployment, marks their failures.",
            "If one is production (or staging …), add its word under [tiers], or map it under "
            '[environments]: "NAME" = "production"; "NAME" = false leaves it out.',
        ),
    )


def _ephemeral_by(name: str, config: Config) -> str:
    """What makes an environment ephemeral: a word, numbers left out, or a glob (D5)."""
    word = find_preview_word(name).rstrip(" 0123456789")
    if word:
        return f"ephemeral, by the word {word!r}" + (
            " and a number" if word in {"pr", "pull"} else ""
        )
    globs = [one for one in config.ephemeral_environments if not one.startswith("!")]
    glob = next(one for one in globs if compile_globs([one]).fullmatch(name))
    return f"{glob!r} in ephemeral_environments"


def find_word(name: str, words: TierSettings) -> str | None:
    """The word, or pair of words, of a canonical name that decides its tier; None for none (D4)."""
    tier = find_tier(name, words)
    parts = [DIGITS_AT_END.sub("", part) for part in WORD.findall(name.casefold())]
    candidates = [*parts, *(f"{one}-{other}" for one, other in pairwise(parts))]
    for word in candidates:
        if find_tier(word, words) != tier:
            continue
        bare = word.removeprefix("non").removeprefix("-")
        is_denied = bare != word and find_tier(bare, words) == "production"
        if tier != "other" or is_denied:
            return word
    return None


# -- environments that come and go --------------------------------------------------------------


def _numbered_environments(analysis: Analysis, config: Config) -> Iterator[Finding]:
    """Environments that differ by a number or a hash alone: they may come and go (D5)."""
    shown = show(analysis.outcomes, config)
    names = shown.loc[~shown["is_ephemeral"] & (shown["tier"] != "production"), "name"]
    counts = {str(name): int(number) for name, number in names.value_counts().items()}
    alike: dict[str, list[str]] = {}
    for name in counts:
        alike.setdefault(_NUMBER.sub("*", name).casefold(), []).append(name)
    many = {glob: own for glob, own in alike.items() if len(own) >= MOST_ALIKE and "*" in glob}
    if not many:
        return
    fits = compile_globs(many).fullmatch
    found = sorted(name for own in many.values() for name in own)
    others = [f"!{name}" for name in {*shown["name"]} - {*found} if fits(str(name))]
    globs = [*config.ephemeral_environments, *many, *others]
    yield Finding(
        "environment-numbered",
        "warning",
        f"{len(found):,} environments differ from others by a number or a hash alone.",
        "Where each lives as long as a pull request or a branch, they fill the report with rows "
        "that nobody asks for.",
        "If so, put this line first in dora.toml, in place of one for the same key.",
        tuple(found),
        {name: counts[name] for name in found},
        paste=list_line("ephemeral_environments", globs),
    )


# -- patterns -----------------------------------------------------------------------------------


def _unused_globs(tables: Tables, config: Config) -> Iterator[Finding]:
    """Configured patterns that fit nothing of what was read."""
    unused = sorted([*_unused_for_environments(tables, config), *_unused_for_names(tables, config)])
    if not unused:
        yield Finding("pattern-unused", "ok", "Every configured pattern fits something.")
        return
    yield Finding(
        "pattern-unused",
        "warning",
        "Some patterns fit nothing that was read.",
        "None, unless they were meant to fit: then names they were meant for are read otherwise.",
        "Correct the spelling (* and ? are special, the whole name must fit, the first pattern "
        "that fits wins), or take them out.",
        tuple(unused),
    )


def _unused_for_environments(tables: Tables, config: Config) -> Iterator[str]:
    recent = tables.deployments["created_at"] < config.window.until
    names = [str(name) for name in tables.deployments.loc[recent, "environment"].unique()]
    rest = names
    for glob in config.environments:  # the first that fits wins
        fits = compile_globs([glob]).fullmatch
        if not any(map(fits, rest)):
            shadowed = " (an earlier one fits first)" if any(map(fits, names)) else ""
            yield f'[environments] "{glob}"{shadowed}'
        rest = [name for name in rest if not fits(name)]
    read = environment_reader(config)
    canonical = [read(name).name for name in names]
    yield from _without_match("--environment ", config.environment, canonical)
    filed = [Filed(*row) for row in plain_rows(tables.deployments.loc[recent, FILED])]
    for place, one in enumerate(read_exclusions(config.deployments.exclude), 1):
        if not any(map(one.fits, filed)):
            yield f"[[deployments.exclude]] {place}"
    for glob in config.ephemeral_environments:
        if not any(map(compile_globs([glob.removeprefix("!")]).fullmatch, canonical)):
            yield f"ephemeral_environments {glob}"


def _unused_for_names(tables: Tables, config: Config) -> Iterator[str]:
    names = [str(name) for name in tables.repositories["repository"]]
    if not names:
        return
    yield from unfit_repositories(config, names)
    yield from _without_match("--repo ", config.repo, names)
    for team, globs in config.teams.items():
        yield from _without_match(f"[teams] {team}: ", globs, names)


def _without_match(prefix: str, globs: Iterable[str], names: list[str]) -> Iterator[str]:
    for glob in globs:
        if not any(map(compile_globs([glob]).fullmatch, names)):
            yield prefix + glob
