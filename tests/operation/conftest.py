from tests.support.database import database, sqlite

__all__ = ["database", "sqlite"]
