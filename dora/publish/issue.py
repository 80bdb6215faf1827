"""Keeps one GitHub issue up to date, with a comment in it for every week.

The issue and each week's comment are found by a hidden marker, so that a run that was cut short, or
is repeated, adds nothing. Nothing is created before what is there has been looked at.
"""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from github import GithubException
from github.Issue import Issue
from github.IssueComment import IssueComment
from github.Repository import Repository
from github.Requester import Requester
from requests.exceptions import RequestException

from dora.errors import CannotReach, CannotWrite, DoraError, NoAccess, RateLimited
from dora.publish.last_post import LastPost, unpack
from dora.publish.retry import LONGEST_WAIT, TemporaryFailure, seconds_in, with_retries

BODY_MAXIMUM = 65_536  #: characters that GitHub takes of an issue's or a comment's text
TITLE_MAXIMUM = 256
#: Who may have written what we wrote: an App or a workflow, or somebody of the organization.
TRUSTED = ("OWNER", "MEMBER", "COLLABORATOR")

#: What PyGithub raises; the last three where an answer is not what GitHub would give.
WRONG = (GithubException, RequestException, ValueError, TypeError, LookupError)

T = TypeVar("T")

_WEEK = re.compile(r"<!-- dora:week (\d{4}-W\d\d) ([0-9a-f]{16}) -->")
_NUMBERS = re.compile(r"<!-- dora:memory ([A-Za-z0-9+/=]*) -->")


@dataclass(frozen=True)
class Post:
    """One week's comment as it was found; *numbers* are what it keeps for the next week."""

    week: str
    comment: IssueComment
    numbers: LastPost | None


@dataclass(frozen=True)
class PublishedIssue:
    """The issue as it was found, None for none, and its weeks, oldest first."""

    issue: Issue | None
    posts: tuple[Post, ...] = ()

    def before(self, week: str) -> LastPost | None:
        """The numbers of the last post before *week*; None if there is no such post."""
        earlier = [one.numbers for one in self.posts if one.week < week and one.numbers is not None]
        return earlier[-1] if earlier else None


