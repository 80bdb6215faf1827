"""Reads incidents from PagerDuty; needs the extra `pagerduty`."""
