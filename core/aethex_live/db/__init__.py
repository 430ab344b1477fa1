"""The database: PostgreSQL, run by ourselves or somebody else's, behind one typed face."""

from .database import AppModels, Database
from .embedded import EmbeddedPostgres
from .rows import Row, one_of

__all__ = ["AppModels", "Database", "EmbeddedPostgres", "Row", "one_of"]
