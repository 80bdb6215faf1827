"""Reads files of deployments and of incidents that other tools wrote (D8, F7)."""
