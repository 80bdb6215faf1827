"""The oracle on releases, tags and merges, and on which source is whose (D8), by hand."""

from dataclasses import replace

import pytest

from dora.demo.organization.model import Issue, Tag
from tests.oracle.made import natural
from tests.oracle.ordinary_life import (
    LINE,
    ask,
    commits,
    counted,
    deploy,
    hour,
    repository,
    row,
    sha,
    summary,
)
from tests.oracle.source_cases import TIERS, failed, release, rows, shipped, tags, told
from tests.oracle.source_settings import (
    DeploymentsEntry,
    Entry,
    FileEntry,
    MergesEntry,
    ReleasesEntry,
    TagsEntry,
)

# Releases --------------------------------------------------------------------------------------

RELEASED = repository(
    LINE,
    deploy(1, "c", 500),
    tags=tags(v1="a", v2="b", v3_rc1="c", v3="c", v4="c"),
    releases=(
        release(1, "v1", 200),
        release(2, "v2", 300),
        release(3, "v3.rc1", 310, is_prerelease=True),
        release(4, "v3", 400),
        release(5, "v4", 720),
        release(6, "v5", None, is_draft=True),
        release(7, "v6", 410, is_draft=True),
    ),
)


def test_releases() -> None:
    """D8, W2: a published release is a success then; drafts and what is later are none."""
    one = row(RELEASED, sources=[ReleasesEntry()])
    assert ("releases", (2, 0, 2, 0, None, 2)) == (one["source"], summary(one))
    assert {} == one["change_fail_rate"]["reasons"]
    assert {
        "releases:v2": ("success", 300, 300),
        "releases:v3": ("success", 400, 400),
    } == told(RELEASED, sources=[ReleasesEntry()])
    expected = {"b": ("releases:v2", 51), "c": ("releases:v3", 110)}
    assert expected == shipped(RELEASED, sources=[ReleasesEntry()])


def test_prereleases() -> None:
    """D8: pre-releases are left out, uncounted, until an environment is named for them."""
    assert {"api production": ("releases", 2)} == rows(RELEASED, sources=[ReleasesEntry()])
    assert {"api production": ("releases", 2), "api staging": ("releases", 1)} == rows(
        RELEASED, sources=[ReleasesEntry(prereleases="staging")]
    )
    same = [ReleasesEntry(environment="live", prereleases="Live")]
    assert {"api live": ("releases", 3)} == rows(RELEASED, sources=same)
    assert {"b": ("releases:v2", 51), "c": ("releases:v3.rc1", 20)} == shipped(
        RELEASED, sources=same
    )


def test_tags_of_releases() -> None:
    """D8: the glob is of the tag, case ignored; several entries may share the releases."""
    sources = [ReleasesEntry(tag="V2"), ReleasesEntry(tag="v3*", environment="staging")]
    assert {"api production": ("releases", 1), "api staging": ("releases", 1)} == rows(
        RELEASED, sources=sources
    )


def test_a_back_port_is_no_rollback() -> None:
    """D8, F2: an older commit released later is none, where the same by a file would be one."""
    api = repository(
        LINE,
        tags=tags(v1="a", v2="c", v1_1="b"),
        releases=(release(1, "v1", 200), release(2, "v2", 300), release(3, "v1.1", 350)),
    )
    assert {} == failed(api, sources=[ReleasesEntry()])
    assert (2, 0, 2, 0, None, 2) == summary(row(api, sources=[ReleasesEntry()]))
    written = FileEntry(
        tuple(
            {
                "repository": "api",
                "sha": sha(letter),
                "created_at": hour(at).isoformat(),
                "state": "success",
                "finished_at": hour(at).isoformat(),
            }
            for letter, at in (("a", 200), ("c", 300), ("b", 350))
        )
    )
    assert {"file:3": [("rollback", 300, 350, "file:4")]} == failed(api, sources=[written])


