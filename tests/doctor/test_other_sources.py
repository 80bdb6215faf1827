"""What the doctor says of deployments of other sources: nothing that statuses would mend (D8)."""

from dora.analysis.analysis import analyse
from dora.doctor.deployments import find_deployments
from dora.doctor.model import Finding
from dora.doctor.proposals import find_proposals
from dora.doctor.source_limits import signals_of
from tests.support.tables import DAY, Rows, config, deployment, line, pending, tables

RUN = "https://github.com/acme/api/actions/runs/7"


def findings(source: str | None, *parts: Rows) -> dict[str, Finding]:
    """What is found wrong, by its check, with every deployment of *source*, or of GitHub's."""
    read = tables(line(a=50 * DAY, b=20 * DAY), *parts)
    if source is not None:
        own = read.deployments
        names = f"{source}:" + own["deployment"].abs().astype("str")
        own["deployment"] -= 100
        read.statuses["deployment"] -= 100
        own["source"], own["id"] = source, names.astype("str")
    settings = config()
    analysis = analyse(read, settings)
    found = (*find_deployments(read, analysis, settings), *find_proposals(analysis, settings))
    return {one.check: one for one in found if one.severity != "ok"}


def test_what_only_statuses_could_mend() -> None:
    """D3, D6, D9: attempts without an end, jobs of one run and runs of two people are ordinary."""
    parts = (
        deployment(1, "a", 12 * DAY, ("success", 12 * DAY, RUN)),
        deployment(2, "a", 12 * DAY, ("success", 12 * DAY, RUN), creator="ada"),
        pending(3, "b", 11 * DAY),
        deployment(4, "b", 10 * DAY, ("in_progress", 10 * DAY)),
        deployment(5, "b", 9 * DAY, ("waiting", 9 * DAY), ("failure", 8 * DAY)),
        deployment(6, "b", 8 * DAY, ("failure", 8 * DAY, None, "DORA: its runner was gone")),
    )
    filed = findings(None, *parts)
    assert {"deployment-unfinished", "deployment-not-started", "deployment-same-run"} <= {*filed}
    assert {} == findings("workflow", *parts)


def test_what_merges_cannot_tell() -> None:
    """D8, F1: nothing is said of their statuses; that they cannot fail by themselves is told."""
    part = deployment(1, "a", 12 * DAY, ("success", 12 * DAY))
    (limit,) = findings("merges", part).values()
    assert ("source-limits", "note", ("api",), {"api": 1}) == (
        limit.check, limit.severity, limit.subjects, limit.counts,
    )  # fmt: skip
    assert "incidents, reverts, hotfixes, labels and failure tags alone" in limit.meaning
    read = tables(line(a=50 * DAY, b=20 * DAY), part)
    read.deployments["source"] = "tags"
    settings = config(sources=({"from": "tags"},))
    checks = {one.check for one in find_deployments(read, analyse(read, settings), settings)}
    assert not {"deployment-without-status", "deployment-same-run"} & checks
    assert "deployment-without-commit" in checks


def test_what_holds_for_deployments_alone() -> None:
    """D8: beside other sources, what statuses say is said of GitHub's Deployments."""
    read = tables(
        line(a=50 * DAY, b=20 * DAY),
        deployment(1, "a", 12 * DAY, ("success", 12 * DAY)),
        deployment(2, "b", 9 * DAY, ("success", 9 * DAY)),
    )
    read.deployments["source"] = ["deployments", "tags"]
    settings = config(sources=({"from": "deployments"}, {"from": "tags"}))
    found = {one.check: one for one in find_deployments(read, analyse(read, settings), settings)}
    fine = found["deployment-without-status"].what
    assert "Of GitHub's Deployments: every deployment has a status." == fine


def test_signals_that_sources_know() -> None:
    """F1, F2: statuses and rollbacks are named only where some source has them."""
    assert [
        "statuses, rollbacks, reverts, hotfixes, labels and failure tags",
        "reverts, hotfixes, labels and failure tags",
        (
            "statuses and rollbacks (not of merges and tags), reverts, hotfixes, labels and "
            "failure tags"
        ),
    ] == [
        signals_of(kinds)
        for kinds in (["deployments", "file"], ["merges"], ["workflow", "tags", "merges"])
    ]


def test_a_source_that_never_succeeds() -> None:
    """A workflow that only fails may be the wrong one: the advice is about [[sources]]."""
    part = deployment(1, "a", 12 * DAY, ("failure", 12 * DAY))
    (filed,) = findings(None, part).values()
    (taken,) = findings("workflow", part).values()
    assert ["repository-without-success"] * 2 == [filed.check, taken.check]
    assert "status success" in filed.mend
    assert "Check that [[sources]] names what deploys, and not what is run before it." == taken.mend
