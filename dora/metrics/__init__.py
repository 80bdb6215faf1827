"""The five metrics, one pure function each, their intervals and what they are compared with."""
