"""The pure core: values and functions, no input or output, no clock.

What happens arrives as an event, what should be done leaves as a command, and time is an argument. Everything here
can therefore be replayed, shuffled and simulated, which is how its promises are checked.
"""
