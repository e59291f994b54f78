"""Recordings: from the raw two-channel audio Asterisk leaves in the spool to one whole, checked file in the library.

Asterisk writes `<attempt id>.raw` and reports success even on a full disk, so nothing here trusts its word: a recording
exists when its length matches the time it should cover. `finish` is the job, plain and blocking, safe to run twice and
safe to kill; `library` keeps it off the event loop; `naming`, `measure` and `facts` are what both agree on.
"""
