"""Reads one repository's commits and pull requests from the cache, and adds those of this run.

Commits never change. The pull requests that GitHub associates with them, and their labels, may
change, but every such change also changes the pull request, so that `refresh_cache` finds it. See
docs/decisions/.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from dora.collect.cache.store import Cache, Key
from dora.collect.records import CommitRecord, LabelRecord, PullRequestRecord
from dora.model.shipped_commits import EPOCH, microseconds

#: The key of the data on a repository as a whole.
HEAD: Key = ("repository", "")
#: Commits that are collected before they are written, even if the repository is not read yet.
MANY = 1000
#: How long changes count as recent, by the local clock, which may be wrong.
RECENT = timedelta(hours=1)
#: Time after which all of GitHub's servers know of a change.
SETTLES = timedelta(minutes=5)


class CachedRepository:
    """The cached data of one repository, which is only used after it was marked as fresh."""

    def __init__(
        self, cache: Cache, repository: int, *, query_options: str, branch: str | None
    ) -> None:
        self._cache = cache
        self._owner = (repository, query_options)
        self._branch = branch
        self._last_header = cache.get(self._owner, HEAD)
        header = json.loads(self._last_header or "{}")
        #: Whether older runs' data can be used: what GitHub associates depends on the branch.
        self.has_any = bool(header) and header["branch"] == branch
        self.stamp: str | None = header["stamp"] if self.has_any else None
        self.labels: dict[str, str] = dict(header["labels"]) if self.has_any else {}
        #: Number of cached commits, and the dates of the oldest and the newest of them.
        self._extent: list[int] = header["extent"] if self.has_any else []
        self._is_new = not self.has_any
        self._read_labels: dict[str, str] = {}
        self._is_fresh = False
        self._is_mixed = False
        self._rows: dict[Key, str] = {}
        self._dropped: set[Key] = set()

    def commit(self, sha: str) -> CommitRecord | None:
        """A commit from the cache; None if it is not cached."""
        value = self._get(("commit", sha))
        if value is None:
            return None
        authored, committed, parents, message, requests = json.loads(value)
        return CommitRecord(
            sha,
            _instant(authored),
            _instant(committed),
            tuple(parents),
            message,
            None,
            tuple(requests),
        )

    def request(self, number: int) -> PullRequestRecord | None:
        """A merged pull request from the cache; None if it is not cached."""
        value = self._get(("request", str(number)))
        if value is None:
            return None
        created, merged, sha, ref, first, branch, labels = json.loads(value)
        return PullRequestRecord(
            number,
            _instant(created),
            _instant(merged),
            sha,
            ref,
            None if first is None else _instant(first),
            tuple(branch),
            tuple(LabelRecord(*label) for label in labels),
        )

    def part_of_run(self, part: str, number: int) -> Any:
        """A part of a workflow run from the cache, as it was given; None if it is not cached."""
        value = self._get((part, str(number)))
        return None if value is None else json.loads(value)

    def cache_part_of_run(self, part: str, number: int, value: Any) -> None:
        """Cache plain data that was read of a workflow run for the next run.

        The *value* says by itself of which state of the workflow run it is.
        """
        self._rows[part, str(number)] = json.dumps(value)

    def expected(self, now: datetime) -> int:
        """The estimated number of commits since the newest cached one, by the cached ones."""
        if not self._extent:
            return 0
        count, oldest, newest = self._extent
        since = max(0, microseconds(now) - newest)
        return ceil(count * since / max(1, newest - oldest))

    def forget(self) -> None:
        """Use nothing that older runs read."""
        self._is_new = True
        self.has_any = False
        self.stamp, self.labels, self._extent = None, dict(self._read_labels), []

    def drop(self, shas: Iterable[str]) -> None:
        """Drop single commits: GitHub may associate them with other pull requests now."""
        self._dropped.update(("commit", sha) for sha in shas)

    def is_fresh_as_of(self, stamp: str | None) -> None:
        """Mark the cache as fresh for all changes of pull requests up to *stamp*."""
        self.stamp = stamp
        self._is_fresh = True

    def cache_commits(self, commits: Iterable[CommitRecord]) -> None:
        """Cache commits for the next run."""
        for one in commits:
            value = [
                microseconds(one.authored_at),
                microseconds(one.committed_at),
                one.parents,
                one.message,
                one.requests,
            ]
            self._rows["commit", one.sha] = json.dumps(value)
            at = microseconds(one.committed_at)
            count, oldest, newest = self._extent or (0, at, at)
            self._extent = [count + 1, min(oldest, at), max(newest, at)]
        if len(self._rows) >= MANY and self._is_fresh:
            self.save()

    def cache_pull_request(self, one: PullRequestRecord) -> None:
        """Cache a merged pull request for the next run.

        If a label has another name than before, it was renamed during the run, and nothing more is
        cached.
        """
        for label in one.labels:
            self._read_labels[label.id] = label.name
            self._is_mixed |= self.labels.setdefault(label.id, label.name) != label.name
        first = None if one.first_authored_at is None else microseconds(one.first_authored_at)
        value = [
            microseconds(one.created_at),
            microseconds(one.merged_at),
            one.merge_sha,
            one.head_ref,
            first,
            one.branch,
            one.labels,
        ]
        self._rows["request", str(one.number)] = json.dumps(value)

    def save(self) -> None:
        """Write what was collected, unless another run was faster or the cache is not fresh."""
        if not self._is_fresh or self._is_mixed:
            return
        header = {
            "stamp": self.stamp,
            "branch": self._branch,
            "labels": sorted(self.labels.items()),
            "extent": self._extent,
        }
        head = json.dumps(header)
        if head == self._last_header and not (self._rows or self._dropped or self._is_new):
            return
        self._is_fresh = self._cache.put(
            self._owner,
            {**self._rows, HEAD: head},
            head=HEAD,
            last_header=self._last_header,
            dropped=self._dropped,
            is_new=self._is_new,
        )
        self._last_header = head
        self._rows, self._dropped, self._is_new = {}, set(), False

    def _get(self, key: Key) -> str | None:
        if not self.has_any or self._last_header is None or key in self._dropped:
            return None
        return self._cache.get(self._owner, key, unless_changed=(HEAD, self._last_header))


def _instant(at: int) -> datetime:
    return EPOCH + timedelta(microseconds=at)


def settled(stamp: str, now: datetime) -> str:
    """The instant up to which all changes of pull requests are known; the latest is at *stamp*.

    GitHub's instants are whole seconds, and its servers do not learn of a change at the same time.
    So further changes may appear later that happened at the same time or a little earlier.
    """
    latest = datetime.fromisoformat(stamp)
    if now - latest < RECENT:
        latest -= SETTLES
    return latest.isoformat()