class Issues:
    """The issue of one title in one repository."""

    def __init__(
        self,
        requester: Requester,
        repository: str,
        title: str,
        *,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = repository
        self.title = title[:TITLE_MAXIMUM]
        self._mark = hashlib.sha256(title.encode("utf-8", "replace")).hexdigest()[:16]
        self._repository = Repository(
            requester, attributes={"url": f"/repos/{repository}"}, completed=True
        )
        self._pause = pause

    def find(self) -> PublishedIssue:
        """Look for the issue and the weeks that were posted in it."""
        issue = self._patiently(self._find_issue)
        if issue is None:
            return PublishedIssue(None)
        return PublishedIssue(issue, self._patiently(lambda: tuple(self._find_posts(issue))))

    def publish(self, body: str, comment: str, week: str, numbers: str) -> str:
        """Bring the issue up to date and post *comment* for *week*; the issue's address.

        A comment of that week is updated. The packed *numbers* are hidden in it for the next
        week. The issue's own text is unchanged if a later week was posted already.
        """
        body = self._whole(f"<!-- dora:issue {self._mark} -->", body)
        marks = f"<!-- dora:week {week} {self._mark} -->\n<!-- dora:memory {numbers} -->"
        comment = self._whole(marks, comment)
        issue = self._once(self._find_issue, lambda: self._create(body))
        post = self._once(
            lambda: self._find_post(issue, week), lambda: _real(issue.create_comment(comment))
        )
        if post.body != comment:
            self._patiently(lambda: post.edit(comment))
        weeks = self._patiently(lambda: [one.week for one in self._find_posts(issue)])
        is_newest = max(weeks, default=week) <= week
        if is_newest and (issue.title, issue.body) != (self.title, body):
            self._patiently(lambda: issue.edit(title=self.title, body=body))
        return issue.html_url

    def _create(self, body: str) -> Issue:
        return _real(self._repository.create_issue(self.title, body))

    @staticmethod
    def _whole(marks: str, text: str) -> str:
        whole = f"{marks}\n{text}"
        if len(whole) > BODY_MAXIMUM:
            raise CannotWrite(
                f"the text has {len(whole):,} characters, and GitHub takes {BODY_MAXIMUM:,}",
                "Report fewer rows: see --tier, --repo and --by of `dora report`.",
            )
        return whole

    def _find_issue(self) -> Issue | None:
        """The oldest issue with our marker; only of those who may have written it."""
        mark = f"<!-- dora:issue {self._mark} -->"
        for one in self._repository.get_issues(state="all", sort="created", direction="asc"):
            # Only fields that every row has: PyGithub would ask again for each row without one.
            is_issue = one.html_url.split("/")[-2:-1] == ["issues"]
            if is_issue and (one.body or "").startswith(mark) and _is_ours(one):
                return one
        return None

    def _find_posts(self, issue: Issue) -> Iterator[Post]:
        found = []
        for one in issue.get_comments():
            text = one.body or ""
            week = _WEEK.match(text)
            if week is not None and week[2] == self._mark and _is_ours(one):
                numbers = _NUMBERS.search(text)
                found.append(Post(week[1], one, unpack(numbers[1]) if numbers else None))
        yield from sorted(found, key=lambda post: post.week)

    def _find_post(self, issue: Issue, week: str) -> IssueComment | None:
        return next((one.comment for one in self._find_posts(issue) if one.week == week), None)

    def _once(self, find: Callable[[], T | None], create: Callable[[], T]) -> T:
        """What *find* gives, else what *create* makes; where its answer is lost, *find* decides."""

        def send() -> T:
            found = self._patiently(find)
            if found is not None:
                return found
            try:
                return create()
            except WRONG as wrong:
                raise self._failure(wrong) from None

        return with_retries(send, self._pause)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What *ask* gives; it changes nothing when it is done twice, and is tried again."""

        def send() -> T:
            try:
                return ask()
            except WRONG as wrong:
                raise self._failure(wrong) from None

        return with_retries(send, self._pause)

    def _failure(self, wrong: Exception) -> DoraError | TemporaryFailure:
        """What went wrong, and whether a later try can succeed."""
        error = self._error(wrong)
        if isinstance(wrong, GithubException) and _is_limited(wrong):
            return TemporaryFailure(error, _seconds(wrong))
        return TemporaryFailure(error) if _may_pass(wrong) else error

    def _error(self, wrong: Exception) -> DoraError:
        """What went wrong, in two lines."""
        if not isinstance(wrong, GithubException):
            return CannotReach(
                f"GitHub gave no answer about {self.name} ({type(wrong).__name__})",
                "Run it again: what was posted is found, and nothing is posted twice.",
            )
        said = str(wrong.message or "") or f"status {wrong.status}"
        if _is_limited(wrong):
            return RateLimited(f"GitHub's rate limit is used up: {said}", "Run it again later.")
        if wrong.status in {401, 403, 404, 410}:
            return NoAccess(
                f"issues of {self.name} cannot be written: {said} (status {wrong.status})",
                "The token needs Issues: write there (in a workflow `permissions: issues: write`), "
                "and the repository needs its issues turned on.",
            )
        if wrong.status >= 500:
            return CannotReach(
                f"GitHub could not answer (status {wrong.status})",
                "Run it again: nothing is posted twice.",
            )
        return CannotWrite(
            f"GitHub does not take the post: {said} (status {wrong.status})",
            "Check the title and the repository's name.",
        )


def _real(made: T) -> T:
    """What was made, if GitHub's answer says that it was; a proxy may answer in its place."""
    if not getattr(made, "id", None):
        raise ValueError
    return made


def _is_ours(one: Issue | IssueComment) -> bool:
    """Whether we may have written it: somebody who may only comment could forge a marker."""
    kind = one.user.type if one.user is not None else ""
    return kind == "Bot" or one.author_association in TRUSTED


def _is_limited(wrong: GithubException) -> bool:
    headers = wrong.headers or {}
    is_over = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    said = "rate limit" in str(wrong.message or wrong.data).lower()
    return wrong.status == 429 or (wrong.status == 403 and (is_over or said))


def _may_pass(wrong: Exception) -> bool:
    """Whether GitHub did not answer, or could not; no answer at all is no GithubException."""
    return not isinstance(wrong, GithubException) or wrong.status >= 500 or wrong.status == 408


def _seconds(wrong: GithubException) -> float:
    """How long GitHub asks to wait for its rate limit."""
    headers = wrong.headers or {}
    after = seconds_in(headers.get("retry-after"))
    if after is not None:
        return after
    reset = seconds_in(headers.get("x-ratelimit-reset"))
    if headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return max(0.0, reset - time.time() + 1)
    return LONGEST_WAIT
