"""Asterisk's manager interface (AMI): one checked line, one ordered queue in, and orders out that are sent once.

Bytes become messages in `protocol`, a line that is kept up in `connection` and found fit in `fitness`, messages become
the core's events in `translate` and `listen`. The other way, `control` makes commands into actions, each value held
against its grammar in `action`. `cdr` reads what the PBX wrote down while nobody listened. Of panoramisk the wiring,
the login, the pings and the form of an action are used; nothing of it decides what is sent again, which is nothing.
"""
