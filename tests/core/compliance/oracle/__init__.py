"""A second opinion: the calling rules written a second time, slowly and from the rules' words, and compared with the
gate over made-up packs, in every zone and at every change of the clocks.

`law.py` has no line and no import in common with the gate: a case is a plain dict, time is scanned minute by minute,
every count is a loop over the history. `cases.py` makes cases up, `as_asked.py` turns one into what the gate is asked.
Where both disagree, one of them is wrong; where the words allow two readings, the comment in `law.py` says which one
holds and why.
"""