def test_releases_of_one_instant_come_in_the_order_of_their_ids() -> None:
    """D8, D7: runs of digits compare as numbers: 1.9 comes before 1.10."""
    api = repository(
        LINE,
        tags=tags(v1="a", v1_10="c", v1_9="b"),
        releases=(release(1, "v1", 200), release(2, "v1.10", 300), release(3, "v1.9", 300)),
    )
    expected = {"b": ("releases:v1.9", 51), "c": ("releases:v1.10", 10)}
    assert expected == shipped(api, sources=[ReleasesEntry()])
    names = ["v2", "v10", "v10-rc", "v10-rc2", "v10-rc10", "va"]
    assert names == sorted({*names}, key=natural)


def test_a_release_whose_tag_is_gone() -> None:
    """D8, LT10: its commit is not known; it counts, and ships nothing."""
    api = replace(RELEASED, tags=tags(v1="a", v3="c"))
    report, evidence = ask(api, sources=[ReleasesEntry()])
    assert (1,) == counted(report, "unknown_commit")
    assert {"b", "c"} == {one["sha"][0] for one in evidence["changes"]}
    assert {"releases:v3"} == {one["deployment"] for one in evidence["changes"]}


def test_the_last_release_before_the_look_back() -> None:
    """W3 (b): the most recently published one before is read where none is in the look-back."""
    api = repository(
        LINE,
        tags=tags(v0="a", v1="a", v2="b"),
        releases=(release(1, "v0", -600), release(2, "v1", -500), release(3, "v2", 300)),
    )
    report, evidence = ask(api, sources=[ReleasesEntry()])
    assert (0,) == counted(report, "baseline")
    assert ["releases:v2"] == [one["deployment"] for one in evidence["changes"]]
    alone = replace(api, releases=api.releases[2:])
    assert (1,) == counted(ask(alone, sources=[ReleasesEntry()])[0], "baseline")


# Tags ------------------------------------------------------------------------------------------


def test_tags() -> None:
    """D8: at the tagger's date, a lightweight one at its commit's; by default `v*`."""
    api = repository(
        LINE,
        tags=(
            *tags(v1="a", w2="b", V2="b"),
            Tag("v3", sha("c"), hour(400)),
            Tag("v4", sha("c"), hour(720)),
        ),
    )
    assert {"tags:V2": ("success", 249, 249), "tags:v3": ("success", 400, 400)} == told(
        api, sources=[TagsEntry()]
    )
    assert {"b": ("tags:V2", 0), "c": ("tags:v3", 110)} == shipped(api, sources=[TagsEntry()])
    only = [TagsEntry(tag="w*", environment="Staging")]
    assert {"api Staging": ("tags", 1)} == rows(api, sources=only)


# Merges ----------------------------------------------------------------------------------------


def test_merges() -> None:
    """D8: the commits of the first-parent line; what came by a branch ships with its merge."""
    line = commits(("a", "", 0), ("b", "a", 250), ("c", "a", 260), ("d", "bc", 300))
    api = repository(line, branches={"next": sha("c")})
    assert {f"merges:{sha('b')}": ("success", 250, 250), f"merges:{sha('d')}": (
        "success", 300, 300
    )} == told(api, sources=[MergesEntry()])  # fmt: skip
    expected = {"b": (f"merges:{sha('b')}", 0), "c": (f"merges:{sha('d')}", 40)}
    assert expected == shipped(api, sources=[MergesEntry()])
    assert ("merges", (2, 0, 2, 0, None, 2)) == (
        row(api, sources=[MergesEntry()])["source"],
        summary(row(api, sources=[MergesEntry()])),
    )
    other = [MergesEntry(branch="next", environment="staging")]
    assert {f"merges:{sha('c')}": ("success", 260, 260)} == told(api, sources=other, tiers=TIERS)
    assert {} == told(api, sources=[MergesEntry(branch="Main")])


def test_merges_keep_the_order_of_the_line() -> None:
    """D8: a clock that went wrong moves a success after the one below it, not its creation."""
    line = commits(("a", "", 0), ("b", "a", 300), ("c", "b", 290), ("d", "c", 310))
    assert {
        f"merges:{sha('b')}": ("success", 300, 300),
        f"merges:{sha('c')}": ("success", 290, 300),
        f"merges:{sha('d')}": ("success", 310, 310),
    } == told(repository(line), sources=[MergesEntry()])
    assert {"b": 0, "c": 10, "d": 0} == {
        letter: hours for letter, (_, hours) in shipped(
            repository(line), sources=[MergesEntry()]
        ).items()
    }  # fmt: skip
    late = commits(("a", "", 0), ("b", "a", 800), ("c", "b", 700))
    assert {f"merges:{sha('c')}": ("success", 700, 700)} == told(
        repository(late), sources=[MergesEntry()]
    )


