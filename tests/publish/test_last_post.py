"""What a post keeps for the next: the headline numbers, within a size, whatever comes back."""

import base64
import json
import zlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dora.publish.last_post import LIMIT, LastPost, pack, unpack
from dora.report.model import Row
from tests.support.published_files import report, row


def numbers(one: Row) -> list[Any]:
    """What is kept of a row."""
    metrics = one.metrics
    return [
        one.key,
        one.tier,
        metrics.deployment_frequency.per_day,
        metrics.deployment_frequency.level,
        metrics.change_lead_time.median,
        metrics.change_lead_time.changes,
        metrics.change_fail_rate.failed,
        metrics.change_fail_rate.rate,
        metrics.recovery_time.open,
        metrics.recovery_time.median,
        metrics.rework_rate.rate,
    ]


def kept(post: LastPost | None) -> LastPost:
    assert post is not None
    return post


def raw(document: Any) -> str:
    return base64.b64encode(zlib.compress(json.dumps(document).encode())).decode()


def test_kept_and_read_again() -> None:
    """Every row with its headline numbers, and which deployments had failed."""
    rows = [row("a`-->b"), row("web", failed=0, finished=0, mean=None, median=None)]
    made = report(*rows)
    failed: frozenset[tuple[str, int | str]] = frozenset(
        {("api", 7), ("api", "production releases:v1.2"), ("web", "7")}
    )
    post = kept(unpack(pack(made, failed)))

    assert [numbers(one) for one in rows] == [numbers(one) for one in post.report.rows]
    assert (made.window.since, made.window.until, made.by) == (
        post.report.window.since, post.report.window.until, post.report.by,
    )  # fmt: skip
    assert failed == post.failed
    assert post.is_whole


def test_what_was_not_kept_is_unknown() -> None:
    """DF3, B3: a post keeps no interval, so the next one shows none, nor a place."""
    (read,) = kept(unpack(pack(report(row()), None))).report.rows
    records = vars(read.metrics).values()

    assert {None} == {
        getattr(one, name, None)
        for one in records
        for name in ("per_day_interval", "median_interval", "interval", "place", "level_range")
    }


@pytest.mark.parametrize("count", [10, 400, 4_000])
def test_never_longer_than_its_limit(count: int) -> None:
    """The first rows are kept where not all fit, and it says so."""
    made = report(*[row(f"service-{n * 7919 % 99991}", failed=n % 50) for n in range(count)])
    failed = frozenset(("api", n) for n in range(count))
    text = pack(made, failed)
    post = kept(unpack(text))

    assert len(text) <= LIMIT
    assert "--" not in text
    assert made.rows[: len(post.report.rows)][0].key == post.report.rows[0].key
    assert post.is_whole == (len(post.report.rows) == count)
    assert (count == 4_000) == (not post.is_whole)


@settings(deadline=None)
@given(st.text())
def test_any_text_is_a_post_or_nothing(text: str) -> None:
    """Whoever may edit a comment can write anything there; it is never an error."""
    assert unpack(text) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = ("v", "organization", "by", "benchmark", "since", "until", "days", "timezone", "whole",
        "rows", "failed")  # fmt: skip


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), JSON).map(lambda one: {**one, "v": 1}))
def test_any_document_is_a_post_or_nothing(document: Any) -> None:
    """Also where it is JSON that was packed as ours is."""
    unpack(raw(document))


def test_a_bomb_is_nothing() -> None:
    """What unpacks to more than a post ever does is not read."""
    assert unpack(raw({"v": 1, "rows": "x" * 50_000_000})) is None


def test_a_time_zone_that_there_is_not() -> None:
    """A post with a strange time zone is none, for nobody could tell its time."""
    document = json.loads(zlib.decompress(base64.b64decode(pack(report(row()), None))))

    assert unpack(raw(document)) is not None
    for zone in ("Nowhere/At All", "../../etc/passwd", "", "\0"):
        assert unpack(raw({**document, "timezone": zone})) is None
