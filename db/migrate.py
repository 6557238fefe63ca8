"""Bring the store's tables to the newest shape (Alembic), and check whether they are."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from core.advice import Advised
from core.errors import ConfigurationError
from db.session import engine

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade() -> None:
    """Run every migration that is missing; safe to repeat, and with the code before it running."""
    from alembic import command

    store = engine()
    if store.dialect.name == "sqlite":
        # Write-ahead logging is a property of the file: set once, here, not by each process.
        with closing(store.raw_connection()) as raw:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
    command.upgrade(config(), "head")


def current() -> str | None:
    """The revision the store is at; None when it was never migrated."""
    # Alembic's own query logs two lines each time, and every command reads the revision.
    with engine().connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return revision


def head() -> str:
    """The revision this code needs: the number of its last migration.

    Every command asks; Alembic, loaded with all migrations, would cost a fifth of its start.
    """
    return max(path.name for path in MIGRATIONS.glob("versions/[0-9]*_*.py")).partition("_")[0]


def require_current() -> None:
    """Raise ``ConfigurationError`` unless the store has the shape this code needs."""
    if current() != head():
        raise ConfigurationError(Advised("The store is not migrated to this version.", "migrate"))


def config() -> Config:
    """Alembic's settings: where the migrations are. The address of the store is not in it."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    return settings
