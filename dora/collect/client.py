"""A GraphQL query in, its data out: retries, limits, page sizes and the count of requests.

One place decides what happens when GitHub does not answer as asked; the rooms beside it only read.
"""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Protocol

from github import GithubException
from requests.exceptions import RequestException

from dora.collect.access import ADVICE, Access
from dora.collect.answers import Answer, read_answer
from dora.config import Config
from dora.errors import CannotReach, CannotRead, NoAccess, RateLimited

#: The most that GitHub gives a page.
FULL_PAGE = 100
#: Times a request is tried before its repository is given up.
TRIES = 7
#: Times a server that cannot be reached at all is tried.
TRIES_UNREACHABLE = 3
#: First and longest pause between tries, in seconds.
PAUSE, LONGEST_PAUSE = 0.5, 8.0


class Progress(Protocol):
    """Who is told how the reading goes; every method may be called from any thread."""

    def found(self, repositories: int) -> None:
        """There are so many repositories to read, as far as is known."""

    def read(self, repository: str) -> None:
        """One repository is done with."""

    def asked(self, requests: int, remaining: int | None) -> None:
        """So many requests were made; so many points of the hour are left."""

    def waits(self, until: datetime, why: str) -> None:
        """Nothing is asked before *until*."""


class Stopped(Exception):  # no error: the run was told to stop
    """The run was stopped while a request waited."""


class Client:
    """Asks GitHub from several threads, and counts what it asked."""

    def __init__(self, access: Access, config: Config, progress: Progress) -> None:
        self._access = access
        self._longest_wait = config.collect.wait
        self._progress = progress
        self._local = threading.local()
        self._lock = threading.Lock()
        self._page_sizes: dict[str, int] = {}
        self._resume_at = datetime.min.replace(tzinfo=UTC)
        self.stopping = threading.Event()
        self.points = 0
        self._requests = 0

    @property
    def requests(self) -> int:
        """Requests made so far, those for access among them."""
        return self._requests + self._access.requests

    def ask(self, query: str, **variables: Any) -> Answer:
        """Answer to `queries/<query>.graphql`; its data may be partial, with errors beside it.

        `$n` is the page size, as large as GitHub bears: halved when a page was too much, and
        kept small for the rest of the run. Raises CannotReach, NoAccess, RateLimited, CannotRead.
        """
        for attempt in range(1, TRIES + 1):
            size = self._page_sizes.get(query, FULL_PAGE)
            answer = self._send(load_query(query), {**variables, "n": size}, attempt)
            if answer.kind == "data":
                return answer
            if answer.kind == "refused":
                raise self._refused(answer)
            if answer.kind == "lost":
                raise CannotRead(answer.message)
            self._prepare_retry(query, size, answer, attempt)
        raise CannotRead(f"{answer.message}; given up after {TRIES} tries")

    def _prepare_retry(self, query: str, size: int, answer: Answer, attempt: int) -> None:
        """Make the next try likelier to succeed: a smaller page, or a pause."""
        if answer.kind in {"primary limit", "secondary limit"}:
            self._wait_for_limit(answer, attempt)
            return
        if answer.kind == "too much":
            with self._lock:
                self._page_sizes[query] = max(1, min(size // 2, self._page_size(query)))
            if size > 1:
                return
        self._pause(attempt)

    def _page_size(self, query: str) -> int:
        return self._page_sizes.get(query, FULL_PAGE)

    def _send(self, query: str, variables: dict[str, Any], attempt: int) -> Answer:
        """One request; a connection that fails is an answer like any other."""
        self._wait_for_others()
        if not hasattr(self._local, "requester"):
            self._local.requester = self._access.requester()
        requester = self._local.requester
        try:
            self._access.refresh()
            status, headers, text = requester.requestJson(
                "POST", requester.graphql_url, input={"query": query, "variables": variables}
            )
        except GithubException as wrong:  # an App's token could not be had
            raise self._refused(Answer("refused", message=f"status {wrong.status}")) from None
        except RequestException as wrong:
            self._count(None)
            del self._local.requester
            if attempt >= TRIES_UNREACHABLE and self.points == 0:
                raise CannotReach(
                    f"{self._access.api} cannot be reached ({type(wrong).__name__})",
                    "Check the network and GITHUB_API_URL, then run it again.",
                ) from None
            return Answer("unsound", message=f"the connection failed ({type(wrong).__name__})")
        answer = read_answer(status, headers, text)
        self._count(answer)
        return answer

    def _count(self, answer: Answer | None) -> None:
        with self._lock:
            self._requests += 1
            cost = answer and (answer.data.get("rateLimit") or {}).get("cost")
            self.points += cost or 0
        self._progress.asked(self.requests, answer.remaining if answer else None)

    def _wait_for_limit(self, answer: Answer, attempt: int) -> None:
        """Hold all requests back until a limit is lifted; RateLimited if that is too long."""
        now = datetime.now(UTC)
        if answer.pause is not None:
            resume = now + timedelta(seconds=answer.pause * 2 ** (attempt - 1))
        else:
            resume = answer.reset or now + timedelta(minutes=1)
        if resume - now > self._longest_wait:
            raise RateLimited(
                f"GitHub's {answer.kind} lasts until {resume:%H:%M:%S} UTC, "
                f"longer than the wait allowed ({_words(self._longest_wait)})",
                "Run it again then, or allow a longer wait with --wait.",
            )
        with self._lock:
            self._resume_at = max(self._resume_at, resume + timedelta(seconds=1))
        self._progress.waits(resume, answer.kind)

    def _wait_for_others(self) -> None:
        """Wait while a limit holds; Stopped when the run is told to stop meanwhile."""
        while True:
            left = (self._resume_at - datetime.now(UTC)).total_seconds()
            if self.stopping.is_set():
                raise Stopped
            if left <= 0:
                return
            self.stopping.wait(min(left, 1.0))

    def _pause(self, attempt: int) -> None:
        longest = min(LONGEST_PAUSE, PAUSE * 2 ** (attempt - 1))
        self.stopping.wait(longest * random.uniform(0.5, 1))  # noqa: S311  # jitter, no secret

    def _refused(self, answer: Answer) -> NoAccess:
        return NoAccess(
            f"{self._access.api} refuses the credentials: {answer.message or 'no reason given'}",
            ADVICE,
        )


@cache
def load_query(name: str) -> str:
    """Text of the query `queries/<name>.graphql`."""
    return resources.files("dora.collect.queries").joinpath(f"{name}.graphql").read_text("utf-8")


def pages(ask: Callable[[str | None], dict[str, Any]]) -> Iterator[Any]:
    """Nodes of a connection, page after page, as they are asked for.

    *ask* gives a connection (`nodes` and `pageInfo`) for a cursor, None for the first page.
    """
    cursor = None
    while True:
        connection = ask(cursor)
        yield from connection["nodes"]
        if not connection["pageInfo"]["hasNextPage"]:
            return
        cursor = connection["pageInfo"]["endCursor"]


def _words(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
