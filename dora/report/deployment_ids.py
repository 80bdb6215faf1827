"""How deployments are called: by GitHub's number, or by a text where they come from elsewhere."""

import re
from typing import Any

#: GitHub's number of a Deployment, or a text such as `releases:v1.2` (D8).
DeploymentId = int | str
DIGITS = re.compile(r"([0-9]+)")


def id_order(name: DeploymentId) -> tuple[Any, ...]:
    """What ids are sorted by: numbers first, then texts, whose runs of digits are numbers (D8)."""
    if isinstance(name, int):
        return (0, name)
    # Odd places are runs of digits; "v01" and "v1" differ in nothing but their text.
    parts = (_size(one) if at % 2 else one for at, one in enumerate(DIGITS.split(name)))
    return (1, (*parts,), name)


def _size(digits: str) -> tuple[int, str]:
    """What compares as the number does; Python makes no number of thousands of digits."""
    number = digits.lstrip("0")
    return len(number), number


def own_name(name: DeploymentId, environment: str) -> DeploymentId:
    """What no other deployment of a repository has: a text is one only within its environment.

    Two entries of `[[sources]]`, or two lines of a file, may take one release to two environments.
    """
    return name if isinstance(name, int) else f"{environment.casefold()} {name}"
