"""The HTTP API: JSON for agents, supervisors and administrators, and a WebSocket with the live picture.

One file per resource declares its routes by decorator (`routes.py`); who may use each is one table (`access.py`); the
OpenAPI document is made from both. Handlers are short: they read the store, or ask the engine and show what came of it.
Nothing here decides anything about calls.
"""
