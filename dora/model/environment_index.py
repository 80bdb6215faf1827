"""Rows found by their environment."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dora.model.columns import NOTHING, positions_in
from dora.model.tables import ENVIRONMENT


@dataclass(frozen=True)
class EnvironmentIndex:
    """The environments of a frame, each once, to find those of other frames by."""

    repositories: pd.Index
    environments: pd.Index
    keys: NDArray[np.int64]  #: sorted

    def positions_of(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """The position among `keys` of each row's environment; NOTHING for an unknown one."""
        repository, environment = ENVIRONMENT
        if frame.empty:
            return np.array([], dtype="int64")
        places = self.repositories.get_indexer(pd.Index(frame[repository]))
        keys = places * len(self.environments)
        own = self.environments.get_indexer(pd.Index(frame[environment]))
        return positions_in(self.keys, np.where((places < 0) | (own < 0), NOTHING, keys + own))


def index_environments(frame: pd.DataFrame) -> EnvironmentIndex:
    """An index of the environments that *frame* has rows of."""
    repository, environment = ENVIRONMENT
    places, repositories = pd.factorize(frame[repository])
    own, environments = pd.factorize(frame[environment])
    keys = np.unique(places.astype("int64") * len(environments) + own)
    return EnvironmentIndex(repositories, environments, keys)
