"""Builds what the HTML page shows in addition to the report."""
