"""Finds what is filed as a deployment and may be none, and proposes what leaves it out (D9).

Plans of pull requests, a second App's records of the same releases, and other tasks than releases.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import pandas as pd

from dora.analysis.analysis import Analysis
from dora.analysis.outcomes import MINUTE, Outcomes, show
from dora.config import Config
from dora.doctor.deployments import count_by_environment, take_filed
from dora.doctor.model import Finding
from dora.doctor.toml_lines import exclude_lines
from dora.model.columns import microseconds_of
from dora.model.tables import ENVIRONMENT

#: Two records of one release are not further apart.
TOGETHER = 60 * MINUTE
#: The task that the rules read as going back (F2): no other kind of deployment.
ROLLBACK = "rollback"
PASTE = "If so, paste these lines at the end of dora.toml; they hold for every repository."


def find_proposals(analysis: Analysis, config: Config) -> Iterator[Finding]:
    """What may be no deployment, each with lines to paste."""
    shown = show(analysis.outcomes, config)
    yield from _of_requests(shown)
    yield from _of_several_creators(take_filed(shown))  # whoever starts a run is its creator
    if config.services.source != "task" or not config.services.pattern:
        yield from _of_several_tasks(shown)


def _of_requests(shown: Outcomes) -> Iterator[Finding]:
    """Deployments to production that were filed for a pull request, not for a branch."""
    is_request = shown["ref"].str.startswith("refs/pull/").fillna(value=False).astype("bool")
    found = shown[is_request & (shown["tier"] == "production")]
    if found.empty:
        return
    yield _finding(
        "deployment-of-request",
        f"{len(found):,} of the newest deployments to production were filed for pull requests.",
        "A job of a pull request that names the environment, for its secrets say, files one: "
        "a plan, which releases nothing, counts as a deployment.",
        found,
        exclude_lines(environment=found["environment"], ref=["refs/pull/*"]),
    )


def _of_several_creators(shown: Outcomes) -> Iterator[Finding]:
    """Deployments that one creator filed of what another one had filed, too."""
    seconds: dict[str, list[pd.DataFrame]] = {}
    several = shown.groupby([*ENVIRONMENT])["creator"].transform("nunique") > 1
    for _, own in shown[several].groupby([*ENVIRONMENT]):
        for creator, copies in _copies(own):
            seconds.setdefault(creator, []).append(copies)
    if not seconds:
        return
    lines = [
        exclude_lines(
            environment=[name for one in copies for name in one["environment"]], creator=[creator]
        )
        for creator, copies in sorted(seconds.items())
    ]
    found = pd.concat([one for copies in seconds.values() for one in copies])
    yield _finding(
        "deployment-several-creators",
        f"{len(found):,} deployments are of a commit that another login filed within the hour.",
        "Two tools that file one release make two deployments of it: frequency is too high, the "
        "change fail rate too low.",
        found,
        "\n\n".join(lines),
    )


def _copies(own: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """The creators in an environment whose deployments mostly repeat those of another one."""
    counts = Counter(name for name in own["creator"].tolist() if isinstance(name, str))
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    ranks = {name: rank for rank, name in enumerate(ranked)}
    pairs = sorted(_repeats(own, ranks).items(), key=lambda one: [ranks[name] for name in one[0]])
    given_up: set[str] = set()
    for (first, second), copies in pairs:
        if not {first, second} & given_up and 2 * len(copies) > counts[second]:
            given_up.add(second)
            yield second, own[own["deployment"].isin(copies)]


def _repeats(own: pd.DataFrame, ranks: dict[str, int]) -> dict[tuple[str, str], set[int]]:
    """Deployments of what a creator of a better rank filed, too: by that creator and their own."""
    by_sha: dict[str, dict[str, list[tuple[int, int]]]] = {}
    columns = (own[name].tolist() for name in ("sha", "creator", "deployment"))
    instants = microseconds_of(own["created_at"]).tolist()
    for sha, creator, deployment, at in zip(*columns, instants, strict=True):
        if isinstance(creator, str):
            by_sha.setdefault(sha, {}).setdefault(creator, []).append((at, deployment))
    found: dict[tuple[str, str], set[int]] = {}
    for creators in by_sha.values():
        for first, second in combinations(sorted(creators, key=ranks.__getitem__), 2):
            theirs = sorted(at for at, _ in creators[first])
            copies = {
                deployment
                for at, deployment in creators[second]
                if bisect_right(theirs, at + TOGETHER) > bisect_left(theirs, at - TOGETHER)
            }
            if copies:
                found.setdefault((first, second), set()).update(copies)
    return found


def _of_several_tasks(shown: Outcomes) -> Iterator[Finding]:
    """Deployments of another task than most of their environment."""
    usual = shown[shown["task"] != ROLLBACK]
    most = usual.groupby([*ENVIRONMENT])["task"].transform(
        lambda tasks: min(tasks.mode(), default="")
    )
    others = usual[usual["task"] != most] if len(usual) else usual
    if others.empty:
        return
    lines = [
        exclude_lines(environment=own["environment"], task=[str(task)])
        for task, own in others.groupby("task")
    ]
    yield _finding(
        "deployment-several-tasks",
        f"{len(others):,} deployments have another task than most of their environment.",
        "What is no release of its own, such as a migration or a dry run, counts as one.",
        others,
        "\n\n".join(lines),
    )


def _finding(check: str, what: str, meaning: str, found: pd.DataFrame, lines: str) -> Finding:
    counts = count_by_environment(found)
    severity = "note" if check == "deployment-several-tasks" else "warning"
    return Finding(
        check,
        severity,  # type: ignore[arg-type]  # one of the two
        what,
        meaning,
        PASTE,
        tuple(counts),
        counts,
        paste=lines,
    )
