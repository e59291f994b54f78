"""The demonstration: what a stranger sees first. A lab, the real service in a process of its own, three campaigns, and
people at their desks who use the API like anybody else. Nothing in the product imports this room.
"""
