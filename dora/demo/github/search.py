"""Finds issues and pull requests by the words of a query, as GitHub's search does.

It knows `org:`, `repo:`, `is:`, `label:`, `created:`, `closed:`, `updated:` and `state:`.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from dora.demo.github.views import Node, RepositoryView, instant
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Issue, PullRequest

SEARCH_MAXIMUM = 1000  #: GitHub shows no more results than these
_WORD = re.compile(r'(-?)(?:([a-z]+):)?("(?:[^"])*"|\S+)')
_DATE = re.compile(r"(>=|<=|>|<)?(.+)")


def has_label(labels: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether one of the labels is wanted, case ignored."""
    return bool({label.casefold() for label in labels} & {label.casefold() for label in wanted})


def sort_value(record: Issue | PullRequest, field: str) -> str:
    """What an issue or a request is sorted by: its creation, or its last change."""
    if field != "UPDATED_AT":
        return instant(record.created_at) or ""
    return instant(updated_at(record)) or ""


def updated_at(record: Issue | PullRequest) -> datetime:
    """When it last changed."""
    moments = [record.created_at, record.closed_at]
    if isinstance(record, PullRequest):
        moments += [record.merged_at, record.updated_at]
    return max(moment for moment in moments if moment)


def find(visible: VisibleOrganization, query: str) -> list[Node]:
    """Issues and pull requests that fit every word of *query*; newest first."""
    words = [
        (minus == "-", qualifier or "", value.strip('"'))
        for minus, qualifier, value in _WORD.findall(query)
    ]
    found = []
    for view in visible.views.values():
        if visible.denial(view) is not None:
            continue
        records: list[Any] = [*view.repository.issues, *view.repository.pull_requests]
        for record in records:
            if _fits(view, record, words):
                kind = "Issue" if isinstance(record, Issue) else "PullRequest"
                found.append(Node(kind, view, record))
    return found


def _fits(
    view: RepositoryView, record: Issue | PullRequest, words: Iterable[tuple[bool, str, str]]
) -> bool:
    places = [
        value for minus, word, value in words if word in {"repo", "org", "user"} and not minus
    ]
    mine = {view.owner.casefold(), view.name_with_owner.casefold()}
    if places and not any(place.casefold() in mine for place in places):
        return False
    return all(
        _fits_word(record, qualifier, value) is not minus
        for minus, qualifier, value in words
        if qualifier not in {"repo", "org", "user"}
    )


def _fits_word(record: Issue | PullRequest, qualifier: str, value: str) -> bool:
    if qualifier == "label":
        return has_label(record.labels, [name.strip('"') for name in value.split(",")])
    if qualifier in {"is", "type", "state"}:
        return _is(record, value)
    if qualifier in {"created", "closed", "updated"}:
        moments = {
            "created": record.created_at,
            "closed": record.closed_at,
            "updated": updated_at(record),
        }
        return in_range(moments[qualifier], value)
    if qualifier in {"sort", "in", "archived"}:
        return True
    return value.casefold() in record.title.casefold()


def _is(record: Issue | PullRequest, value: str) -> bool:
    closed = record.closed_at is not None
    answers = {
        "issue": isinstance(record, Issue),
        "pr": isinstance(record, PullRequest),
        "open": not closed,
        "closed": closed,
        "merged": isinstance(record, PullRequest) and record.merged_at is not None,
    }
    return answers.get(value, True)


def in_range(moment: datetime | None, value: str) -> bool:
    """Whether *moment* lies in the range that a search writes: `>=T`, `<=T`, `A..B`, `T`."""
    if moment is None:
        return False
    low, dots, high = value.partition("..")
    if dots:
        after = low == "*" or moment >= _parse(low)[0]
        return after and (high == "*" or moment < _parse(high)[1])
    match = _DATE.fullmatch(value)
    sign, text = match.groups() if match else (None, value)
    first, end = _parse(text)
    return {
        ">=": moment >= first,
        ">": moment >= end,
        "<": moment < first,
        "<=": moment < end,
        None: first <= moment < end,
    }[sign]


def _parse(text: str) -> tuple[datetime, datetime]:
    """The instant a date or date-time names, and where it ends (a date lasts a day)."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    is_date = "T" not in text
    return moment, moment + (timedelta(days=1) if is_date else timedelta(seconds=1))