def test_how_far_back_a_line_is_read() -> None:
    """W3: to the first commit before the look-back, which is read where none else came before."""
    old = commits(("a", "", -600), ("b", "a", -500), ("c", "b", 300))
    report, evidence = ask(repository(old), sources=[MergesEntry()])
    assert (0, 0) == counted(report, "baseline", "lookback_limit")
    assert ["c"] == [one["sha"][0] for one in evidence["changes"]]
    skewed = commits(("a", "", 500), ("b", "a", -500), ("c", "b", 300))
    assert {"c": (f"merges:{sha('c')}", 0)} == shipped(repository(skewed), sources=[MergesEntry()])
    assert [f"merges:{sha('c')}"] == [*told(repository(skewed), sources=[MergesEntry()])]


# Other signals ---------------------------------------------------------------------------------


def test_other_signals_mark_releases() -> None:
    """F3, F6, F7: reverts, tags and incidents mark them; an id or a page names one."""
    line = commits(
        ("a", "", 0), ("b", "a", 249), ("c", "b", 290), c=f"This reverts commit {sha('b')}."
    )
    site = "https://github.com/acme/api/releases/tag"
    api = repository(
        line,
        tags=(*tags(v1="a", v2="b", v3="c"), Tag("failed/3", sha("c"))),
        releases=(release(1, "v1", 200), release(2, "v2", 300), release(3, "v3", 400)),
        issues=(
            Issue(1, "", hour(410), hour(420), "Deployment: releases:v2", ("incident",)),
            Issue(2, "", hour(430), None, f"Deployment: {site}/v2", ("incident",)),
            Issue(3, "", hour(440), hour(441), "Deployment: releases:v9", ("incident",)),
            Issue(4, "", hour(450), hour(451), "", ("incident",)),
        ),
    )
    assert {
        "releases:v2": [
            ("incident", 410, 420, "api#1"),
            ("incident", 430, None, "api#2"),
            ("revert", 300, 400, sha("c")),
        ],
        "releases:v3": [("incident", 450, 451, "api#4"), ("tag", 400, None, "failed/3")],
    } == failed(api, sources=[ReleasesEntry()])
    report, _ = ask(api, sources=[ReleasesEntry()])
    assert {"incident": 2, "revert": 1, "tag": 1} == report["rows"][0]["change_fail_rate"][
        "reasons"
    ]
    incidents = report["coverage"]["incidents"]
    assert (1, 1) == (incidents["unattributed"], incidents["not_understood"])


# Whose source is whose -------------------------------------------------------------------------

BOTH = repository(
    LINE,
    deploy(1, "a", 100),
    deploy(2, "b", 260),
    deploy(3, "b", 270, environment="staging"),
    tags=tags(v1="a", v3="c"),
    releases=(release(1, "v1", 200), release(2, "v3", 400)),
)


def test_an_entry_replaces_deployments() -> None:
    """D8: where it fits the repository; where none does it is GitHub's Deployments."""
    web = replace(BOTH, name="web")
    sources = [ReleasesEntry(repositories=("A*",))]
    assert {
        "api production": ("releases", 1),
        "web production": ("deployments", 1),
        "web staging": ("deployments", 1),
    } == rows(BOTH, web, sources=sources)
    assert {"1", "releases"} == {
        str(one).partition(":")[0] for one in ["1", *told(BOTH, sources=sources)]
    }
    empty = [TagsEntry(tag="nothing")]
    report, _ = ask(BOTH, sources=empty)
    assert (0, 1) == (
        report["coverage"]["repositories"]["read"],
        report["coverage"]["repositories"]["skipped"]["no deployments"],
    )


