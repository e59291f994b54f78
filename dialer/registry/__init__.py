"""National do-not-call registries: hundreds of millions of numbers in a file that every process of the machine maps.

A registry such as US-DNC or TPS says of a number that it is on the list and nothing else: no person, no reason, no
date. It is therefore kept as a *snapshot*, a Roaring bitmap in the published portable form with a manifest beside it,
and not as rows. `numbering`, `lines` and `reading` understand text, `build` makes and replaces snapshots, `snapshot`
reads a mapped one, `manifest` says what it is, `shelf` answers for all of a folder. The company's own list, with who
asked and why, is the store's.
"""
