"""Figures for Prometheus; needs the extra `prometheus`."""
