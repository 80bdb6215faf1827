"""Lists, creates and edits issues and their comments over REST, by GitHub's rules."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from dora.demo.github.messages import Request, Response, json_response, problem
from dora.demo.github.rest.pagination import paged
from dora.demo.github.rest.serializers import account, as_pull_request
from dora.demo.github.views import RepositoryView, instant, node_id, state_reason
from dora.demo.organization.model import Comment, Issue, PullRequest, Repository

BODY_MAXIMUM = 65_536  #: characters of an issue's or a comment's text
TITLE_MAXIMUM = 256  #: characters
ACTOR = "github-actions[bot]"


def listed(
    request: Request, view: RepositoryView, _: Mapping[str, str], _now: datetime
) -> tuple[Response, Repository | None]:
    """A page of issues, pull requests among them, newest first by default."""
    repository = view.repository
    rows: list[Issue | PullRequest] = [*repository.issues, *repository.pull_requests]
    state = request.query.get("state", "open")
    creator = request.query.get("creator")
    labels = {name for name in request.query.get("labels", "").split(",") if name}
    rows = [
        one
        for one in rows
        if state in {"all", _state(one)}
        and creator in {None, _author(one)}
        and labels <= set(one.labels)
    ]
    newest_first = request.query.get("direction", "desc") == "desc"
    rows.sort(key=lambda one: (one.created_at, one.number), reverse=newest_first)
    return paged(request, rows, lambda one: _as_either(request, view, one)), None


def shown(
    request: Request, view: RepositoryView, match: Mapping[str, str], _now: datetime
) -> tuple[Response, Repository | None]:
    """One issue."""
    found = view.issues.get(int(match["number"]))
    if found is None:
        return problem(404, "Not Found"), None
    return json_response(as_issue(request, view, found)), None


def create(
    request: Request, view: RepositoryView, _: Mapping[str, str], now: datetime
) -> tuple[Response, Repository | None]:
    """Open an issue."""
    refused = _refused("Issue", request.body, need="title")
    if refused is not None:
        return refused, None
    repository = view.repository
    numbers = [*view.issues, *view.requests]
    made = Issue(
        number=max(numbers, default=0) + 1,
        title=str(request.body["title"]),
        created_at=now,
        body=str(request.body.get("body") or ""),
        labels=tuple(request.body.get("labels") or ()),
        author=ACTOR,
        author_association="NONE",
    )
    changed = replace(repository, issues=(*repository.issues, made))
    return json_response(as_issue(request, view, made), 201), changed


def edit(
    request: Request, view: RepositoryView, match: Mapping[str, str], now: datetime
) -> tuple[Response, Repository | None]:
    """Change an issue's title, text or state."""
    found = view.issues.get(int(match["number"]))
    if found is None:
        return problem(404, "Not Found"), None
    refused = _refused("Issue", request.body)
    if refused is not None:
        return refused, None
    edited: dict[str, Any] = {
        name: str(request.body[name]) for name in ("title", "body") if name in request.body
    }
    if "state" in request.body:
        is_closed = request.body["state"] == "closed"
        edited["closed_at"] = now if is_closed else None
        reason = request.body.get("state_reason") if is_closed else "reopened"
        edited["state_reason"] = reason or "completed"
    changed = replace(found, **edited)
    return json_response(as_issue(request, view, changed)), _with(view.repository, changed)


def comments(
    request: Request, view: RepositoryView, match: Mapping[str, str], _now: datetime
) -> tuple[Response, Repository | None]:
    """A page of an issue's comments, oldest first."""
    found = view.issues.get(int(match["number"]))
    if found is None:
        return problem(404, "Not Found"), None
    page = paged(request, found.comments, lambda one: as_comment(request, view, found, one))
    return page, None


def comment(
    request: Request, view: RepositoryView, match: Mapping[str, str], now: datetime
) -> tuple[Response, Repository | None]:
    """Comment on an issue."""
    found = view.issues.get(int(match["number"]))
    if found is None:
        return problem(404, "Not Found"), None
    refused = _refused("IssueComment", request.body, need="body")
    if refused is not None:
        return refused, None
    known = [one.id for issue in view.repository.issues for one in issue.comments]
    number = max(known, default=view.repository.database_id * 1000) + 1
    made = Comment(number, str(request.body["body"]), now, ACTOR, "NONE")
    changed = replace(found, comments=(*found.comments, made))
    return json_response(as_comment(request, view, found, made), 201), _with(
        view.repository, changed
    )


