"""A finished report and its evidence in, figures and events of Datadog out.

`figures` and `events` make plain bodies, `client` sends them, `receipt` remembers what was sent.
"""
