"""The history of the tables. `runner.py` runs it inside a connection; `versions/` holds one file per step."""
