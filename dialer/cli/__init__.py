"""The command line: one file per command or group of commands, each a thin shell around the rooms below.

Only `typer` is imported at the top of these files; everything else is imported inside the commands, because `dialer
--help` is asked more often than anything and must answer at once. What can go wrong is turned into one sentence in one
place, `failures.py`.
"""
