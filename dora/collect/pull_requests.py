"""Pull requests as GitHub tells of them in, rows of their tables out: merged ones alone."""

from dataclasses import dataclass, field
from typing import Any

from dora.collect.client import Client, pages
from dora.collect.deployments import find, parse_instant

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass
class PullRequests:
    """The merged pull requests of one repository, each kept once."""

    client: Client
    owner: str
    repository: str
    with_labels: bool
    rows: Rows = field(
        default_factory=lambda: {
            name: [] for name in ("pull_requests", "associations", "branch_commits", "labels")
        }
    )
    merges: dict[int, str | None] = field(default_factory=dict)  #: number → merge commit
    branches: dict[str, str] = field(default_factory=dict)  #: commit → a request's head branch

    def add(self, sha: str, request: dict[str, Any]) -> bool:
        """Keep a request that GitHub associates with a commit; whether that is its merge commit."""
        if request["mergedAt"] is None:
            return False
        self.rows["associations"].append((self.repository, sha, request["number"]))
        self.branches.setdefault(sha, request["headRefName"])
        self._keep(request)
        return self.merges[request["number"]] == sha

    def find_merge(self, number: int) -> tuple[str, str] | None:
        """Sha and committer's date of a request's merge commit; None if it was not merged."""
        answer = self.client.ask(
            "request", owner=self.owner, name=self.repository, number=number, after=None
        )
        request = (answer.data.get("repository") or {}).get("pullRequest")
        if request is None or request["mergedAt"] is None or request["mergeCommit"] is None:
            return None
        self._keep(request)
        merge = request["mergeCommit"]
        return merge["oid"], merge["committedDate"]

    def _keep(self, request: dict[str, Any]) -> None:
        number, merge = request["number"], (request["mergeCommit"] or {}).get("oid")
        if number in self.merges:
            return
        self.merges[number] = merge
        opening, closing = (
            [one["commit"] for one in request[name]["nodes"] if one]
            for name in ("opening", "closing")
        )
        first_at = parse_instant(opening[0]["authoredDate"]) if opening else None
        self.rows["pull_requests"].append(
            (
                self.repository,
                number,
                parse_instant(request["createdAt"]),
                parse_instant(request["mergedAt"]),
                merge,
                request["headRefName"],
                first_at,
            )
        )
        shas = dict.fromkeys(one["oid"] for one in [*opening, *closing])
        self.rows["branch_commits"] += [(self.repository, number, sha) for sha in shas]
        self.rows["labels"] += [(self.repository, number, label) for label in self._labels(request)]

    def _labels(self, request: dict[str, Any]) -> list[str]:
        """All labels of a request, those that did not fit on its commit's page too."""
        if not self.with_labels or not request.get("labels"):
            return []
        page = request["labels"]
        nodes = list(page["nodes"])
        if page["pageInfo"]["hasNextPage"]:
            first = page["pageInfo"]["endCursor"]

            def ask(cursor: str | None) -> dict[str, Any]:
                answer = self.client.ask(
                    "request",
                    owner=self.owner,
                    name=self.repository,
                    number=request["number"],
                    after=cursor or first,
                )
                return find(answer, "repository", "pullRequest", "labels")

            nodes += pages(ask)
        return [one["name"] for one in nodes if one]
