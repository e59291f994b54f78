"""A day's calling in seconds: the production core under a virtual clock, with a simulated PBX, database and agents.

Everything random comes from one seed, so a day that went wrong can be lived again. The judge (`judge.py`) looks at what
the far end saw, never at our own tables.
"""
