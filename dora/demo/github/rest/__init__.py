"""GitHub's REST API, as the stand-in answers it."""
