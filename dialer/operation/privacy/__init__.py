"""Privacy: what a person is owed of their data. A copy of all that is kept about them (GDPR 15, PIPL 45), and that it
is taken away (GDPR 17, PIPL 47).

What must stay stays without the person: a do-not-call line as a hash that still blocks, the gate's answers as a ledger
that still proves itself, a recording for as long as a rule of the place demands it.
"""
