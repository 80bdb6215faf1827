"""What messages and branch names say is reverted (F3)."""

import pytest

from dora.model.references import Targets, find_targets


def requests(message: str, branch: str | None = None) -> tuple[int, ...]:
    """Numbers of the requests that a commit of `org/api` says it reverts, and nothing else."""
    found = find_targets(message, branch, "org", "api")
    assert Targets((), found.requests, 0) == found
    return found.requests


@pytest.mark.parametrize(
    ("title", "number"),
    [
        pytest.param('Revert "Add thing (#12)" (#13)', 12, id="squashed"),
        pytest.param('Revert "Add thing (#12)"', 12, id="without a number of its own"),
        pytest.param('Revert "Revert "Add thing (#12)" (#13)" (#14)', 13, id="of a revert"),
        pytest.param('Revert "Revert "Add thing (#12)" (#13)"', 13, id="of one, without a number"),
        pytest.param('Revert "Say "hi" (#12)" (#13)', 12, id="quotation marks within"),
        pytest.param('Revert "Close (#11) at last (#12)" (#13)', 12, id="two numbers within"),
        pytest.param('Revert "Add thing (#12)" (#13)\r', 12, id="line end of Windows"),
    ],
)
def test_title_of_a_revert(title: str, number: int) -> None:
    """F3: of a title it is the last number within the outermost quotation marks."""
    assert (number,) == requests(title)
    assert (number,) == requests(f"{title}\n\n* Revert it\n\nBecause of (#99).")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param('Revert "Add thing" (#13)', id="no number within"),
        pytest.param('Undo "Add thing (#12)" (#13)', id="another verb"),
        pytest.param('Reapply "Add thing (#12)" (#13)', id="put back"),
        pytest.param('fix: Revert "Add thing (#12)" (#13)', id="not at the start"),
        pytest.param('Take it back\n\nRevert "Add thing (#12)" (#13)', id="not the first line"),
        pytest.param('Revert "Add thing (#12)" for now (#13)', id="more behind it"),
        pytest.param('Revert "Add thing (#12) quickly" (#13)', id="number in the middle"),
        pytest.param('Revert "Add thing (#x)" (#13)', id="no digits"),
        pytest.param("Revert Add thing (#12) (#13)", id="no quotation marks"),
    ],
)
def test_title_like_that_of_a_revert(message: str) -> None:
    """F3: the first line must be just that."""
    assert () == requests(message)


def test_title_branch_and_text_of_one_request() -> None:
    """F3: what is said in three ways is one target."""
    message = 'Revert "Add thing (#12)" (#13)\n\nReverts org/api#12'
    assert (12,) == requests(message, "revert-12-thing")


def test_numbers_that_no_request_can_have() -> None:
    """F3: messages and branches come from anyone; a number of thousands of digits names nothing."""
    for long in ("9" * 10, "9" * 5_000):
        assert () == requests(f'Revert "Add thing (#{long})" (#13)\n\nReverts #{long}')
        assert () == requests("Undo", f"revert-{long}-thing")
