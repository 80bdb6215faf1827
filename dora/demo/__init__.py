"""A made-up organization, and a server on this machine that plays GitHub for it."""
