"""What `doctor` and `check-config` look at: one file a neighbourhood, each check a function that returns its findings.

A check never raises over what it looks at and never waits for long: what is broken is what it is there to say.
"""
