"""Connectors that are configured: sources and syncs without a line of code."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import beat_schedule
from connectors.pos import SquareConnector
from core import settings
from core.errors import RefusedError
from db.models import PosProduct, PosTransaction, Shop
from db.session import reading, writing
from sandbox import square
from sandbox.square import orders
from syncs import connect, gate, registry
from syncs.due import sweep
from syncs.registry import SOURCES, SYNCS
from tests.connectors.folder import configure, forget_process, square_at
from tests.syncs.running import sync_now

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LOOK = """
import beat_schedule, worker
worker.app.loader.import_default_modules()
print(*sorted(name for name in worker.app.tasks if "square" in name))
print(*sorted(name for name in beat_schedule.entries() if "square" in name))
"""
ROOT = Path(__file__).parents[2]
OF_SQUARE = ["square.transactions", "square.products", "square.promotions"]


@pytest.fixture
def source() -> Iterator[square.Square]:
    with square.serve(locations=12) as served:
        yield served


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """``folder(square=…)`` is read by this process from now on."""
    place = tmp_path / "connectors"

    def given(**connectors: object) -> None:
        nonlocal place
        place = place / "next"
        configure(monkeypatch, place, **connectors)

    yield given
    forget_process()


def count(model: type[Any]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def shops_of_tickets() -> list[int | None]:
    with reading() as session:
        return list(session.scalars(select(PosTransaction.shop_id)))


def test_no_file_no_connector(folder):
    assert list(SYNCS) == list(SYNCS.declared)
    assert "square" not in SOURCES


def test_a_configured_connector_has_its_syncs(folder):
    folder(square=square_at("https://square.example"))

    assert list(SYNCS)[len(SYNCS.declared) :] == OF_SQUARE
    sync = SYNCS["square.transactions"]
    assert (sync.source, sync.source.vendor) == (SOURCES["square"], "square")
    assert sync.source.is_configured


def test_declared_syncs_are_had_without_a_file(monkeypatch):
    def forbidden() -> None:
        raise AssertionError("the files are read")

    monkeypatch.setattr(registry, "connectors", forbidden)

    assert SYNCS["b2b.products"].source is SOURCES["b2b"]


def test_two_connectors_of_one_vendor_have_syncs_of_their_own(folder, monkeypatch):
    monkeypatch.setenv("OTHER", "t")
    other = square_at("https://b.example", auth={"method": "bearer", "token": "${OTHER}"})
    folder(square=square_at("https://a.example"), bar=other)

    assert {"square.products", "bar.products"} <= SYNCS.keys()
    with connect.to_source("bar") as bar:
        assert isinstance(bar, SquareConnector)
        assert (bar.name, bar.vendor) == ("bar", "square")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_in_beat_s_schedule_every_quarter_of_an_hour(store, folder, monkeypatch):
    folder(square=square_at("https://square.example"))
    monkeypatch.setenv("SYNC_SCHEDULE_SQUARE_PRODUCTS", "")
    monkeypatch.setenv("SYNC_SCHEDULE_SQUARE_PROMOTIONS", "7 4 * * *")
    settings.reset()

    entries = beat_schedule.entries()

    assert str(entries["sync.square.transactions"]["schedule"]).startswith("<crontab: */15 * * * *")
    assert "sync.square.products" not in entries
    assert str(entries["sync.square.promotions"]["schedule"]).startswith("<crontab: 7 4 * * *")


def test_what_is_turned_off_is_not_synced(folder):
    folder(square=square_at("https://a.example", capabilities={"get_promotions": False}))

    assert "square.promotions" not in SYNCS
    assert "square.products" in SYNCS


def test_a_day_to_begin_at_leaves_out_tickets_and_no_product(folder):
    folder(square=square_at("http://127.0.0.1:9", sync={"since": "2026-11-01"}))

    assert SYNCS["square.transactions"].begin == date(2026, 11, 1)
    assert SYNCS["square.products"].begin is None, "or nothing that is gone would be noticed"


def test_a_wrong_connector_takes_no_other_down(folder):
    bar = {"vendor": "sqare", "auth": {"method": "bearer"}}
    folder(bar=bar, square=square_at("https://square.example"))

    assert "square.products" in SYNCS
    (invalid,) = registry.connectors().invalid
    assert (invalid.name, invalid.family, invalid.vendor) == ("bar", "pos", "sqare")
    assert invalid.problems == (
        "bar.auth.token: is missing; the method bearer needs it.",
        "bar.vendor: there is no vendor 'sqare' in pos; there are: square.",
    )


def test_a_file_that_cannot_be_read_takes_no_other_down(folder, tmp_path):
    folder(square=square_at("https://square.example"))
    broken = settings.settings().connectors_dir / "crm.yaml"
    broken.write_text("hubspot:\n\tauth: 1\n", "utf-8")

    assert "square.products" in SYNCS
    (invalid,) = registry.connectors().invalid
    assert (invalid.name, invalid.family, invalid.vendor) == ("crm.yaml", "crm", None)
    assert invalid.problems == (f"{broken}: line 2: a tab; YAML is indented with spaces.",)


@pytest.mark.parametrize(
    ("name", "more", "problem"),
    [
        ("sqare", {"vendor": None}, "sqare: there is no vendor 'sqare' in pos; there are: square."),
        ("till", {"vendor": "../x"}, "till.vendor: there is no vendor '../x' in pos; there are: "),
        ("till", {"vendor": "__init__"}, "till.vendor: there is no vendor '__init__' in pos"),
        ("b2b", {}, "b2b: is the name of a source of Moulin's own; choose another."),
    ],
)
def test_a_name_or_vendor_that_cannot_be_is_a_problem_at_its_path(folder, name, more, problem):
    folder(**{name: square_at("https://square.example") | more})

    (invalid,) = registry.connectors().invalid

    assert len(invalid.problems) == 1
    assert invalid.problems[0].startswith(problem)
    assert SYNCS.keys() == SYNCS.declared.keys()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_connector_is_had_by_its_name(store, folder, source):
    folder(square=square_at(source.url))

    with connect.to_source("square") as connector:
        assert isinstance(connector, SquareConnector)
        connector.connect()

    assert [entry.path for entry in source.log] == ["/v2/locations"]
    with pytest.raises(RefusedError, match="b2b, template, square"):
        connect.to_source("lightspeed")


def test_orders_come_into_the_store(store, folder, source):
    folder(square=square_at(source.url))
    places = [str(it["id"]) for it in source.locations]
    source.add(*orders.made(30, locations=places, start=NOON, every=timedelta(minutes=1)))

    run = sync_now(SYNCS["square.transactions"])

    assert (run["status"], run["created"]) == ("succeeded", 30)
    assert count(PosTransaction) == 30
    again = sync_now(SYNCS["square.transactions"])
    assert (again["created"], again["updated"]) == (0, 0)


def test_a_run_of_a_connector_that_is_configured_no_more_waits_for_it(store, folder, source):
    folder(square=square_at(source.url))
    sync = SYNCS["square.products"]
    with writing() as session:
        asked = gate.decide(session, sync, trigger="api")
    assert isinstance(asked, gate.Enqueued)
    ring = (sync.task, asked.run_id)

    folder()
    assert ring not in sweep.once(back_at=time.monotonic())
    folder(square=square_at(source.url))
    assert ring in sweep.once(back_at=time.monotonic())


def test_a_run_asks_only_for_what_changed(store, folder, source):
    folder(square=square_at(source.url, sync={"since": "2026-11-01", "overlap_seconds": 60}))
    source.add(*orders.made(5, locations=["LFICTIVE1"], start=NOON, every=timedelta(minutes=5)))
    sync_now(SYNCS["square.transactions"])
    # Square says so half a minute later than of the newest: that is within the overlap.
    source.add(orders.sale("LATE", closed_at=NOON + timedelta(minutes=19, seconds=30)))

    run = sync_now(SYNCS["square.transactions"])

    assert (run["total"], run["created"], run["unchanged"]) == (2, 1, 1)
    assert sync_now(SYNCS["square.transactions"], since="2026-11-20")["total"] == 6


def test_what_a_location_sold_before_it_was_mapped_is_asked_for_once(store, folder, source):
    with writing() as session:
        session.add_all([Shop(name="Moulin"), Shop(name="Halles")])
    folder(square=square_at(source.url))
    places = [str(it["id"]) for it in source.locations[:2]]
    source.add(*orders.made(6, locations=places, start=NOON, every=timedelta(hours=1)))
    sync_now(SYNCS["square.transactions"])
    folder(square=square_at(source.url, shops={places[0]: 1}))

    sync_now(SYNCS["square.transactions"])
    assert shops_of_tickets().count(None) > 3
    sync_now(SYNCS["square.transactions"], since="2026-11-01")
    assert shops_of_tickets().count(None) == 3


def test_a_deleted_product_is_gone(store, folder, source):
    folder(square=square_at(source.url))
    sync_now(SYNCS["square.products"])
    source.turn({"later": 60})
    source.catalogue.delete("VARCAFE")

    run = sync_now(SYNCS["square.products"])

    assert run["deleted"] == 1
    with reading() as session:
        gone = session.scalars(
            select(PosProduct.external_id).where(PosProduct.gone_at.is_not(None))
        )
        assert list(gone) == ["VARCAFE"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_products_and_promotions_come_into_the_store(store, folder, source):
    folder(square=square_at(source.url))

    assert sync_now(SYNCS["square.products"])["created"] == count(PosProduct) == 4
    assert sync_now(SYNCS["square.promotions"])["status"] == "succeeded"


def test_folders_with_the_same_connectors_are_told_to_be_the_same(folder, monkeypatch):
    folder(square=square_at("https://square.example"))
    first = registry.connectors().digest
    monkeypatch.setenv("SQUARE_TOKEN", "rotated")
    folder(square=square_at("https://square.example"))
    monkeypatch.setenv("SQUARE_TOKEN", "rotated")
    rotated = registry.connectors().digest
    folder(square=square_at("https://square.example", stock=True))

    assert rotated == first
    assert registry.connectors().digest != first


@pytest.mark.processes
def test_a_worker_and_beat_have_it_by_the_file_alone(folder, tmp_path):
    folder(square=square_at("https://square.example"))
    told = subprocess.run(
        [sys.executable, "-c", LOOK],
        cwd=ROOT,
        env={**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert told == [" ".join(sorted(f"sync.{name}" for name in OF_SQUARE))] * 2
