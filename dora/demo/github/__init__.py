"""A stand-in for GitHub, on loopback."""
