from tests.support.database import database, postgres, sqlite

__all__ = ["database", "postgres", "sqlite"]
