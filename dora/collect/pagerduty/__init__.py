"""Incidents of PagerDuty; needs the extra `pagerduty`."""
