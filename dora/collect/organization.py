"""An organization in, its tables out: every repository, several at once, none stopping another."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from types import MappingProxyType

from dora.collect import pagerduty
from dora.collect.access import find_access
from dora.collect.client import Client, Progress
from dora.collect.incidents import read_incidents
from dora.collect.pull_requests import Rows
from dora.collect.reading import Reading
from dora.collect.repositories import Found, list_repositories
from dora.collect.teams import read_teams
from dora.config import Config
from dora.environments import environment_reader
from dora.errors import BadUsage, CannotRead, DoraError
from dora.lookback import make_span
from dora.names import compile_globs
from dora.services import service_reader
from dora.tables import SCHEMAS, Tables, make_tables
from dora.texts import ADDRESS


def connect(config: Config, variables: Mapping[str, str], progress: Progress) -> Client:
    """A client for the organization, by the environment *variables*; NoAccess says what lacks."""
    return Client(find_access(variables, config.organization), config, progress)


def collect(
    client: Client,
    config: Config,
    progress: Progress,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    with_authors: bool = False,
) -> Tables:
    """Everything a report needs, read from GitHub; authors only where somebody asks for them.

    Incidents of PagerDuty come beside it where services are mapped, with the token that the
    environment *variables* hold.

    A repository that cannot be read is a row that says so. CannotRead, NoAccess, CannotReach or
    RateLimited are raised when not even the list of repositories could be had.
    """
    began = time.monotonic()
    gaps: dict[str, str] = {}
    pool = ThreadPoolExecutor(config.collect.concurrency)
    try:
        told = _read_incidents(client, config, progress, variables, gaps)
        gathered = _gather(client, config, progress, pool, gaps, told, with_authors)
    except BaseException:
        # Also Ctrl-C: whoever waits stops waiting, and nobody waits for who is being answered.
        client.stopping.set()
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    rows: dict[str, list[tuple[object, ...]]] = {name: [] for name in SCHEMAS}
    for _, own in sorted(gathered.items()):
        for table, some in own.items():
            rows[table] += some
    seconds = time.monotonic() - began
    return make_tables(
        rows, gaps=gaps, requests=client.requests, points=client.points, seconds=seconds
    )


def _gather(
    client: Client,
    config: Config,
    progress: Progress,
    pool: ThreadPoolExecutor,
    gaps: dict[str, str],
    incidents: Rows,
    with_authors: bool,
) -> dict[str, Rows]:
    """Rows of every repository by its name, and of the organization by no name."""
    teams = pool.submit(read_teams, client, config)
    gathered: dict[str, Rows] = {"": dict(incidents)}
    futures: dict[Future[Rows], Found] = {}
    read = _reader(client, config, _named_by(incidents), with_authors=with_authors)
    skips = _skips(config)
    for found in list_repositories(client, config.organization):
        reason = skips(found)
        if reason is not None:
            gathered[found.name] = reason
            continue
        futures[pool.submit(read, found)] = found
        progress.found(len(futures))
    for future in as_completed(futures):
        found = futures[future]
        try:
            gathered[found.name] = future.result()
        except DoraError as wrong:
            gathered[found.name] = _row(found, is_excluded=False, reason=wrong.what)
        progress.read(found.name)
    gathered[""] |= _unless_refused("teams", teams.result, gaps, CannotRead)
    return gathered


def _read_incidents(
    client: Client,
    config: Config,
    progress: Progress,
    variables: Mapping[str, str],
    gaps: dict[str, str],
) -> Rows:
    """Rows of the incidents of GitHub and PagerDuty (F7)."""

    def from_pagerduty() -> Rows:
        found = pagerduty.read_incidents(config, variables, progress, stopping=client.stopping)
        return {"incidents": found}

    if not config.failures.incident:
        return {}
    rows = _unless_refused("incidents", lambda: read_incidents(client, config), gaps, CannotRead)
    more = _unless_refused("incidents of PagerDuty", from_pagerduty, gaps, DoraError)
    return rows | {"incidents": [*rows.get("incidents", []), *more.get("incidents", [])]}


def _unless_refused(
    what: str, read: Callable[[], Rows], gaps: dict[str, str], kind: type[DoraError]
) -> Rows:
    """Rows that *read* gives; none where a *kind* of error ends it: a gap the report tells."""
    try:
        return read()
    except BadUsage:
        raise
    except kind as wrong:
        gaps[what] = wrong.what
        return {}


def _reader(
    client: Client, config: Config, named: set[str], *, with_authors: bool
) -> Callable[[Found], Rows]:
    """Function that reads one repository; *named* are those that incidents are about."""
    environment, service = environment_reader(config), service_reader(config.services)
    span = make_span(config)

    def read(found: Found) -> Rows:
        has_incidents = found.name.casefold() in named
        reading = Reading(
            client, config, found, environment, service, span, has_incidents, with_authors
        )
        return reading.read()

    return read


def _skips(config: Config) -> Callable[[Found], Rows | None]:
    """Function from a repository that needs no request of its own to its rows, else to None."""
    chosen = compile_globs(config.repo or ("*",))
    lookback = config.lookback_start

    def skip(found: Found) -> Rows | None:
        newest = found.newest_deployment_at
        is_excluded = chosen.fullmatch(found.name) is None
        is_archived = found.archived_at is not None and found.archived_at < config.window.until
        is_skipped = is_excluded or is_archived or found.is_empty
        is_quiet = newest is None or (newest < lookback and not config.environment)
        reason = None if is_skipped else found.unreadable
        if not is_skipped and not is_quiet and not reason:
            return None
        return _row(found, is_excluded=is_excluded, reason=reason)

    return skip


def _named_by(incidents: Rows) -> set[str]:
    """Names, case folded, of repositories that an incident may be about; some may not be."""
    rows, labels = incidents.get("incidents", []), incidents.get("labels", [])
    own = {str(row[0] or row[3]).casefold() for row in rows}
    names = {str(row[2]).casefold() for row in labels}
    said = {name.removeprefix("repo:").strip() for name in names if name.startswith("repo:")}
    addresses = (ADDRESS.fullmatch(row[6] or "") for row in rows)
    return own | said | {found["name"].casefold() for found in addresses if found}


def _row(found: Found, *, is_excluded: bool, reason: str | None) -> Rows:
    """A repository of which nothing but the listing is known."""
    has_deployments = found.newest_deployment_at is not None
    row = (found.name, found.archived_at, found.is_empty, has_deployments, is_excluded, found.url,
           found.head, found.head_at, reason, None)  # fmt: skip
    return {"repositories": [row]}
