"""Pages of many rows: every repository deploys to dev, qa and production all the time."""

from datetime import timedelta
from functools import cache

from dora.model.tables import Tables
from dora.report.page.model import Page
from tests.benchmarks import made_up
from tests.support.pages import page_of
from tests.support.tables import NOW
from tests.support.truth_tables import tables_of


@cache
def many_tables(shape: made_up.Shape, weeks: int) -> Tables:
    """Tables of an organization that deployed evenly over so many *weeks*."""
    return tables_of(made_up.make_organizations(shape, NOW, timedelta(weeks=weeks)).today)


def many(shape: made_up.Shape, *, weeks: int) -> Page:
    """The page of that time."""
    return page_of(many_tables(shape, weeks), since=f"{weeks}w")
