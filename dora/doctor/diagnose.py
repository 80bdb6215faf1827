"""Puts the findings of all checks together into one diagnosis."""

from datetime import timedelta

from dora.analysis.analysis import Analysis
from dora.config import Config
from dora.doctor.access import find_access
from dora.doctor.deployments import find_deployments
from dora.doctor.incidents import find_incidents
from dora.doctor.model import Diagnosis
from dora.doctor.names import find_names
from dora.doctor.proposals import find_proposals
from dora.doctor.repositories import find_repositories
from dora.doctor.sources import find_sources
from dora.model.first_look import FirstLook
from dora.model.tables import Tables
from dora.model.token_rights import Checkup


def diagnose(
    checkup: Checkup,
    tables: Tables,
    analysis: Analysis,
    config: Config,
    look: FirstLook | None = None,
) -> Diagnosis:
    """Everything that bears on a report of the window: pure, and the same each time.

    *look* is at the repositories that no row tells of.
    """
    access = [*find_access(checkup, tables, config)]
    sources = [*find_sources(tables, analysis, look, config)]
    told = {name for one in sources for name in one.subjects}
    others = (
        *find_repositories(checkup, tables, analysis, config, told),
        *sources,
        *find_deployments(tables, analysis, config),
        *find_proposals(analysis, config),
        *find_incidents(tables, analysis, config),
        *find_names(tables, analysis, config),
    )
    if tables.repositories.empty:  # all else follows from that
        others = tuple(one for one in others if one.severity == "problem")
    findings = (*access, *others)
    window = config.window
    days = config.lookback / timedelta(days=1)
    return Diagnosis(
        config.organization, window.since, window.until, window.timezone, days, findings
    )
