"""A finished report in, text out."""
