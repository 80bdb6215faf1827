"""What deployments are called, and where their pages are (D8)."""

import pandas as pd

from dora.model.columns import plain_rows
from dora.model.tables import DEPLOYMENT
from dora.report.deployment_ids import DeploymentId


class DeploymentNames:
    """The id and the page of every deployment, found by its repository and its number."""

    def __init__(self, deployments: pd.DataFrame, repositories: pd.DataFrame) -> None:
        self._homes = dict(plain_rows(repositories, "repository", "url"))
        named = deployments[deployments["id"].notna()]
        self._named = {
            (repository, number): (name, url, sha)
            for repository, number, name, url, sha in plain_rows(
                named, *DEPLOYMENT, "id", "url", "sha"
            )
        }

    def id_of(self, repository: str, number: int) -> DeploymentId:
        """What a deployment is called: its text, or else its number."""
        named = self._named.get((repository, number))
        return number if named is None else named[0]

    def text_of(self, repository: str, number: int) -> str:
        """The id of a deployment where it is a text, else ""."""
        name = self.id_of(repository, number)
        return name if isinstance(name, str) else ""

    def url_of(self, repository: str, number: int) -> str:
        """The page of a deployment; its commit's where its source names none."""
        home, named = self._homes[repository], self._named.get((repository, number))
        if named is None:
            return f"{home}/deployments/{number}"
        _, url, sha = named
        return url if _is_web_address(url) else f"{home}/commit/{sha}"


def _is_web_address(url: str | None) -> bool:
    """Whether a link may lead there: a file's addresses are written by anyone."""
    return url is not None and url.casefold().startswith(("https://", "http://"))
