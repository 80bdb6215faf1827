"""Releases, the heads of branches and the dates of tags, as GitHub's GraphQL API gives them."""

from typing import Any

from dora.demo.github.server import Rights, Server, serve
from dora.demo.organization.model import Release, Tag
from tests.support.small_organizations import after, ask, ids, organization, repository, sha

API = 'repository(owner: "acme", name: "api")'

#: published at once from commit 1, long after it; a draft that waited; one on a maintenance line
LATE = Release(11, "v1.0", after(500), after(500), "Old, published late")
WAITED = Release(12, "v2.0", after(50), after(60), is_prerelease=True)
AT_ONCE = Release(13, "api/v3+1", after(70), after(70), "Aardvark", updated_at=after(90))
LOST = Release(14, "v0", after(20), after(20))
DRAFT = Release(15, "v4.0", after(80), None, "Zebra", is_draft=True)
WORLD = organization(
    repository(
        commits=5,
        releases=(LATE, WAITED, AT_ONCE, LOST, DRAFT),
        tags=(
            Tag("v1.0", sha(1), after(499)),
            Tag("v2.0", sha(2)),
            Tag("api/v3+1", sha(3)),
            Tag("v0", sha(99)),
            Tag("nightly", sha(5)),
        ),
        branches={"release/1": sha(4), "gone": sha(98)},
    ),
    repository("vault", forbidden=True, releases=(LATE,)),
)

RELEASES = (
    "query R($o: ReleaseOrder, $a: String, $n: Int = 10) { rateLimit { cost } "
    + API
    + " { releases(first: $n, after: $a, orderBy: $o) { totalCount pageInfo { endCursor }"
    " nodes { databaseId tagName tagCommit { oid committedDate } tag { name } createdAt"
    " publishedAt updatedAt isDraft isPrerelease url name } } } }"
)


def order(field: str, direction: str) -> dict[str, str]:
    """A value of `orderBy`."""
    return {"field": field, "direction": direction}


def test_releases_are_shown_as_github_shows_them() -> None:
    """`createdAt` is the commit's date of one made at once, the draft's of one that was a draft."""
    with serve(WORLD) as server:
        data = ask(server, RELEASES, o=order("CREATED_AT", "DESC"))["data"]
    found = data["repository"]["releases"]
    assert (1, 4, [12, 14, 13, 11]) == (
        data["rateLimit"]["cost"],
        found["totalCount"],
        ids(found["nodes"]),
    )
    waited, lost, at_once, late = found["nodes"]
    assert {
        "databaseId": 12,
        "tagName": "v2.0",
        "tagCommit": {"oid": sha(2), "committedDate": "2026-03-02T11:00:00Z"},
        "tag": {"name": "v2.0"},
        "createdAt": "2026-03-04T11:00:00Z",
        "publishedAt": "2026-03-04T21:00:00Z",
        "updatedAt": "2026-03-04T21:00:00Z",
        "isDraft": False,
        "isPrerelease": True,
        "url": "https://github.com/acme/api/releases/tag/v2.0",
        "name": None,
    } == waited
    assert ("2026-03-02T10:00:00Z", "2026-03-23T05:00:00Z", sha(1)) == (
        late["createdAt"],
        late["publishedAt"],
        late["tagCommit"]["oid"],
    )
    assert (None, {"name": "v0"}, "2026-03-03T05:00:00Z") == (
        lost["tagCommit"],
        lost["tag"],
        lost["createdAt"],
    )
    assert ("https://github.com/acme/api/releases/tag/api%2Fv3%2B1", "2026-03-06T03:00:00Z") == (
        at_once["url"],
        at_once["updatedAt"],
    )


def test_releases_come_in_either_order_and_in_pages() -> None:
    """By creation or by name, oldest first by default; cursors hold values."""
    with serve(WORLD) as server:

        def asked(**more: Any) -> dict[str, Any]:
            found: dict[str, Any] = ask(server, RELEASES, **more)["data"]["repository"]["releases"]
            return found

        assert [11, 13, 14, 12] == ids(asked()["nodes"])
        assert [12, 14, 13, 11] == ids(asked(o=order("NAME", "ASC"))["nodes"])
        first = asked(n=3)
        assert [11, 13, 14] == ids(first["nodes"])
        assert [12] == ids(asked(a=first["pageInfo"]["endCursor"])["nodes"])


