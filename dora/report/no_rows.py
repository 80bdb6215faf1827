"""Says in words why a report has no rows, and what would give it some.

*quote* makes a name from GitHub or from a file safe in the format of the output.
"""

import shlex
from collections.abc import Callable
from zoneinfo import ZoneInfo

from dora.model.environments import TIERS
from dora.report.coverage_model import NoRows, RepositoryCoverage, Scope
from dora.report.model import Report

Quote = Callable[[str], str]

#: What is said of the repositories that were skipped for a reason, one and several.
SKIPPED = {
    "no deployments": ("has none", "have none"),
    "archived": ("is archived", "are archived"),
    "empty": ("is empty", "are empty"),
    "excluded": ("is left out by --repo", "are left out by --repo"),
}
#: What a source is called that its own name does not describe.
OTHERWISE = {"workflow": "workflows that deploy", "merges": "merges alone", "file": "a file"}
#: What is said of deployments that make no row.
UNSEEN = {
    "ephemeral": "to short-lived environments",
    "left_out": "left out by the configuration",
    "in_progress": "still in progress",
    "abandoned": "abandoned",
    "not_started": "never started",
}


def why_no_rows(report: Report, quote: Quote, no_rows: NoRows) -> str:
    """Why there are no rows, as a clause: `none of the 14 repositories of acme has Deployments`."""
    scope, found = report.scope, report.coverage.repositories
    kind = "deployments of its [[sources]]" if no_rows.has_entries else "Deployments"
    where = _environments(scope, quote)
    if not found.read:
        owner, kind = quote(report.organization), f"{kind}{where}{_before(report)}"
        return _why_none_was_read(owner, found, kind)
    unseen = ", ".join(
        f"{count:,} {what}"
        for name, what in UNSEEN.items()
        if (count := report.coverage.deployments.get(name, 0))
    )
    if _is_narrowed_to_tiers(scope):
        lead = f"no deployment to the tier {_tiers(scope, quote)} finished in this time or shortly"
        why = f"{lead} before it" + (f"; left out, or never finished: {unseen}" if unseen else "")
    elif unseen:
        why = f"all that was deployed was left out, or never finished: {unseen}"
    else:
        why = f"nothing was deployed{where} in this time or shortly before it"
    without = found.skipped.get("no deployments", 0)
    if not without:
        return why
    has = "has" if without == 1 else "have"
    none = f"{without:,} of {_total(found):,} repositories {has} no {kind}{_before(report)}"
    return f"{why}; {none}"


def _why_none_was_read(owner: str, found: RepositoryCoverage, kind: str) -> str:
    """Why no repository was read: what is said of each, in numbers; *kind* is what none has."""
    counts = {reason: found.skipped.get(reason, 0) for reason in SKIPPED}
    total, unreadable = _total(found), len(found.unreadable)
    if not total:
        return "the token sees no repository of this organization"
    if unreadable == total:
        return "the repositories could not be read"
    every = {1: "the only repository", 2: "both repositories"}.get(
        total, f"all {total:,} repositories"
    )
    alone = next((reason for reason, count in counts.items() if count == total), None)
    if alone == "no deployments":
        all_of_them = "the only repository" if total == 1 else f"none of the {total:,} repositories"
        return f"{all_of_them} of {owner} has {'no ' if total == 1 else ''}{kind}"
    if alone == "excluded":
        return f"--repo leaves out {every} of {owner}"
    if alone:
        return f"{every} of {owner} {SKIPPED[alone][total > 1]}"
    each = [(count, SKIPPED[reason][count > 1]) for reason, count in counts.items() if count]
    each += [(unreadable, "could not be read")] if unreadable else []
    (first, verb), *others = each
    parts = [f"{first:,} of {total:,} {verb}", *(f"{count:,} {verb}" for count, verb in others)]
    lead = f"has {kind}" if counts["no deployments"] else "is left to read"
    return f"no repository of {owner} {lead}: {', '.join(parts)}"


