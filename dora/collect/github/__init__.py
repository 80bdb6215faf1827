"""GitHub's API: one query at a time, within its limits."""
