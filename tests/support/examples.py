"""How many examples a test takes: few while working, many where everything is tried."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

#: Profiles of Hypothesis: `make test` loads the first, `make test-all` the second.
QUICK, THOROUGH = "quick", "thorough"


def examples(many: int, few: int = 10, **more: Any) -> settings:
    """Settings of a law: *many* drawn examples in `make test-all`, *few* in `make test`."""
    is_thorough = settings.get_current_profile_name() == THOROUGH
    return settings(max_examples=many if is_thorough else min(few, many), **more)


def few_of(values: Iterable[Any], few: int) -> list[Any]:
    """Parameters of which `make test` tries the first *few*, and `make test-all` every one."""
    return [
        pytest.param(value, marks=() if number < few else pytest.mark.thorough)
        for number, value in enumerate(values)
    ]


def few_rows_of(rows: Iterable[tuple[Any, ...]], few: int) -> list[Any]:
    """The same for parameters of several names: a row holds a value of each."""
    return [
        pytest.param(*row, marks=() if number < few else pytest.mark.thorough)
        for number, row in enumerate(rows)
    ]
