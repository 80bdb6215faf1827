"""Ids of deployments in their order, and what tells them apart: D7, D8."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dora.report.deployment_ids import DeploymentId, id_order, own_name

IN_ORDER: list[DeploymentId] = [
    1,
    22,
    "releases:",
    "releases:v1.2",
    "releases:v1.9",
    "releases:v1.10",
    "releases:v1.10-rc.2",
    "releases:v1.10-rc.10",
    "releases:v01.11",
    "releases:v1.11",
    "tags:v1",
    "workflow:9/10",
    "workflow:10/2",
    "workflow:10/10",
    "workflow:" + "9" * 5_000,
    "workflow:1" + "0" * 5_000,
]


def test_runs_of_digits_are_numbers() -> None:
    """D8: GitHub's numbers come first; in texts each run of digits counts as a number."""
    turned = IN_ORDER[::-1]
    assert IN_ORDER == sorted(turned, key=id_order)
    assert all(id_order(one) < id_order(other) for one, other in pairwise(IN_ORDER))


@given(ids=st.lists(st.integers() | st.text()))
def test_any_ids_have_an_order(ids: list[int | str]) -> None:
    """D7: whatever is in them, two ids are only equal if they are the same."""
    ordered = sorted(ids, key=id_order)
    turned = ids[::-1]
    assert ordered == sorted(turned, key=id_order)
    assert all((one == other) == (id_order(one) == id_order(other)) for one, other in
               pairwise(ordered))  # fmt: skip


def test_a_text_is_one_within_its_environment() -> None:
    """D8: one release may go to two environments; a number of GitHub's stands alone."""
    names = [own_name(7, "qa"), own_name("file:7", "QA"), own_name("file:7", "production")]
    assert [7, "qa file:7", "production file:7"] == names
