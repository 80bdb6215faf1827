"""Pages of many rows: every repository deploys to dev, qa and production all the time."""

from datetime import timedelta
from functools import cache

from dora.exhibits import Page
from dora.tables import Tables
from tests.benchmarks import made_up
from tests.render.pages import page_of
from tests.tables.cast import NOW
from tests.truth import tables_of


@cache
def many_tables(shape: made_up.Shape, weeks: int) -> Tables:
    """Tables of an organization that deployed evenly over so many *weeks*."""
    return tables_of(made_up.make_organizations(shape, NOW, timedelta(weeks=weeks)).today)


def many(shape: made_up.Shape, *, weeks: int) -> Page:
    """The page of that time."""
    return page_of(many_tables(shape, weeks), since=f"{weeks}w")
