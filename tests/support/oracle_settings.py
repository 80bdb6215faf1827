"""Puts a question in the oracle's words to `dora`."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd

from dora.config import Config
from dora.demo.organization.model import Organization, Repository
from dora.model.columns import plain_rows
from dora.model.tables import REPOSITORIES, Repositories, Tables, frame
from dora.report.build import build_report
from dora.report.report_json import as_document
from tests.oracle.naming import canonical, fits_any
from tests.oracle.outcomes import environment_of
from tests.oracle.settings import Settings
from tests.support.tables import configured
from tests.support.truth_tables import tables_of

#: Arguments of the oracle's that `dora` calls otherwise.
OPTIONS = {"tiers": "tier", "repositories": "repo", "environments": "environment"}

OTHER_SIGNALS = ("revert", "hotfix", "label", "tag", "incident")


def config_for(
    organization: Organization, asked: Mapping[str, Any], settings: Settings | None = None
) -> Config:
    """Configuration that asks what `expected_report(organization, **asked)` is asked.

    Without *settings* every signal is on, as it is unless turned off.
    """
    settings = settings or Settings(signals=frozenset({"status", "rollback", *OTHER_SIGNALS}))
    options = {OPTIONS.get(name, name): value for name, value in asked.items()}
    instants = {
        name: value.isoformat() for name, value in options.items() if isinstance(value, datetime)
    }
    given = {
        **options,
        **instants,
        "org": organization.login,
        "lookback": settings.lookback,
        "stale_after": settings.stale_after,
        "environments": dict(settings.environments),
        "ephemeral_environments": settings.ephemeral,
        "tiers": settings.tiers,
        "deployments": {
            "collapse": settings.collapse,
            "exclude": [dict(table) for table in settings.exclude],
        },
        "lead_time": {"start": settings.lead_time_start},
        "changes": {"exclude_authors": settings.exclude_authors},
        "failures": {
            "status": settings.failures_status if "status" in settings.signals else "off",
            "rollback": settings.rollback and "rollback" in settings.signals,
            **{name: name in settings.signals for name in OTHER_SIGNALS},
        },
        "collect": {"older_deployments": settings.lookback_budget},
    }
    return configured(given)


def tables_for(
    organization: Organization, asked: Mapping[str, Any], settings: Settings | None = None
) -> Tables:
    """Tables of the organization whose repositories say what was asked of them."""
    settings = settings or Settings()
    tables, repositories = tables_of(organization), organization.repositories
    globs = asked.get("repositories") or ("*",)
    is_excluded = [not fits_any(globs, one.name) for one in repositories]
    changed = tables.repositories.assign(
        is_excluded=is_excluded,
        has_deployments=[has_deployments(one, asked, settings) for one in repositories],
        # Nobody tried to read what was excluded.
        unreadable=tables.repositories["unreadable"].mask(pd.Series(is_excluded, dtype="bool")),
    )
    return replace(tables, repositories=Repositories(frame(REPOSITORIES, plain_rows(changed))))


def has_deployments(repository: Repository, asked: Mapping[str, Any], settings: Settings) -> bool:
    """Whether a chosen environment had a deployment before the window's end."""
    globs = asked.get("environments", ())
    return any(
        not globs or fits_any(globs, canonical(name, settings) or name)
        for one in repository.deployments
        if one.created_at < asked["until"]
        for name in [environment_of(one)]
    )


def report_for(
    organization: Organization, asked: Mapping[str, Any], settings: Settings | None = None
) -> dict[str, Any]:
    """The JSON document that `dora` makes of the organization's truth."""
    tables = tables_for(organization, asked, settings)
    return as_document(build_report(tables, config_for(organization, asked, settings)))
