"""Says by its name whether a workflow deploys: the collector asks for the runs of no other."""

import re

#: What its name or its file's says of a workflow that deploys, the clearest word first.
DEPLOYING = ("deploy", "release", "publish")
#: Forms of these words, each with the word it stands for.
FORMS = {
    f"{word}{ending}": word
    for word in DEPLOYING
    for ending in ("", "s", "es", "d", "ed", "er", "ing", "ment", "ments")
} | {"releasing": "release", "redeploy": "deploy"}
#: Words beside these that say that nothing reaches users: drafts, previews, documents, notices.
ELSEWHERE = frozenset({
    "audit", "bump", "candidate", "changelog", "clean", "cleanup", "comment", "delete",
    "destroy", "doc", "docs", "documentation", "draft", "drafter", "drafts", "dry", "failed",
    "labeler", "labels", "nightly", "notes", "notify", "plan", "please", "pr", "prepare",
    "preview", "previews", "remove", "reminder", "rollback", "snapshot", "snapshots", "status",
    "storybook", "teardown", "undeploy",
})  # fmt: skip
#: Words that say so too, unless they name a step before: `Lint release`, but `Lint and release`.
CHECKING = frozenset({
    "check", "checker", "checks", "lint", "linter", "scan", "test", "tests", "validate",
    "validation", "verify",
})  # fmt: skip
#: What joins the steps of a workflow in its name.
JOINING = frozenset({
    "&", "+", ",", "/", "and", "then", "build",
})  # fmt: skip
#: A run of letters, or what joins two of them.
_PARTS = re.compile(r"[^\W\d_]+|[&+,/]")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def find_words(text: str) -> list[str]:
    """The words of a name in small letters, and the signs that join them."""
    return [word.casefold() for word in _PARTS.findall(_CAPITAL.sub(" ", text))]


def find_deploy_word(name: str, file: str) -> str | None:
    """`deploy`, `release` or `publish` where a workflow's name or file says so, else None.

    Whole words count, and what stands beside them: `deployment-docs-lint` checks documents,
    `Release Drafter` writes a draft, `Test and deploy` deploys.
    """
    texts = [find_words(name), find_words(file.rpartition("/")[2].rpartition(".")[0])]
    words = {word for text in texts for word in text}
    if words & ELSEWHERE or ("pages" in words and "cloudflare" not in words):
        return None
    found = {FORMS[word] for text in texts if not _checks(text) for word in text if word in FORMS}
    return next((word for word in DEPLOYING if word in found), None)


def _checks(words: list[str]) -> bool:
    """Whether a name is that of a check, and not of steps one of which is a check."""
    return any(
        word in CHECKING and JOINING.isdisjoint(words[max(0, place - 1) : place + 2])
        for place, word in enumerate(words)
    )
