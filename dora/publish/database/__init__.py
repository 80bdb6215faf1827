"""Writes a report and its evidence into a database: PostgreSQL, or SQLite to try it.

`load` is the way through: rows are staged, then merged under a lock, all in one transaction.
"""
