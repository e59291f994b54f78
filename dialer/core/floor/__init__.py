"""The floor: the live picture of agents, calls, campaigns and trunks, owned by one task.

One object holds the picture (`picture.py`); each subject has its own file of functions that change it and add
commands; `floor.py` is the door: an event or the time goes in, commands come out.
"""
