"""Sends requests to GitHub, each in a thread and over a connection of its own."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from github import GithubException
from github.Requester import Requester
from requests.exceptions import ConnectTimeout, RequestException, Timeout

from dora.collect.github.access import Access
from dora.collect.github.responses import SERVER_ERROR, QueryResult, read_response

T = TypeVar("T")


class Connections:
    """PyGithub clients, each for one thread at a time, because they are not made to be shared."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._idle: list[tuple[int, Requester]] = []  #: with the generation of their credentials

    def send(self, query: str, variables: dict[str, Any]) -> QueryResult:
        """One request, in a thread; a connection that fails is an answer like any other."""
        try:
            generation, requester = self._take()
            # Only now: what it has was perhaps renewed meanwhile, and is to be had by one for all.
            self._access.refresh()
            status, headers, text = requester.requestJson(
                "POST", requester.graphql_url, input={"query": query, "variables": variables}
            )
        except GithubException as wrong:  # an App's token could not be had
            return _without_token(wrong)
        except RequestException as wrong:  # this connection is not used again
            is_slow = isinstance(wrong, Timeout) and not isinstance(wrong, ConnectTimeout)
            reported = f"the connection failed ({type(wrong).__name__})"
            return QueryResult("too much" if is_slow else "unreachable", message=reported)
        except RuntimeError:  # PyGithub follows GitHub to no other host
            return QueryResult("lost", message="it is redirected to another address")
        except (ValueError, TypeError):  # no token where one belongs, a header that is no number
            return QueryResult("unsound", message="GitHub sent something that makes no sense")
        self._idle.append((generation, requester))
        return read_response(status, headers, text)

    def _take(self) -> tuple[int, Requester]:
        """A connection that nobody uses, with the generation of its credentials."""
        generation = self._access.generation
        while self._idle:
            with suppress(IndexError):  # another thread took it
                connection = self._idle.pop()
                if connection[0] == generation:
                    return connection
        return generation, self._access.requester()


async def in_thread(work: Callable[[], T]) -> T:
    """What *work* gives, done in a thread of its own beside the event loop.

    One that is stuck in a dead connection holds up nobody: no other, and not the program's end.
    """
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()  # whoever stops waiting takes nothing away from it

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as wrong:  # noqa: BLE001  # whoever waits is told
            done.set_exception(wrong)

    threading.Thread(target=run, name="github", daemon=True).start()
    return await asyncio.wrap_future(done)


def _without_token(wrong: GithubException) -> QueryResult:
    """What it means that an App's token could not be had: a limit or a failure may pass."""
    result = read_response(wrong.status, wrong.headers or {}, json.dumps(wrong.data))
    if result.kind in {"primary limit", "secondary limit"}:
        return result
    if wrong.status >= SERVER_ERROR:
        return QueryResult("unsound", message=f"GitHub gives no token (status {wrong.status})")
    return QueryResult("refused", message=f"status {wrong.status}")
