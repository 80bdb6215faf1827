"""Builds the report, its evidence and its page, and reads and writes their JSON."""
