"""What a plan looks like, word for word."""

from dataclasses import replace

from dora.model.cost_estimate import CostEstimate
from dora.render.terminal.cost_estimate import render_plan

PLAN = CostEstimate(
    organization="acme",
    listed=1200,
    read=38,
    unknown=0,
    requests={"repositories": 12, "incidents": 1, "deployments": 40, "commits": 1021},
    points=8327,
    seconds=42.04,
    concurrency=6,
    longest=(("api", 13), ("web", 9)),
    spent=17,
    limit=5000,
    remaining=4800,
)
TEXT = """\
What a report of acme would cost, about:

                requests
repositories          12
incidents              1
deployments           40
commits            1,021
together           1,074

8,327 points, 167 % of the 5,000 of an hour; 4,800 are left of this one.
42.0 s of reading, with 6 requests in flight.
Most requests: api (13), web (9).

1,200 repositories listed, 38 to read.
It took 17 requests to find out.
It costs more where changes are much older than the window (rule W3)."""


def test_plan_is_told_in_a_few_lines() -> None:
    """Requests by what they ask for, points beside the hour's, seconds, the longest ways."""
    assert render_plan(PLAN) == TEXT


def test_plan_says_what_it_does_not_know() -> None:
    """Repositories that did not tell are counted; nothing is said of limits nobody told."""
    text = render_plan(replace(PLAN, unknown=2, limit=None, remaining=None, longest=()))
    assert "\n8,327 points.\n" in text
    assert "\n2 of them did not say how much there is.\n" in text
    assert "Most requests" not in text


def test_names_cannot_drive_the_terminal() -> None:
    """A control character in a name is shown as one that is not."""
    assert "\x1b" not in render_plan(replace(PLAN, longest=(("a\x1b[2Jb", 3),)))
