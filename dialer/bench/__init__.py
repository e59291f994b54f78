"""How fast we are, as ratios: ours and a baseline side by side in one run, on whatever machine it is.

A benchmark is no test. It never fails a build; its figures go to docs/performance.md with the day they were taken.
"""
