"""What was read of commits, kept in one SQLite file an organization."""
