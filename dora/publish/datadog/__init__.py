"""Sends the figures of a finished report, and events from its evidence, to Datadog.

`series` and `events` make plain bodies, `client` sends them, `receipt` notes what was sent.
"""
