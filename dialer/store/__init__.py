"""Where everything is kept: SQLAlchemy core on SQLite (WAL) or PostgreSQL, Alembic for the tables' history.

Functions take a connection inside the caller's transaction, never commit, and return core values, never rows. What
belongs together is therefore written together, and nothing lazy can load later.
"""
