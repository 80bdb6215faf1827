"""Faults that hide what a token may not see, without an error that says so."""

import json
from dataclasses import replace

from dora.demo.github.messages import Response
from tests.support.github.faults import PartialError


class Hidden(PartialError):
    """What is at the path is null, and nothing is said of it."""

    def change(self, answer: Response) -> Response:
        """The answer with a hole."""
        body = json.loads(super().change(answer).body)
        del body["errors"]
        return replace(answer, body=json.dumps(body).encode())


class Unassociated(PartialError):
    """No commit shows its pull requests, and nothing is said of them."""

    def change(self, answer: Response) -> Response:
        """The answer with `null` for each list of them."""
        body = json.loads(answer.body)
        for node in body["data"]["repository"]["object"]["history"]["nodes"]:
            node["associatedPullRequests"] = None
        return replace(answer, body=json.dumps(body).encode())
