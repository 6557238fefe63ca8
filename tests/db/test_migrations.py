"""Migrations: there and back on both databases, and the models say the same."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import inspect, select

from core.errors import ConfigurationError
from db import migrate
from db.catalogue import articles
from db.catalogue.shops import add, every
from db.models import Base, Departure, Product
from db.session import engine, reading, writing
from tests import sold

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def tables() -> set[str]:
    """What the database holds beside Alembic's own table."""
    return set(inspect(engine()).get_table_names()) - {"alembic_version"}


def revisions() -> list[Script]:
    """Every migration there is."""
    return list(ScriptDirectory.from_config(migrate.config()).walk_revisions())


def test_the_models_are_what_the_migrations_made(store):
    command.check(migrate.config())


def test_every_table_is_there(store):
    assert tables() == set(Base.metadata.tables)


def test_a_migration_is_filed_under_its_number_and_the_last_is_the_head():
    steps = revisions()

    assert {Path(step.path).name.partition("_")[0]: step.revision for step in steps} == {
        step.revision: step.revision for step in steps
    }
    assert migrate.head() == steps[0].revision == max(step.revision for step in steps)


def test_down_to_nothing_and_up_again(store):
    command.downgrade(migrate.config(), "base")
    assert tables() == set()

    command.upgrade(migrate.config(), "head")
    command.check(migrate.config())


def test_each_migration_goes_down_and_up_alone(store):
    for _ in revisions():
        command.downgrade(migrate.config(), "-1")
    assert tables() == set()

    for _ in revisions():
        command.upgrade(migrate.config(), "+1")
    assert tables() == set(Base.metadata.tables)


def test_migrating_twice_changes_nothing(store):
    with writing() as session:
        add(session, name="Boutique")

    migrate.upgrade()

    with reading() as session:
        assert [shop.name for shop in every(session)] == ["Boutique"]


def test_what_a_shop_sold_before_departures_were_kept_has_left_it(store):
    shop, other = sold.shop("A"), sold.shop("B")
    kept, moved, homeless, never = (sold.article(shop) for _ in range(4))
    lines = [(ident, 1, "1") for ident in (kept, moved, homeless)]
    sold.sale(shop, NOW, lines)
    sold.sale(shop, NOW, lines)
    with writing() as session:
        for ident, to in ((moved, other), (homeless, None), (never, other)):
            session.get_one(Product, ident).shop_id = to

    command.downgrade(migrate.config(), "0004")
    command.upgrade(migrate.config(), "head")

    with reading() as session:
        found = {(each.product_id, each.shop_id) for each in session.scalars(select(Departure))}
        assert found == {(moved, shop), (homeless, shop)}
        assert articles.page(session, shop, since=NOW, after=kept, limit=1)[0].id == moved


def test_a_store_of_another_version_is_refused(store):
    migrate.require_current()
    command.downgrade(migrate.config(), "-1")

    with pytest.raises(ConfigurationError, match="not migrated to this version"):
        migrate.require_current()


def test_a_store_at_head_says_so(store):
    assert migrate.current() == migrate.head()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_writes_ahead(store):
    with engine().connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
