"""Checks the token: whether it is valid, its rights, its limits, and what a run costs."""

from collections.abc import Iterator
from datetime import timedelta

from dora.config import Config
from dora.doctor.model import Finding
from dora.model.tables import Tables
from dora.model.token_rights import ACTIONS, RIGHTS, Checkup, Probe

#: A token that expires sooner than this is reported.
SOON = timedelta(days=14)

#: What each right on a repository is for.
USES = {
    "deployments": "every number",
    "contents": "change lead time, rollbacks, reverts",
    "pull requests": "the stages of lead time, hotfixes",
    "issues": "incidents",
    ACTIONS: "the deployments of every source that is a workflow",
}
#: What grants each right: the permission of a fine-grained token or App …
PERMISSIONS = {
    "deployments": "Deployments: read",
    "contents": "Contents: read",
    "pull requests": "Pull requests: read",
    "issues": "Issues: read",
    ACTIONS: "Actions: read",
    "members": "Members: read (of the organization)",
}
#: … or the scope of a classic token, `repo` if not said here.
SCOPES = {"members": "read:org"}


def find_access(checkup: Checkup, tables: Tables, config: Config) -> Iterator[Finding]:
    """What the token is, what it may do, what a report costs it."""
    yield _token(checkup)
    if checkup.expires_at is not None:
        yield _expiry(checkup, config)
    yield from _scopes(checkup)
    yield _visible(checkup, config)
    rights = [_right(right, checkup, tables, config) for right in RIGHTS]
    if any(one.kind == "workflow" for one in config.sources):
        rights.append(_actions(checkup))
    # Where no repository is seen, it goes without saying that nothing could be tried.
    yield from (one for one in rights if checkup.visible or one.severity != "note")
    yield _members(checkup, tables, config)
    yield _limit(checkup)
    yield _cost(checkup)


def _token(checkup: Checkup) -> Finding:
    whose = f": it is {checkup.login}'s" if checkup.login else ""
    return Finding("token", "ok", f"The token is valid{whose}.")


def _expiry(checkup: Checkup, config: Config) -> Finding:
    ends = checkup.expires_at
    assert ends is not None  # noqa: S101  # the caller looked
    what = f"The token ends on {ends:%Y-%m-%d %H:%M} UTC."
    if ends - config.now > SOON:
        return Finding("token-expiry", "ok", what)
    return Finding(
        "token-expiry",
        "warning",
        what,
        "None; reports fail from then on.",
        "Renew it before, where it was made.",
    )


def _scopes(checkup: Checkup) -> Iterator[Finding]:
    """A classic token's scopes; GitHub tells of no other token's."""
    if checkup.scopes is None:
        what = (
            "GitHub does not say which scopes this token has, so its rights were tried one by one."
        )
        yield Finding("token-scopes", "ok", what)
        return
    what = f"It is a classic token with the scopes: {', '.join(checkup.scopes) or 'none'}."
    if "repo" in checkup.scopes:
        yield Finding("token-scopes", "ok", what)
        return
    yield Finding(
        "token-scopes",
        "warning",
        what,
        "Without the scope repo it sees public repositories only; private ones are in no number.",
        "Give it the scope repo; or use a fine-grained token, which can do with reading.",
    )


def _visible(checkup: Checkup, config: Config) -> Finding:
    organization = config.organization
    counts = {"repositories": checkup.visible, "private": checkup.private}
    mend = (
        "Let the fine-grained token or App have all repositories of the organization; give a "
        "classic token the scope repo, and authorize it for single sign-on where that is asked for."
    )
    if not checkup.visible:
        return Finding(
            "repositories-visible",
            "problem",
            f"The token sees no repository of {organization}.",
            "There is nothing to report on.",
            mend,
            counts=counts,
        )
    noun = "repository" if checkup.visible == 1 else "repositories"
    seen = f"It sees {checkup.visible:,} {noun} of {organization}"
    if not checkup.private:
        return Finding(
            "repositories-visible",
            "warning",
            f"{seen}, no private one among them.",
            "If the organization has any, they are in no number: what a token may not see is "
            "missing without an error.",
            mend,
            counts=counts,
        )
    what = f"{seen} ({checkup.private:,} private); GitHub does not say whether there are others."
    return Finding("repositories-visible", "ok", what, counts=counts)


def _right(right: str, checkup: Checkup, tables: Tables, config: Config) -> Finding:
    """Whether a right is there, by what was tried on one repository."""
    check = f"right-{right.replace(' ', '-')}"
    if right == "issues" and not _wants_incidents(config):
        return Finding(check, "ok", "Issues are not needed: no incident is looked for.")
    gap = tables.gaps.get("incidents") if right == "issues" else None
    sample = checkup.sample
    if gap or (sample is not None and right in sample.refused):
        where = f" of {sample.repository}" if sample and right in sample.refused else ""
        reason = gap or (sample.reason if sample else "")
        return Finding(
            check,
            "problem",
            f"The {right}{where} may not be read: {reason}",
            f"They are needed for {USES[right]}.",
            grant(checkup, right),
        )
    if sample is None or (sample.reason and not sample.refused):
        reason = f" ({sample.reason})" if sample else ", for no repository could be read"
        return Finding(
            check,
            "note",
            f"Whether the {right} may be read could not be tried{reason}.",
            f"They are needed for {USES[right]}.",
            grant(checkup, right),
        )
    return Finding(check, "ok", f"The {right} may be read; tried on {sample.repository}.")


