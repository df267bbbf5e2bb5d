from tests.directories import new_database, server

__all__ = ["new_database", "server"]
