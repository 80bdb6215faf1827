"""Renders reports and other results as text for a terminal."""
