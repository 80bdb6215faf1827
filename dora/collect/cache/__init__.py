"""Caches commits and pull requests in one SQLite file for each organization."""
