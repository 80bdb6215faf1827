"""DORA metrics of a GitHub organization, from its deployments and commits."""

__version__ = "0.1.0"
