"""How many calls to place, now, and why not more. Counts go in, a number and its reason come out."""
