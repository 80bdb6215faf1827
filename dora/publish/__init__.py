"""Sends finished reports to other services, one module or folder for each."""
