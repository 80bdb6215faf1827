"""Renders the report as one HTML page."""
