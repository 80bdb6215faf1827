"""Deployments of every source by hand, as the tables give them: D8, F1, F2, F7, RW1."""

from typing import Any

from dora.analysis.analysis import analyse
from dora.report.build_evidence import build_evidence
from dora.report.evidence import DeploymentEvidence, Evidence
from tests.support.tables import (
    DAY,
    Rows,
    ago,
    config,
    deployment,
    join,
    line,
    repository,
    request,
    status,
    tables,
)

#: From a to b to c, and then b again, a back-port that came after c.
COMMITS: dict[str, Any] = {"a": 50.0 * DAY, "b": 20.0 * DAY, "c": 15.0 * DAY}
BACK = [("a", 40 * DAY), ("b", 10 * DAY), ("c", 9 * DAY), ("b", 8 * DAY)]
TAGS = ("v1.0", "v1.9", "v1.10", "v1.9.1")


def source_of(name: str, source: str, ids: list[str], shas: Any = BACK, **more: Any) -> Rows:
    """A repository whose deployments are of *source*, with these *ids*."""
    return join(
        [
            repository(name, head="c"),
            line(name, **COMMITS),
            *(
                deployment(
                    number, sha, at, repository=name, task="", payload="", source=source,
                    name=f"{source}:{one}", url=f"https://github.com/acme/{name}/{source}/{one}",
                    **more,
                )
                for number, (one, (sha, at)) in enumerate(zip(ids, shas, strict=True), -len(ids))
            ),
        ]
    )  # fmt: skip


def evidence_of(*parts: Rows, **options: Any) -> Evidence:
    """The evidence of tables."""
    read, settings = tables(*parts), config(**options)
    return build_evidence(analyse(read, settings), read, settings)


def failed_of(found: Evidence) -> dict[tuple[str, object], list[tuple[str, str]]]:
    """Of each failed deployment the signals and what says so."""
    return {
        (one.repository, one.id): [(why.signal, why.by) for why in one.reasons]
        for one in found.deployments
        if one.reasons
    }


def rework_of(found: Evidence) -> list[tuple[str, object]]:
    """The deployments that are rework."""
    return [(one.repository, one.id) for one in found.deployments if one.rework]


def one_of(found: Evidence, name: object) -> DeploymentEvidence:
    """The deployment of an id."""
    (one,) = [it for it in found.deployments if it.id == name]
    return one


def test_an_older_commit_that_comes_later() -> None:
    """F2, RW1, D8: a back-port by release or tag and a merge are no rollback; a run of a workflow,
    a line of a file and a Deployment of the same commits are."""
    runs = ["1/1", "2/1", "10/1", "11/1"]
    found = evidence_of(
        source_of("a-releases", "releases", [*TAGS]),
        source_of("b-tags", "tags", [*TAGS]),
        source_of("c-merges", "merges", ["a", "b", "c", "d"]),
        source_of("d-runs", "workflow", runs),
        source_of("e-file", "file", ["1", "2", "3", "=cmd|' /C calc'!A0"]),
        repository("f-hub", head="c"),
        line("f-hub", **COMMITS),
        *(
            deployment(number, sha, at, repository="f-hub")
            for number, (sha, at) in enumerate(BACK, 1)
        ),
    )
    assert failed_of(found) == {
        ("d-runs", "workflow:10/1"): [("rollback", "workflow:11/1")],
        ("e-file", "file:3"): [("rollback", "file:=cmd|' /C calc'!A0")],
        ("f-hub", 3): [("rollback", "4")],
    }
    assert rework_of(found) == [
        ("d-runs", "workflow:11/1"),
        ("e-file", "file:=cmd|' /C calc'!A0"),
        ("f-hub", 4),
    ]
    shipped = {(one.repository, one.sha, one.deployment) for one in found.changes}
    assert {it for it in shipped if it[0] == "a-releases"} == {
        ("a-releases", "b", "releases:v1.9"),
        ("a-releases", "c", "releases:v1.10"),
    }


