"""Alembic's entry: migrate the store that our settings name."""

from __future__ import annotations

from alembic import context

from db.models import Base, load
from db.session import engine

load()

with engine().connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
        # SQLite can, once the driver leaves BEGIN to us (db/session.py).
        transactional_ddl=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
