"""The calling rules as data: one file of packs per country, calendars, zones, area codes, and their loader.

They are data so that counsel can read them, a change of law is a dated edition and not a release, and each decision
can name the version it was made by. What the data means is decided in `dialer.core.compliance`.
"""
