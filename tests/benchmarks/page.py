"""Writes the measurements of collecting as tables of docs/benchmarks.md."""

from collections.abc import Callable, Sequence

from tests.benchmarks.collection import Collected, Compared, Run
from tests.benchmarks.made_up import Shape
from tests.benchmarks.stand_in import LATENCY
from tests.benchmarks.wanted import NOISE, about_commits, wishes

HOURLY = 5_000  #: points that a user's token has an hour, of REST and of GraphQL each
A_MINUTE = {"REST": 900, "GraphQL": 2_000}  #: requests that the secondary limits allow


def show_collection(collected: Collected) -> dict[str, str]:
    """The parts of the page about collecting, in Markdown, by their names in `page.md`."""
    return {
        "fixed": f"{LATENCY.fixed:g}",
        "per_node": f"{LATENCY.per_node * 1000:g}",
        "noise": f"{NOISE - 1:.0%}",
        "large": _show_compared(collected.large),
        "wide": _show_compared(collected.wide),
        "growth": _show_growth(collected.growth),
        "wanted": _show_wanted(collected),
    }


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """A Markdown table, its first column to the left and the others to the right."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *lines))


def _show_compared(compared: Compared) -> str:
    """Both programs side by side."""
    runs = (compared.typical, compared.cold, compared.next_week)
    apis = ("REST", "GraphQL", "GraphQL")
    floor = compared.floor

    def line(what: str, show: Callable[[Run], str], least: str = "–") -> list[str]:
        return [what, *map(show, runs), least]

    def count(what: str, give: Callable[[Run], int], least: str = "–") -> list[str]:
        return line(what, lambda run: f"{give(run):,}", least)

    lines = [
        count("requests", lambda run: run.asked.requests, f"{floor.requests:,}"),
        count("… for the list of repositories",
              lambda run: run.asked.about("repositories"), f"{floor.listing:,}"),
        count("… for deployments and statuses",
              lambda run: run.asked.about("deployments", "statuses"), f"{floor.deployments:,}"),
        count("… for commits", about_commits, f"{floor.commits:,}"),
        count("… for anything else", _about_others, "0"),
        count("points", lambda run: run.asked.points),
        line("seconds", lambda run: f"{run.taken.seconds:,.1f}"),
        line("processor seconds", lambda run: f"{run.taken.cpu_seconds:,.1f}"),
        line("peak memory in MB", lambda run: f"{run.taken.peak_mb:,.0f}"),
        count("deployments that succeeded in the window", lambda run: run.deployments),
        line(f"hours of GitHub's budget, {HOURLY:,} points each",
             lambda run: f"{run.asked.points / HOURLY:,.2f}"),
        [
            "minutes of its limit, " + ", ".join(f"{n:,} of {api}" for api, n in A_MINUTE.items()),
            *(f"{run.asked.requests / A_MINUTE[api]:,.2f}"
              for run, api in zip(runs, apis, strict=True)),
            "–",
        ],
    ]  # fmt: skip
    head = ("", "typical script", "`dora report`, cold", "next week", "floor")
    return f"### {compared.shape}\n\n{table(head, lines)}"


def _about_others(run: Run) -> int:
    known = run.asked.about("repositories", "deployments", "statuses")
    return run.asked.requests - known - about_commits(run)


def _show_growth(growth: Sequence[tuple[Shape, Run]]) -> str:
    head = ("repositories", "requests", "points", "seconds", "processor seconds", "peak MB")
    lines = []
    for shape, run in growth:
        count, asked, taken = shape.repositories, run.asked, run.taken
        lines.append(
            [
                f"{count:,}",
                f"{asked.requests:,} ({asked.requests / count:.2f})",
                f"{asked.points:,} ({asked.points / count:.2f})",
                f"{taken.seconds:.1f} ({taken.seconds / count:.3f})",
                f"{taken.cpu_seconds:.1f} ({taken.cpu_seconds / count:.3f})",
                f"{taken.peak_mb:,.0f} ({taken.peak_mb / count:.2f})",
            ]
        )
    return table(head, lines)


def _show_wanted(collected: Collected) -> str:
    head = ("", "of", "wanted", "measured", "so")
    signs = {"le": "at most", "lt": "under", "ge": "at least"}
    lines = [
        [
            wish.what,
            wish.where,
            f"{signs[wish.holds.__name__]} {_number(wish.limit)}",
            _number(wish.measured),
            wish.verdict,
        ]
        for wish in wishes(collected)
    ]
    return table(head, lines)


def _number(value: float) -> str:
    """Three digits, and no more decimals than two."""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