def test_ids_pages_and_sources() -> None:
    """D8: each deployment has the id, page and source that its source gives; a page that is no web
    address, or missing, is that of the commit."""
    script = deployment(-2, "b", 10 * DAY, source="file", name="file:2", url="javascript:x",
                        repository="site")  # fmt: skip
    none = deployment(-1, "c", 9 * DAY, source="file", name="file:3", repository="site")
    hub = (
        deployment(7, "a", 40 * DAY, repository="site"),
        deployment(8, "c", DAY, repository="site"),
    )
    found = evidence_of(
        source_of("api", "releases", [*TAGS]), repository("site"), script, none, *hub
    )
    assert [(one.id, one.source, one.url, one.home) for one in found.deployments] == [
        *(
            (f"releases:{tag}", "releases", f"https://github.com/acme/api/releases/{tag}",
             "https://github.com/acme/api")
            for tag in TAGS[1:]
        ),
        *(
            (f"file:{line}", "file", f"https://github.com/acme/site/commit/{sha}",
             "https://github.com/acme/site")
            for line, sha in ((2, "b"), (3, "c"))
        ),
        (8, "deployments", "https://github.com/acme/site/deployments/8",
         "https://github.com/acme/site"),
    ]  # fmt: skip


def test_at_one_instant_the_greater_id_is_live() -> None:
    """D7, D8: v1.9 and v1.10 of one instant: v1.10 comes later, whichever row is read first."""
    shas = [("a", 40 * DAY), ("b", 10 * DAY), ("c", 10 * DAY)]
    ids = ["v1.8", "v1.9", "v1.10"]
    parts = source_of("api", "tags", ids, shas)
    turned = {name: [*reversed(rows)] for name, rows in parts.items()}
    for one in (parts, turned):
        shipped = [(it.sha, it.deployment) for it in evidence_of(one).changes]
        assert shipped == [("b", "tags:v1.9"), ("c", "tags:v1.10")]


def test_failures_of_a_workflow_and_a_file() -> None:
    """F1, R2, D8: attempts that failed are one episode until the success; what ended without a word
    is abandoned and in no count."""
    runs: list[tuple[Any, ...]] = [("a", 40 * DAY, ("success", 40 * DAY)),
            ("b", 10 * DAY, ("failure", 10 * DAY - 1)),
            ("b", 10 * DAY - 2, ("failure", 10 * DAY - 3)),
            ("b", 10 * DAY - 4, ("in_progress", 10 * DAY - 4), ("inactive", 10 * DAY - 5)),
            ("b", 10 * DAY - 6, ("success", 10 * DAY - 7))]  # fmt: skip
    parts = [
        deployment(number, sha, at, *statuses, source="workflow", name=f"workflow:9/{number + 6}",
                   url=f"https://github.com/acme/api/actions/runs/9/attempts/{number + 6}")
        for number, (sha, at, *statuses) in enumerate(runs, -5)
    ]  # fmt: skip
    found = evidence_of(repository(head="b"), line(a=50 * DAY, b=20 * DAY), *parts)
    assert [(one.id, one.outcome) for one in found.deployments] == [
        ("workflow:9/2", "failure"),
        ("workflow:9/3", "failure"),
        ("workflow:9/4", "abandoned"),
        ("workflow:9/5", "success"),
    ]
    assert [it.deployments for it in found.episodes] == [("workflow:9/2", "workflow:9/3")]
    assert failed_of(found) == {
        ("api", "workflow:9/2"): [("status", "failure")],
        ("api", "workflow:9/3"): [("status", "failure")],
    }


def incident(number: int, named: str, about: str = "api", at: float = 5 * DAY) -> Rows:
    """An incident that names a deployment."""
    row = (about, number, f"{about}#{number}", None, at, named)
    return incidents_of(row)


def incidents_of(*rows: tuple[Any, ...]) -> Rows:
    """Rows of incidents: repository, number, name, owner, hours ago, the word that names."""
    return {
        "incidents": [
            (
                where,
                number,
                by,
                owner,
                ago(at),
                ago(at - 1),
                named,
                f"https://h/{number}",
                None,
                None,
                None,
            )
            for where, number, by, owner, at, named in rows
        ]
    }


PAGE = "https://github.com/acme/api/releases"


def test_named_by_incidents() -> None:
    """F7: a text id counts as it is written; a page whatever the case of host, owner and name; a
    link by its address if that is a deployment's, else by its text; else it is not understood."""
    words = {
        1: "releases:v1.9",
        2: "releases:V1.9",
        3: f"{PAGE}/v1.9".replace("github.com/acme/api", "GitHub.com/ACME/Api") + "/?a=b#c",
        4: f"{PAGE}/V1.9",
        5: f"{PAGE}/v1.9 of",
        6: f"{PAGE}/no releases:v1.10",
        7: f"{PAGE}/no noon",
        8: "-3",
        9: f"{PAGE}/v1.9 releases:v1.10",
    }
    found = evidence_of(
        source_of("api", "releases", [*TAGS]), *(incident(*one) for one in words.items())
    )
    assert failed_of(found) == {
        ("api", "releases:v1.9"): [("incident", f"api#{number}") for number in (1, 3, 5, 9)],
        ("api", "releases:v1.10"): [("incident", "api#6")],
    }
    assert [(one.by, one.named) for one in found.unattributed] == [
        ("api#2", "releases:V1.9"),
        ("api#4", f"{PAGE}/V1.9"),
        ("api#7", "noon"),
        ("api#8", "-3"),
    ]
    assert one_of(found, "releases:v1.9").rework is False