def test_drafts_are_seen_by_those_who_push() -> None:
    """With an address of their own, neither tag nor commit nor publication."""
    one = API.join(("query Q { ", ' { release(tagName: "v4.0") { id databaseId } } }'))
    with serve(WORLD, rights=Rights(pushes=True)) as server:
        found = ask(server, RELEASES, o=order("CREATED_AT", "DESC"))["data"]["repository"]
        draft = found["releases"]["nodes"][0]
        shown = ask(server, one)["data"]["repository"]["release"]
    assert (5, 15, True, None, None, None) == (
        found["releases"]["totalCount"],
        *(draft[name] for name in ("databaseId", "isDraft", "publishedAt", "tag", "tagCommit")),
    )
    assert draft["url"].startswith("https://github.com/acme/api/releases/tag/untagged-")
    assert 15 == shown["databaseId"]
    with serve(WORLD) as server:
        assert ask(server, one) == {"data": {"repository": {"release": None}}}
        by_id = f'query Q {{ node(id: "{shown["id"]}") {{ id }} }}'
        assert "NOT_FOUND" == ask(server, by_id)["errors"][0]["type"]


def test_a_release_is_a_node() -> None:
    """It is found by its tag and by its id."""
    with serve(WORLD) as server:
        tagged = API.join(("query Q { ", ' { release(tagName: "v1.0") { id } } }'))
        identity = ask(server, tagged)["data"]["repository"]["release"]["id"]
        query = f'query Q {{ node(id: "{identity}") {{ ... on Release {{ tagName }} }} }}'
        assert {"node": {"tagName": "v1.0"}} == ask(server, query)["data"]


def test_releases_of_a_repository_that_is_only_listed_are_refused() -> None:
    """FORBIDDEN, as all else in it."""
    query = "query Q { " + API.replace("api", "vault") + " { releases(first: 1) { totalCount } } }"
    with serve(WORLD) as server:
        assert "FORBIDDEN" == ask(server, query)["errors"][0]["type"]


def test_a_branch_is_found_by_its_name_with_its_head() -> None:
    """Full or short; a head that is no commit any more has no target."""

    def head(server: Server, name: str) -> Any:
        query = f'{{ ref(qualifiedName: "{name}") {{ name target {{ oid }} }} }}'
        return ask(server, "query Q { " + API + query + " }")["data"]["repository"]["ref"]

    with serve(WORLD) as server:
        for name in ("refs/heads/release/1", "release/1"):
            assert {"name": "release/1", "target": {"oid": sha(4)}} == head(server, name)
        assert {"name": "gone", "target": None} == head(server, "refs/heads/gone")
        assert head(server, "refs/heads/none") is None


def test_tags_are_ordered_by_the_taggers_date_or_the_commits() -> None:
    """`TAG_COMMIT_DATE`: an annotated tag's own date, a lightweight one's commit's."""
    query = (
        "query Q { " + API + ' { refs(refPrefix: "refs/tags/", first: 9,'
        " orderBy: {field: TAG_COMMIT_DATE, direction: DESC}) { nodes { name target {"
        " ... on Commit { committedDate } ... on Tag { tagger { date } } } } } } }"
    )
    with serve(WORLD) as server:
        nodes = ask(server, query)["data"]["repository"]["refs"]["nodes"]
    assert [
        ("v1.0", {"tagger": {"date": "2026-03-23T04:00:00Z"}}),
        ("nightly", {"committedDate": "2026-03-02T14:00:00Z"}),
        ("api/v3+1", {"committedDate": "2026-03-02T12:00:00Z"}),
        ("v2.0", {"committedDate": "2026-03-02T11:00:00Z"}),
        ("v0", None),
    ] == [(one["name"], one["target"]) for one in nodes]
