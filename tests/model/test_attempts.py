"""Which deployments of a workflow run are one: attempts, and what they leave standing (D6)."""

from typing import Any

import pytest

from dora.model.attempts import Part, Whole, find_attempts, join_attempts
from dora.model.outcome_rules import StatusRecord, first, succeeded_at

RUN = "https://github.com/acme/api/actions/runs/7"
QUARTER = 15  #: instants are minutes


def part(
    name: str, created: int, *told: tuple[str, int], log: str = "/job/1", **more: Any
) -> Part[str]:
    """A deployment of run 7, with its statuses."""
    text = more.get("text")
    history = [StatusRecord(state, at, RUN + log, text) for state, at in told]
    return Part(name, created, history, more.get("payload"))


def attempts(*parts: Part[str]) -> list[str]:
    """The names of the parts of each attempt."""
    return ["".join(one.deployment for one in own) for own in find_attempts(parts, QUARTER)]


def wholes(*parts: Part[str]) -> list[tuple[str, int | None, int | None]]:
    """Names, instant of success and of failure of each whole deployment."""
    joined = join_attempts((("api", one) for one in parts), QUARTER)
    return [("".join(one.parts), succeeded_at(one.history), failed_at(one)) for one in joined]


def failed_at(one: Whole[str]) -> int | None:
    """When the first failure of a whole was."""
    found = first(one.history, ("failure", "error"))
    return None if found is None else found.at


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        # Jobs that run beside each other, and jobs that follow each other.
        ([part("a", 0, ("success", 9)), part("b", 1, ("failure", 5))], ["ab"]),
        ([part("a", 0, ("success", 9)), part("b", 9, ("success", 12))], ["ab"]),
        ([part("a", 0, ("success", 9)), part("b", 24, ("success", 30))], ["ab"]),
        ([part("a", 0, ("success", 9)), part("b", 25, ("success", 30))], ["a", "b"]),
        # A failure ends an attempt at once, unless another job still runs.
        ([part("a", 0, ("failure", 9)), part("b", 9, ("success", 12))], ["a", "b"]),
        ([part("a", 0, ("failure", 9)), part("b", 8, ("success", 12))], ["ab"]),
        ([part("a", 0, ("failure", 9)), part("b", 5, ("success", 20)), part("c", 15)], ["abc"]),
        ([part("a", 0), part("b", 900, ("success", 912))], ["ab"]),
        # What failed and succeeded later had succeeded, or had not, when the next part came.
        ([part("a", 0, ("failure", 5), ("success", 9)), part("b", 10)], ["ab"]),
        ([part("a", 0, ("failure", 5), ("success", 9)), part("b", 7)], ["a", "b"]),
        # The newest attempt counts: its failure begins a third, its success does not.
        ([part("a", 0, ("failure", 1)), part("b", 2, ("success", 3)), part("c", 4)], ["a", "bc"]),
        ([part("a", 0, ("failure", 1)), part("b", 2, ("error", 3)), part("c", 4)], ["a", "b", "c"]),
    ],
)
def test_where_nothing_says_which_attempt(parts: list[Part[str]], expected: list[str]) -> None:
    """D6: a part begins an attempt when all earlier had finished, after a failure or a pause."""
    assert expected == attempts(*parts)


@pytest.mark.parametrize(
    ("more", "number"),
    [
        ({"log": "/attempts/3"}, 3),
        ({"log": "/attempts/3/job/1"}, 3),
        ({"payload": '{"run_attempt": 3}'}, 3),
        ({"payload": '{"run_attempt": "3"}'}, 3),
        ({"payload": '"{\\"run_attempt\\": 3}"'}, 3),
        ({"log": "/attempts/3", "payload": '{"run_attempt": 9}'}, 3),
        ({"payload": '{"run_attempt": true}'}, 1),
        ({"payload": '{"run_attempt": "latest"}'}, 1),
        ({"log": "?check_suite_focus=true", "payload": ""}, 1),
        ({"payload": None}, 1),
    ],
)
def test_what_says_which_attempt(more: dict[str, Any], number: int) -> None:
    """D6: the log's address says so, else the payload; else it is the first, or a guess."""
    told = [part("1", 0, ("success", 1), log="/attempts/1"), part("x", 2, ("success", 3), **more)]
    told += [part("2", 4, ("success", 5), log="/attempts/2")]
    expected = {1: ["1x", "2"], 3: ["1", "2", "x"]}[number]
    assert expected == attempts(*told)


def test_another_run_says_nothing() -> None:
    """D6: only the address of the run that a part belongs to says which attempt it is of."""
    history = [StatusRecord("queued", 2, RUN), StatusRecord("success", 3, f"{RUN}0/attempts/3")]
    told = [part("1", 0, ("success", 1)), Part("x", 2, history, None)]
    assert ["1x"] == attempts(*told)


def test_a_failure_is_counted_once() -> None:
    """D6: a part that no later one replaced fails its own attempt, and holds the next one back."""
    told = [
        part("a", 0, ("failure", 5), log="/attempts/1"),
        part("b", 0, ("failure", 6), log="/attempts/1"),
        part("c", 10, ("success", 12), log="/attempts/2"),
        part("d", 20, ("success", 22), log="/attempts/3"),
    ]
    assert [("ab", None, 5), ("c", None, None), ("d", 22, None)] == wholes(*told)


def test_what_succeeded_is_replaced_last() -> None:
    """D6: the job that failed runs again, so the success beside it still stands."""
    told = [
        part("a", 0, ("success", 5), log="/attempts/1"),
        part("b", 0, ("failure", 6), log="/attempts/1"),
        part("c", 10, ("success", 12), log="/attempts/2"),
    ]
    assert [("ab", None, 6), ("c", 12, None)] == wholes(*told)


def test_only_one_environment_is_joined() -> None:
    """D6, G3: parts of another environment or service, or of no run, stand for themselves."""
    told = [part(name, 0, ("success", 1)) for name in "abc"]
    loose = [
        Part(name, 0, [StatusRecord("success", 1, "https://ci.example/7")], None) for name in "de"
    ]
    places = ["api", "api", "web", "api", "api"]
    joined = join_attempts(zip(places, [*told, *loose], strict=True), QUARTER)
    assert ["ab", "c", "d", "e"] == ["".join(one.parts) for one in joined]


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("nothing to change", "Nothing to change."), [True]),
        (("nothing to change", None), [False]),
        ((None, "nothing to change"), [False]),
    ],
)
def test_a_whole_is_unchanged_where_every_part_is(
    texts: tuple[str | None, ...], expected: list[bool]
) -> None:
    """D3, D6: one job that changed something is enough."""
    told = [
        part("a", 0, ("success", 5), text=texts[0]),
        part("b", 1, ("success", 6), text=texts[1]),
    ]
    joined = join_attempts((("api", one) for one in told), QUARTER)
    assert expected == [one.is_unchanged for one in joined]


def test_numbers_of_attempts_that_are_too_long_say_nothing() -> None:
    """D6: addresses and payloads come from anyone; what is no number of an attempt is passed by."""
    long = 5_000 * "9"
    told = [
        part("a", 0, ("success", 9), log=f"/attempts/{long}"),
        part("b", 1, ("success", 9), payload=f'{{"run_attempt": "{long}"}}'),
        part("c", 2, ("success", 9), payload='{"run_attempt":' + 50_000 * "["),
    ]
    assert ["abc"] == attempts(*told)
