"""News for other programs over MQTT, and commands from them.

The database is the truth; what goes out here is news about it. State is retained and the newest wins, outcomes and
incidents come from the outbox and arrive at least once. A broker that is down costs nothing but delay. `topics` is the
one table of names and payloads: the code, the published AsyncAPI document and its test all read it.
"""
