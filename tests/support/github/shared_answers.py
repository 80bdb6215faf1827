"""Responses to queries that are computed once for all tests that serve the same organization."""

import hashlib
import json
import pickle
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import ClassVar

from dora.demo.github.messages import Request, Response
from dora.demo.github.visibility import VisibleOrganization
from tests.support.github.remembered_answers import RememberedAnswers

#: Organizations of which responses are kept, the latest ones.
MOST = 64

Answers = dict[Hashable, Response]


class SharedAnswers(RememberedAnswers):
    """Middleware that computes the response to a query once for this process and organization.

    Executing a query takes the stand-in longer than everything else it does.
    """

    _of_organizations: ClassVar[OrderedDict[bytes, Answers]] = OrderedDict()
    _guard: ClassVar[threading.Lock] = threading.Lock()

    def answers_of(self, visible: VisibleOrganization) -> Answers:
        """The responses for an equal organization, whichever server gave them."""
        with self._guard:
            if self._visible is not visible:
                pickled = pickle.dumps((visible.organization, visible.denied))
                kept = self._of_organizations
                digest = hashlib.sha256(pickled).digest()
                self._visible, self.answers = visible, kept.setdefault(digest, {})
                kept.move_to_end(digest)
                if len(kept) > MOST:
                    kept.popitem(last=False)
            return self.answers

    def key_of(self, request: Request) -> Hashable | None:
        """What equal queries have in common; None for the REST API, whose addresses differ."""
        return json.dumps(request.body, sort_keys=True) if request.is_graphql else None
