"""A finished report and its evidence in, rows of a database out: PostgreSQL, or SQLite to try it.

`store` is the way through: staged, locked, merged, all in one transaction.
"""
