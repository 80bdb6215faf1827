"""A made-up organization, and a server on loopback that plays GitHub for it."""
