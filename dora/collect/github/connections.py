"""Sends requests to GitHub, each in its own thread and over its own connection."""

import asyncio
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from github import GithubException
from github.Requester import Requester
from requests.exceptions import ConnectTimeout, RequestException, Timeout

from dora.collect.github.access import Access
from dora.collect.github.batching import Query
from dora.collect.github.responses import (
    SERVER_ERROR,
    QueryResult,
    read_response,
    read_rest_response,
)
from dora.collect.github.rest import RestQuery

T = TypeVar("T")


class Connections:
    """PyGithub clients, each used by one thread at a time, because they are not thread-safe."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._idle: list[tuple[int, Requester]] = []  #: each with the generation of its credentials

    def send(self, query: Query | RestQuery, each: Sequence[dict[str, Any]]) -> QueryResult:
        """Send one request from this thread, for a query with the variables of *each*.

        A failed connection is a result, not an exception.
        """
        if isinstance(query, RestQuery):
            path, parameters = query.address(each[0])
            return self._exchange(
                lambda requester: requester.requestJson("GET", path, parameters), read_rest_response
            )
        text, variables = query.merge(each)
        body = {"query": text, "variables": variables}
        return self._exchange(
            lambda requester: requester.requestJson("POST", requester.graphql_url, input=body),
            read_response,
        )

    def _exchange(
        self,
        request: Callable[[Requester], tuple[int, dict[str, Any], str]],
        read: Callable[[int, dict[str, Any], str], QueryResult],
    ) -> QueryResult:
        try:
            generation, requester = self._take()
            # After taking the connection: another thread may have renewed the token meanwhile.
            self._access.refresh()
            status, headers, text = request(requester)
        except GithubException as wrong:  # no token for the App
            return _without_token(wrong)
        except RequestException as wrong:  # this connection is not used again
            is_slow = isinstance(wrong, Timeout) and not isinstance(wrong, ConnectTimeout)
            reported = f"the connection failed ({type(wrong).__name__})"
            return QueryResult("too much" if is_slow else "unreachable", message=reported)
        except RuntimeError:  # PyGithub does not follow a redirect to another host
            return QueryResult("lost", message="it is redirected to another address")
        except (
            ValueError,
            TypeError,
        ):  # a response without a token, or a header that is not a number
            return QueryResult("unsound", message="GitHub sent something that makes no sense")
        self._idle.append((generation, requester))
        return read(status, headers, text)

    def _take(self) -> tuple[int, Requester]:
        """An unused connection, with the generation of its credentials."""
        generation = self._access.generation
        while self._idle:
            with suppress(IndexError):  # another thread took it
                connection = self._idle.pop()
                if connection[0] == generation:
                    return connection
        return generation, self._access.requester()


async def in_thread(work: Callable[[], T]) -> T:
    """The result of *work*, which runs in a thread of its own outside the event loop.

    A thread that hangs on a dead connection blocks neither other threads nor the program's exit.
    """
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()  # cancelling the await must not cancel the future

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as wrong:  # noqa: BLE001  # passed on to the caller
            done.set_exception(wrong)

    threading.Thread(target=run, name="github", daemon=True).start()
    return await asyncio.wrap_future(done)


def _without_token(wrong: GithubException) -> QueryResult:
    """The result if GitHub gives no token for an App: limits and server errors are temporary."""
    result = read_response(wrong.status, wrong.headers or {}, json.dumps(wrong.data))
    if result.kind in {"primary limit", "secondary limit"}:
        return result
    if wrong.status >= SERVER_ERROR:
        return QueryResult("unsound", message=f"GitHub gives no token (status {wrong.status})")
    return QueryResult("refused", message=f"status {wrong.status}")
