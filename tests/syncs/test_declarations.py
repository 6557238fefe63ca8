"""Declarations as data: what one line declares is there, everywhere, once."""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
import sqlalchemy

import core.settings
from beat_schedule import entries
from cli.app import commands
from connectors.connector import Connector
from core.errors import RefusedError
from core.payload import Payload
from db.models import Base
from db.session import engine
from syncs.registry import SYNCS as REGISTRY
from syncs.registry import find
from syncs.sources.catalogue import PRODUCTS

SYNCS = REGISTRY.declared
ROOT = Path(__file__).resolve().parents[2]
EVERY = pytest.mark.parametrize("sync", SYNCS.values(), ids=SYNCS)


def test_the_catalogue_is_declared():
    assert {"b2b.categories", "b2b.products"} <= SYNCS.keys()


@EVERY
def test_a_sync_stands_under_its_name(sync):
    assert REGISTRY[sync.name] is sync
    assert find(sync.name) is sync
    assert sync.name.count(".") == 1
    assert sync.name.startswith(f"{sync.source.name}.")


def test_names_aliases_and_settings_are_unique():
    names = [name for sync in SYNCS.values() for name in (sync.name, *sync.aliases)]
    settings = [sync.setting for sync in SYNCS.values()]

    assert len(names) == len(set(names))
    assert len(settings) == len(set(settings))


def test_the_commands_of_the_guide_are_aliases():
    assert find("sync_products_from_inventory") is SYNCS["b2b.products"]
    assert find("sync_categories_from_inventory") is SYNCS["b2b.categories"]


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(RefusedError, match=r"b2b\.categories, b2b\.products"):
        find("b2b.cheese")


@pytest.mark.processes
def test_every_sync_is_a_task_of_the_worker(tmp_path):
    # In a process of its own: Celery reads its configuration once, and other tests want another.
    script = "import worker; worker.app.loader.import_default_modules(); print(*worker.app.tasks)"
    told = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert {f"sync.{name}" for name in SYNCS} <= set(told.stdout.split())


@EVERY
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_scheduled_sync_has_one_entry_in_beat(sync, store, monkeypatch):
    monkeypatch.setenv("TEMPLATE_BASE_URL", "https://art.example")
    monkeypatch.setenv("TEMPLATE_API_KEY", "sk")
    core.settings.reset()
    mine = [entry for entry in entries().values() if entry["task"] == sync.task]
    assert [entry["schedule"] for entry in mine] == ([sync.schedule] if sync.schedule else [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_unscheduled_sync_has_none(store, monkeypatch):
    monkeypatch.setenv("SYNC_SCHEDULE_B2B_PRODUCTS", "")
    core.settings.reset()

    assert "sync.b2b.categories" in entries()
    assert "sync.b2b.products" not in entries()


@EVERY
def test_a_sync_and_its_aliases_are_commands(sync):
    group = commands.commands["sync"]

    assert isinstance(group, click.Group)
    assert sync.name in group.commands
    assert set(sync.aliases) <= set(commands.commands)


@EVERY
def test_a_link_s_key_is_unique_in_the_database(sync, store):
    table = sync.kind.link.__tablename__
    keys = sqlalchemy.inspect(engine()).get_unique_constraints(table)
    assert ["external_id", "source"] in [key["column_names"] for key in keys]


@EVERY
def test_a_sync_has_a_connector_with_its_method(sync):
    assert issubclass(sync.record, Payload)
    owner = inspect.getmodule(sync.fetch)
    assert owner is not None
    assert any(
        issubclass(kind, Connector) and getattr(kind, sync.fetch.__name__, None) is sync.fetch
        for _, kind in inspect.getmembers(owner, inspect.isclass)
    )


@EVERY
def test_options_are_parameters_of_the_fetch(sync):
    assert set(sync.options) <= set(inspect.signature(sync.fetch).parameters)
    assert sync.filters <= set(sync.options)


@EVERY
def test_a_setting_s_name_is_a_variable(sync):
    assert sync.setting.isidentifier()
    assert sync.setting == sync.setting.upper()


@EVERY
def test_a_kind_is_kept_in_a_table_of_ours(sync):
    assert sync.kind.link.__tablename__ in Base.metadata.tables
    assert sync.kind.version >= 1


@EVERY
def test_every_column_says_what_it_means_when_its_field_is_absent(sync):
    declared = {name for field in sync.fields for name in (field.column, *field.also)}
    parts = {part.name for part in sync.kind.parts}

    assert set(sync.kind.columns) - {sync.kind.rest} | parts <= declared
    assert sync.kind.rest in sync.kind.columns
    assert len([field.column for field in sync.fields]) == len({f.column for f in sync.fields})


def test_options_are_given_their_types():
    assert PRODUCTS.check_options({"site_id": "2"}) == {"site_id": 2}
    assert PRODUCTS.check_options({"site_id": None}) == {}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"site": 2}, "no option 'site'"), ({"site_id": "two"}, "site_id: int")],
)
def test_wrong_options_are_refused_by_name(given, sentence):
    with pytest.raises(RefusedError, match=sentence):
        PRODUCTS.check_options(given)