def edit_comment(
    request: Request, view: RepositoryView, match: Mapping[str, str], _now: datetime
) -> tuple[Response, Repository | None]:
    """Change a comment's text."""
    refused = _refused("IssueComment", request.body, need="body")
    if refused is not None:
        return refused, None
    for issue in view.repository.issues:
        for one in issue.comments:
            if one.id == int(match["id"]):
                made = replace(one, body=str(request.body["body"]))
                comments = tuple(made if it.id == made.id else it for it in issue.comments)
                changed = replace(issue, comments=comments)
                answer = json_response(as_comment(request, view, issue, made))
                return answer, _with(view.repository, changed)
    return problem(404, "Not Found"), None


def as_issue(request: Request, view: RepositoryView, issue: Issue) -> dict[str, Any]:
    """An issue."""
    base = f"{request.base_url}/repos/{view.name_with_owner}"
    return {
        "url": f"{base}/issues/{issue.number}",
        "comments_url": f"{base}/issues/{issue.number}/comments",
        "html_url": f"{view.url}/issues/{issue.number}",
        "id": view.repository.database_id * 10_000 + issue.number,
        "node_id": node_id("Issue", view.repository.name, issue.number),
        "number": issue.number,
        "state": _state(issue),
        "state_reason": state_reason(issue),
        "title": issue.title,
        "body": issue.body,
        "user": account(request, issue.author),
        "author_association": issue.author_association,
        "labels": [{"name": label, "url": f"{base}/labels/{label}"} for label in issue.labels],
        "comments": len(issue.comments),
        "locked": False,
        "created_at": instant(issue.created_at),
        "updated_at": instant(issue.created_at),
        "closed_at": instant(issue.closed_at),
    }


def as_comment(
    request: Request, view: RepositoryView, issue: Issue, one: Comment
) -> dict[str, Any]:
    """A comment."""
    base = f"{request.base_url}/repos/{view.name_with_owner}/issues"
    return {
        "url": f"{base}/comments/{one.id}",
        "html_url": f"{view.url}/issues/{issue.number}#issuecomment-{one.id}",
        "issue_url": f"{base}/{issue.number}",
        "id": one.id,
        "node_id": node_id("IssueComment", view.repository.name, one.id),
        "body": one.body,
        "user": account(request, one.author),
        "author_association": one.author_association,
        "created_at": instant(one.created_at),
        "updated_at": instant(one.created_at),
    }


def _as_either(request: Request, view: RepositoryView, one: Issue | PullRequest) -> dict[str, Any]:
    """A row of the list: a pull request says that it is one."""
    if isinstance(one, Issue):
        return as_issue(request, view, one)
    shown_request = as_pull_request(request, view, one)
    address = {"url": shown_request["url"]}
    page = f"{view.url}/pull/{one.number}"
    return {
        **shown_request,
        "body": "",
        "comments": 0,
        "author_association": "MEMBER",
        "html_url": page,
        "pull_request": address,
    }


def _state(one: Issue | PullRequest) -> str:
    merged = isinstance(one, PullRequest) and one.merged_at is not None
    return "closed" if merged or one.closed_at is not None else "open"


def _author(one: Issue | PullRequest) -> str | None:
    return one.author if isinstance(one, Issue) else one.author_login


def _with(repository: Repository, changed: Issue) -> Repository:
    issues = (changed if one.number == changed.number else one for one in repository.issues)
    return replace(repository, issues=tuple(issues))


def _refused(resource: str, body: Mapping[str, Any], need: str = "") -> Response | None:
    """Why GitHub takes no such text; None where it does."""
    wrong = None
    if need and not str(body.get(need) or "").strip():
        wrong = (need, f"{need} can't be blank")
    elif len(str(body.get("body") or "")) > BODY_MAXIMUM:
        wrong = ("body", f"body is too long (maximum is {BODY_MAXIMUM} characters)")
    elif len(str(body.get("title") or "")) > TITLE_MAXIMUM:
        wrong = ("title", f"title is too long (maximum is {TITLE_MAXIMUM} characters)")
    if wrong is None:
        return None
    error = {"resource": resource, "code": "custom", "field": wrong[0], "message": wrong[1]}
    return problem(422, "Validation Failed", errors=[error])
