"""An organization in, its tables out: every repository, several at once, none stopping another."""

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from dora.collect.access import find_access
from dora.collect.client import Client, Progress
from dora.collect.reading import Reading, Rows
from dora.collect.repositories import Found, list_repositories
from dora.config import Config
from dora.environments import environment_reader
from dora.errors import DoraError
from dora.lookback import make_span
from dora.names import compile_globs
from dora.tables import SCHEMAS, Tables, make_tables


def connect(config: Config, variables: Mapping[str, str], progress: Progress) -> Client:
    """A client for the organization, by the environment *variables*; NoAccess says what lacks."""
    return Client(find_access(variables, config.organization), config, progress)


def collect(client: Client, config: Config, progress: Progress) -> Tables:
    """Everything a report needs, read from GitHub.

    A repository that cannot be read is a row that says so. CannotRead, NoAccess, CannotReach or
    RateLimited are raised when not even the list of repositories could be had.
    """
    began = time.monotonic()
    with ThreadPoolExecutor(config.collect.concurrency) as pool:
        try:
            gathered = _gather(client, config, progress, pool)
        except BaseException:
            # Also Ctrl-C: whoever waits stops waiting, whoever asks is the last to ask.
            client.stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in SCHEMAS}
    for name in sorted(gathered):
        for table, own in gathered[name].items():
            rows[table] += own
    seconds = time.monotonic() - began
    return make_tables(rows, requests=client.requests, points=client.points, seconds=seconds)


def _gather(
    client: Client, config: Config, progress: Progress, pool: ThreadPoolExecutor
) -> dict[str, Rows]:
    """Rows of every repository, by its name."""
    chosen = compile_globs(config.repo or ("*",))
    lookback = config.window.since - config.lookback
    environment = environment_reader(config)
    span = make_span(config)
    gathered: dict[str, Rows] = {}
    futures: dict[Future[Rows], Found] = {}
    for found in list_repositories(client, config.organization):
        newest = found.newest_deployment_at
        is_excluded = chosen.fullmatch(found.name) is None
        is_archived = found.archived_at is not None and found.archived_at < config.window.until
        is_skipped = is_excluded or is_archived or found.is_empty
        is_quiet = newest is None or (newest < lookback and not config.environment)
        if is_skipped or is_quiet:
            reason = None if is_skipped else found.unreadable
            gathered[found.name] = _row(found, is_excluded=is_excluded, reason=reason)
            continue
        reading = Reading(client, config, found, environment, span)
        futures[pool.submit(reading.read)] = found
        progress.found(len(futures))
    for future in as_completed(futures):
        found = futures[future]
        try:
            gathered[found.name] = future.result()
        except DoraError as wrong:
            gathered[found.name] = _row(found, is_excluded=False, reason=wrong.what)
        progress.read(found.name)
    return gathered


def _row(found: Found, *, is_excluded: bool, reason: str | None) -> Rows:
    """A repository of which nothing but the listing is known."""
    has_deployments = found.newest_deployment_at is not None
    row = (found.name, found.archived_at, found.is_empty, has_deployments, is_excluded, found.head,
           reason, None)  # fmt: skip
    return {"repositories": [row]}
