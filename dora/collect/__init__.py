"""GitHub in, tables out: the only rooms that know PyGithub."""