def what_gives_rows(report: Report, quote: Quote, no_rows: NoRows) -> str:
    """What would give rows, as a sentence."""
    coverage, organization = report.coverage, report.organization
    if may_lack_sources(report):
        return _sources(_command("init", organization, quote), quote, no_rows)
    if not coverage.repositories.read:
        return _what_would_be_read(coverage.repositories, _command("doctor", organization, quote))
    advice = ["--tier all shows every tier."] if _is_narrowed_to_tiers(report.scope) else []
    if any(coverage.deployments.get(name) for name in ("ephemeral", "left_out")):
        others = "[environments] and deployments.exclude leave out others"
        advice.append(f"--ephemeral shows short-lived environments; {others}.")
    return " ".join(advice) or "A longer time may have some: see --since."


def _what_would_be_read(found: RepositoryCoverage, doctor: str) -> str:
    """What would give rows where no repository was read."""
    if not _total(found):
        return f"Run {doctor}: it says which permissions the token lacks."
    if len(found.unreadable) == _total(found):
        return f"The reason is given for each; {doctor} says whether the token lacks a permission."
    if found.skipped.get("no deployments"):
        return "Leave --environment out, or name others with it."
    if found.skipped.get("excluded", 0) == _total(found):
        return "Leave --repo out, or name others with it."
    return f"Run {doctor}: it says what the token sees of each repository."


def may_lack_sources(report: Report) -> bool:
    """Whether repositories have no rows because they have no deployments of any source.

    Then it is worth asking which sources would give some.
    """
    skipped = report.coverage.repositories.skipped
    return bool(skipped.get("no deployments")) and not _environments(report.scope, str)


def _sources(init: str, quote: Quote, no_rows: NoRows) -> str:
    """Which sources would give rows, as far as somebody looked."""
    if no_rows.looked_at is None:
        return f"Run {init}: it looks for releases, workflows, tags or merges to make rows from."
    if not no_rows.sources:
        looked = _repositories(no_rows.looked_at)
        return f"No source of deployments was found in {looked}: run {init} to look again."
    parts: list[str] = []
    for one in no_rows.sources:
        count = f"{one.repositories:,}" if parts else _repositories(one.repositories)
        has = "has" if one.repositories == 1 else "have"
        what = f"a workflow {coded(one.workflow, quote)}" if one.workflow else one.source
        parts.append(f"{count} {has} {OTHERWISE.get(what, what)}")
    return f"{', '.join(parts)}: run {init}."


def _command(name: str, organization: str, quote: Quote) -> str:
    return coded(f"dora {name} --org {shlex.quote(organization)}", quote)


def coded(text: str, quote: Quote) -> str:
    """*text* between backticks, unless the format of the output puts it there."""
    quoted = quote(text)
    return quoted if quoted.startswith("`") else f"`{quoted}`"


def _repositories(number: int) -> str:
    return f"{number:,} {'repository' if number == 1 else 'repositories'}"


def _total(found: RepositoryCoverage) -> int:
    return found.read + sum(found.skipped.values()) + len(found.unreadable)


def _is_narrowed_to_tiers(scope: Scope | None) -> bool:
    return scope is not None and set(scope.tiers) != set(TIERS)


def _tiers(scope: Scope | None, quote: Quote) -> str:
    return " or ".join(map(quote, scope.tiers)) if scope else ""


def _environments(scope: Scope | None, quote: Quote) -> str:
    """What is said of the environments that were chosen, after a space; "" where all were."""
    if scope is None or scope.environments in {(), ("*",)}:
        return ""
    return f" to an environment like {' or '.join(map(quote, scope.environments))}"


def _before(report: Report) -> str:
    """What is said of a window that ended before the report was made (W2), after a space."""
    until = report.window.until
    if until >= report.generated.at:
        return ""
    return f" before {until.astimezone(ZoneInfo(report.window.timezone)):%Y-%m-%d %H:%M}"