def _actions(checkup: Checkup) -> Finding:
    """Whether runs of workflows may be read, by what was tried where they are deployments."""
    tried = [one for one in (checkup.sample, *checkup.unread) if one and one.is_of_workflow]
    refused = next((one for one in tried if ACTIONS in one.refused), None)
    if refused is not None:
        return Finding(
            "right-actions",
            "problem",
            f"The workflow runs of {refused.repository} may not be read: {refused.reason}",
            f"They are needed for {USES[ACTIONS]}.",
            grant(checkup, ACTIONS),
        )
    if not tried or all(one.reason for one in tried):
        return Finding(
            "right-actions",
            "note",
            "Whether workflow runs may be read could not be tried.",
            f"They are needed for {USES[ACTIONS]}.",
            grant(checkup, ACTIONS),
        )
    name = next(one.repository for one in tried if not one.reason)
    return Finding("right-actions", "ok", f"Workflow runs may be read; tried on {name}.")


def _wants_incidents(config: Config) -> bool:
    return config.failures.incident and bool(config.incidents.labels)


def _members(checkup: Checkup, tables: Tables, config: Config) -> Finding:
    check = "right-members"
    if config.teams:
        what = "The organization's teams are not needed: [teams] names them."
        return Finding(check, "ok", what)
    reason = tables.gaps.get("teams") or checkup.teams_refused
    if reason is None:
        return Finding(check, "ok", "The organization's teams may be read (--by team).")
    is_needed = config.by == "team"
    return Finding(
        check,
        "problem" if is_needed else "note",
        f"The organization's teams may not be read: {reason}",
        "By team, every repository is under (no team)."
        if is_needed
        else "None, but for --by team: there every repository would be under (no team).",
        f"{grant(checkup, 'members')} Or name the teams under [teams].",
    )


def grant(checkup: Checkup, *rights: str) -> str:
    """How to give the token *rights*, as far as its kind is known."""
    if checkup.scopes is not None:
        scopes = ", ".join(dict.fromkeys(SCOPES.get(right, "repo") for right in rights))
        return f"Give the token the scope {scopes}, and authorize it for single sign-on if asked."
    noun = "permission" if len(rights) == 1 else "permissions"
    names = ", ".join(PERMISSIONS[right] for right in rights)
    return f"Give the token or App the {noun} {names}."


def grant_unread(probe: Probe, checkup: Checkup) -> str:
    """How to make a repository readable that was not."""
    if probe.refused:
        return grant(checkup, *probe.refused)
    if probe.reason:
        return "Check that the token may see the repository, and run it again."
    return "Asked again, it could be read: run it again."


def _limit(checkup: Checkup) -> Finding:
    limit = checkup.limit
    if limit is None:
        return Finding("rate-limit", "ok", "This server limits no rate.")
    counts = {"limit": limit.limit, "remaining": limit.remaining}
    what = (
        f"{limit.remaining:,} of {limit.limit:,} points were left before this run, until "
        f"{limit.reset_at:%H:%M} UTC."
    )
    return Finding("rate-limit", "ok", what, counts=counts)


def _cost(checkup: Checkup) -> Finding:
    """What a report of the window costs: what this very run read."""
    counts = {"requests": checkup.requests, "points": checkup.points}
    noun = "request" if checkup.requests == 1 else "requests"
    cost = f"A report of this window costs {checkup.requests:,} {noun}, {checkup.points:,} points"
    limit = checkup.limit
    if limit is None:
        return Finding("report-cost", "ok", f"{cost}.", counts=counts)
    what = f"{cost}: {100 * checkup.points / max(limit.limit, 1):.1f} % of the hour's."
    left = max(limit.remaining - checkup.points, 0)
    counts |= {"left": left}
    if checkup.points <= left:
        return Finding("report-cost", "ok", what, counts=counts)
    if checkup.points > limit.limit:
        return Finding(
            "report-cost",
            "warning",
            what,
            "None, but a report waits for the next hour, or gives up (--wait).",
            "Read fewer repositories (--repo) or a shorter window (--since), or use a GitHub App: "
            "its limit grows with the organization. An Action's own token has 1,000 points.",
            counts=counts,
        )
    return Finding(
        "report-cost",
        "warning",
        f"{what} Now {left:,} are left.",
        "None, but a report now would wait, or give up (--wait).",
        f"Run it after {limit.reset_at:%H:%M} UTC.",
        counts=counts,
    )
