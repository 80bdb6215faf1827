"""A finished text in, sent to where people read it: the rooms that write to other services."""
