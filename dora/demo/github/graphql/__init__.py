"""GitHub's GraphQL API, as the stand-in answers it."""