def test_a_page_that_several_share() -> None:
    """F7, D8: of a file's deployments with one page it is the last by then in each environment; in
    a central repository the page says whose."""
    ci = "https://ci.example.org/job/deploy"
    parts = [
        deployment(number, sha, at, source="file", name=f"file:{number}", url=ci,
                   environment=environment)
        for number, sha, at, environment in (
            (-4, "a", 10 * DAY, "production"), (-3, "b", 6 * DAY, "production"),
            (-2, "c", DAY, "production"), (-1, "a", 3 * DAY, "staging"),
        )
    ]  # fmt: skip
    of_ops = incidents_of(("ops", 1, "ops#1", None, 5 * DAY, ci))
    found = evidence_of(
        repository("api", head="c"), repository("ops"), line(**COMMITS), *parts, of_ops,
        incidents={"repositories": ["ops"]},
    )  # fmt: skip
    assert failed_of(found) == {
        ("api", "file:-3"): [("incident", "ops#1")],
        ("api", "file:-1"): [("incident", "ops#1")],
    }


def test_two_statuses_of_one_id() -> None:
    """D2, F1, D8: what failed and then succeeded under one id is one deployment, failed."""
    parts = [
        deployment(-2, "a", 40 * DAY, source="file", name="file:1"),
        deployment(-1, "b", 10 * DAY, ("failure", 10 * DAY - 1), source="file", name="file:2"),
        status(-1, "success", 10 * DAY - 3),
    ]
    found = evidence_of(repository(head="b"), line(a=50 * DAY, b=20 * DAY), *parts)
    (one,) = found.deployments
    assert (one.id, one.outcome, one.never_live) == ("file:2", "failure", False)
    assert [(it.deployment, it.lead_time) for it in found.changes] == [
        ("file:2", (10 * DAY + 3) * 3600.0)
    ]


def test_one_id_in_two_environments() -> None:
    """D8, F4, F7: two entries may take one release to two environments: each is its own deployment.

    What a hotfix mends is found whatever its number is.
    """
    ids, shas = [*TAGS[:3]], BACK[:3]
    parts = [
        deployment(number, sha, at, source="releases", name=f"releases:{tag}", task="",
                   environment=environment)
        for environment, first in (("production", -6), ("staging", -3))
        for number, (tag, (sha, at)) in enumerate(zip(ids, shas, strict=True), first)
    ]  # fmt: skip
    hotfix = request(5, "c", opened=16 * DAY, merged=15 * DAY)
    labels: Rows = {"labels": [("api", 5, "hotfix")]}
    narrowed: Rows = {"labels": [("api", 1, "environment:staging")]}
    found = evidence_of(
        repository(head="c"), line(**COMMITS), *parts, hotfix, labels, narrowed,
        incident(1, "releases:v1.10"),
    )  # fmt: skip
    reasons = {
        (one.environment, one.id): [(why.signal, why.by) for why in one.reasons]
        for one in found.deployments
    }
    assert reasons == {
        ("production", "releases:v1.9"): [("hotfix", "api#5")],
        ("production", "releases:v1.10"): [],
        ("staging", "releases:v1.9"): [("hotfix", "api#5")],
        ("staging", "releases:v1.10"): [("incident", "api#1")],
    }
    failed = {(one.environment, one.deployments) for one in found.episodes}
    assert failed == {
        ("production", ("releases:v1.9",)),
        ("staging", ("releases:v1.9",)),
        ("staging", ("releases:v1.10",)),
    }
    only = evidence_of(
        repository(head="c"), line(**COMMITS), *parts, incident(1, "releases:v1.8", at=9.5 * DAY),
        since="9d",
    )  # fmt: skip
    assert {("production", "releases:v1.10"), ("staging", "releases:v1.10")} == {
        (one.environment, one.id) for one in only.deployments
    }
