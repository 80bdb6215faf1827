"""Resolvers of releases: who sees which, in which order, and what GitHub derives of one."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from dora.demo.github.graphql.pagination import ConnectionPage, OrderedRows, keyset_page, ordered
from dora.demo.github.graphql.resolvers import ResolveInfo, commit, counted, is_descending
from dora.demo.github.views import Node, RepositoryView, instant, number
from dora.demo.github.visibility import VisibleOrganization
from dora.demo.organization.model import Release


def releases(source: Node, info: ResolveInfo, **arguments: Any) -> ConnectionPage:
    """`Repository.releases`: by creation, oldest first by default; drafts for those who push."""
    view: RepositoryView = source.view
    order = arguments.get("orderBy") or {"field": "CREATED_AT"}
    drafts = info.context.visible.rights.pushes
    rows = view.once(
        ("releases", order["field"], drafts), lambda: _ordered(view, order["field"], drafts)
    )
    return counted(info, keyset_page(rows, arguments, descending=is_descending(order)))


def _ordered(view: RepositoryView, field: str, drafts: bool) -> OrderedRows:
    return ordered(
        [
            Node("Release", view, one)
            for one in view.repository.releases
            if drafts or not one.is_draft
        ],
        lambda node: (
            (node.record.name or "", node.record.id)
            if field == "NAME"
            else (instant(_created_at(view, node.record)), node.record.id)
        ),
    )


def _created_at(view: RepositoryView, record: Release) -> datetime:
    """What GitHub shows as the creation, which is not the publication.

    Of a release that was published at once it is the date of its tag's commit, of one that was a
    draft before the draft's.
    """
    ref = view.refs.get(f"refs/tags/{record.tag}")
    tagged = None if ref is None else view.commits.get(ref.sha)
    if record.created_at == record.published_at and tagged is not None:
        return tagged.committed_at
    return record.created_at


def created_at(source: Node, _: ResolveInfo) -> str | None:
    """`Release.createdAt`: what the releases are ordered by."""
    return instant(_created_at(source.view, source.record))


def release(source: Node, info: ResolveInfo, *, tagName: str) -> Node | None:  # noqa: N803 - GitHub's name
    """`Repository.release`: by its tag; null when there is none."""
    drafts = info.context.visible.rights.pushes
    found = (
        one
        for one in source.view.repository.releases
        if one.tag == tagName and (drafts or not one.is_draft)
    )
    return next((Node("Release", source.view, one) for one in found), None)


def is_hidden(visible: VisibleOrganization, record: Any) -> bool:
    """Whether *record* is a draft that the token does not see."""
    return isinstance(record, Release) and record.is_draft and not visible.rights.pushes


def tag(source: Node, _: ResolveInfo) -> Node | None:
    """`Release.tag`: null while a draft's tag is not there."""
    ref = source.view.refs.get(f"refs/tags/{source.record.tag}")
    return None if ref is None else Node("Ref", source.view, ref)


def tag_commit(source: Node, _: ResolveInfo) -> Node | None:
    """`Release.tagCommit`: the commit below the tag, annotated or not."""
    ref = source.view.refs.get(f"refs/tags/{source.record.tag}")
    return commit(source.view, None if ref is None else ref.sha)


def url(source: Node, _: ResolveInfo) -> str:
    """`Release.url`: made of the tag; a draft has a made-up one until it is published."""
    record: Release = source.record
    name = f"untagged-{number(f'draft {record.id}'):020x}" if record.is_draft else record.tag
    return f"{source.view.url}/releases/tag/{quote(name, safe='')}"


def updated_at(source: Node, _: ResolveInfo) -> str | None:
    """`Release.updatedAt`: its last change."""
    record: Release = source.record
    return instant(record.updated_at or record.published_at or record.created_at)
