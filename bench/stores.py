"""Fresh stores for benchmarks: SQLite in a temporary directory, and a PostgreSQL of our own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from cryptography.fernet import Fernet

from core import logs, settings
from db import migrate, session
from tests.servers import PostgreSQL

_numbers = count(1)


@contextmanager
def fresh(database: str, server: PostgreSQL | None) -> Iterator[None]:
    """The product's settings on an empty, migrated store; ``database`` is sqlite or postgresql."""
    with tempfile.TemporaryDirectory(prefix="moulin-bench-") as directory:
        os.environ["MOULIN_DOTENV"] = ""
        os.environ["VAR_DIR"] = directory
        os.environ["INVENTORY_ENCRYPTION_KEY"] = Fernet.generate_key().decode()
        os.environ.setdefault("B2B_API_KEY", "bench")
        # Where pages come from memory nobody is asked; of this machine, no certificates are loaded.
        os.environ.setdefault("B2B_API_URL", "http://127.0.0.1:9/")
        os.environ["LOG_LEVEL"] = "ERROR"
        name = f"bench_{next(_numbers)}"
        if database == "sqlite":
            os.environ["DATABASE_URL"] = f"sqlite:///{Path(directory) / 'moulin.db'}"
        else:
            assert server is not None, "a PostgreSQL is needed for this bench"
            os.environ["DATABASE_URL"] = server.create(name)
        settings.reset()
        logs.configure()
        migrate.upgrade()
        try:
            yield
        finally:
            session.dispose()
            if server is not None and database != "sqlite":
                server.drop(name)