def test_deployments_beside_another_entry() -> None:
    """D8: named themselves they stay, for the environments that fit; ids are kept apart."""
    sources: list[Entry] = [ReleasesEntry(), DeploymentsEntry(environments=("STAG*",))]
    assert {"api production": ("releases", 1), "api staging": ("deployments", 1)} == rows(
        BOTH, sources=sources
    )
    assert {"releases:v3": ("success", 400, 400), 3: ("success", 270, 270)} == told(
        BOTH, sources=sources
    )
    pooled = {"by": "organization", "tiers": ("production", "staging")}
    assert {
        "acme production": ("releases", 1),
        "acme staging": ("deployments", 1),
    } == rows(BOTH, sources=sources, **pooled)
    web = repository(LINE, deploy(1, "a", 100), deploy(2, "b", 260), name="web")
    sources = [ReleasesEntry(repositories=("api",))]
    assert {"acme production": ("deployments+releases", 2)} == rows(
        BOTH, web, sources=sources, by="organization", tiers=("production",)
    )


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (
            [DeploymentsEntry(), ReleasesEntry()],
            ("production", "[[sources]] 1 (deployments)", "[[sources]] 2 (releases)"),
        ),
        (
            [
                MergesEntry(repositories=("web",)),
                TagsEntry(),
                ReleasesEntry(environment="Production"),
            ],
            ("Production", "[[sources]] 2 (tags)", "[[sources]] 3 (releases)"),
        ),
        (
            [ReleasesEntry(tag="v3"), ReleasesEntry(tag="v1")],
            ("production", "[[sources]] 1 (releases)", "[[sources]] 2 (releases)"),
        ),
    ],
    ids=["Deployments and releases", "tags and releases", "one kind twice"],
)
def test_two_sources_of_one_environment(sources: list[Entry], said: tuple[str, str, str]) -> None:
    """D8: the repository is unreadable; the reason names both entries."""
    report, evidence = ask(BOTH, replace(BOTH, name="web"), sources=sources)
    why = (
        "two sources give deployments of `{}`: {} and {}; "
        "remove the repository from one of them, or give one another environment"
    )
    unreadable = report["coverage"]["repositories"]["unreadable"]
    assert {"repository": "api", "reason": why.format(*said)} == unreadable[0]
    assert "api" not in {one["repository"] for one in evidence["deployments"]}


def test_entries_that_do_not_meet() -> None:
    """D8: what is left out, not chosen, or older than the look-back meets nothing."""
    old = replace(BOTH, deployments=(deploy(1, "a", -500), BOTH.deployments[2]))
    assert {"api production": ("releases", 1), "api staging": ("deployments", 1)} == rows(
        old, sources=[DeploymentsEntry(), ReleasesEntry()]
    )
    first = replace(old, releases=old.releases[1:])
    both: list[Entry] = [DeploymentsEntry(), ReleasesEntry()]
    report, evidence = ask(first, sources=both, environments=("production",))
    assert (1,) == counted(report, "baseline")  # what another source gave before is none of it
    assert [] == evidence["changes"]
    plans = (("creator", ("github-actions",)), ("environment", ("production",)))
    report, _ = ask(BOTH, sources=both, exclude=(plans,))
    assert ("releases", (1,)) == (report["rows"][0]["source"], counted(report, "left_out"))
    chosen = {"environments": ("staging",), "tiers": TIERS}
    assert {"api staging": ("deployments", 1)} == rows(BOTH, sources=both, **chosen)


def test_mapped_environments_meet() -> None:
    """D1, D8: environments are the same by their canonical names."""
    sources: list[Entry] = [ReleasesEntry(environment="store"), TagsEntry(environment="Shop")]
    mapped = (("store", "production"), ("shop", "Production"))
    assert {"api store": ("releases", 1), "api Shop": ("tags", 1)} == rows(BOTH, sources=sources)
    assert {} == rows(BOTH, sources=sources, mapped=mapped)
    left_out = (("store", "production"), ("shop", False))
    report, _ = ask(BOTH, sources=sources, mapped=left_out)
    assert {"api production": ("releases", 1)} == rows(BOTH, sources=sources, mapped=left_out)
    assert (1,) == counted(report, "left_out")
