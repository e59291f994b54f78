"""The ledger as somebody reads it who was not there: an auditor, a lawyer, the callee.

Pure: decisions in, text out, a piece at a time, because a campaign has more decisions than memory has room.
"""
