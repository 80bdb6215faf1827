"""A made-up organization."""
