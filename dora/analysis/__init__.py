"""What became of every deployment and commit, worked out from the tables."""
