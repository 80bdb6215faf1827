"""Reads GitHub and PagerDuty into tables: the only modules that know PyGithub."""
