"""Tables for pages of many rows: each repository deploys to dev, qa and production all along."""

from datetime import timedelta
from functools import cache

from dora.model.tables import Tables
from tests.benchmarks import made_up
from tests.support.tables import NOW
from tests.support.truth_tables import tables_of


@cache
def many_tables(shape: made_up.Shape, weeks: int) -> Tables:
    """Tables of an organization that deployed evenly over so many *weeks*."""
    return tables_of(made_up.make_organizations(shape, NOW, timedelta(weeks=weeks)).today)
