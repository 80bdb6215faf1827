"""Reads what is a deployment from each kind of source (D8)."""
