"""Finds which attempt of which workflow run filed each deployment (D6)."""

import pandas as pd

from dora.analysis.outcomes import MINUTE, Outcomes, find_histories
from dora.config import Config
from dora.model.attempts import LONGEST_PAUSE, Part, find_attempts
from dora.model.columns import microseconds_of, texts_of
from dora.model.outcome_rules import run_of
from dora.model.tables import ENVIRONMENT, Tables

#: What identifies an attempt of a workflow run, which is one deployment where runs collapse (D6).
ATTEMPT = [*ENVIRONMENT, "run", "attempt"]


def find_runs(tables: Tables, shown: Outcomes, config: Config) -> pd.DataFrame:
    """The Actions run behind each deployment whose log addresses name one, and its attempt (D6).

    One row a deployment: `repository, environment_key, deployment, name, run, attempt`. What a run
    that was run again filed anew is of another attempt.
    """
    ids = [*zip(shown["repository"].tolist(), shown["deployment"].tolist(), strict=True)]
    histories = find_histories(ids, tables.statuses, config, with_logs=True)
    created = microseconds_of(shown["created_at"]).tolist()
    environments = zip(*(shown[name].tolist() for name in ENVIRONMENT), strict=True)
    runs: dict[tuple[str, str, str], list[Part[int]]] = {}
    columns = zip(environments, histories, created, shown["payload"].tolist(), strict=True)
    for row, (environment, history, at, payload) in enumerate(columns):
        run = run_of(history)
        if run is not None:
            text = payload if isinstance(payload, str) else None
            runs.setdefault((*environment, run), []).append(Part(row, at, history, text))
    found = [
        (part.deployment, run, number)
        for (*_, run), parts in runs.items()
        for number, own in enumerate(find_attempts(parts, LONGEST_PAUSE * MINUTE))
        for part in own
    ]
    rows = shown.iloc[[row for row, *_ in found]][[*ENVIRONMENT, "deployment", "name"]]
    return rows.assign(
        run=texts_of([run for _, run, _ in found]), attempt=[number for *_, number in found]
    )
