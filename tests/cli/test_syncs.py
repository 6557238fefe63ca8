"""Syncs by hand while one is on its way: what asking for one more did is said."""

import json
from dataclasses import replace
from datetime import timedelta

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

import core.settings
from cli.commands import syncs
from core.errors import RefusedError
from db.models import SyncRun
from db.session import reading
from syncs.registry import SYNCS, find
from tests.cli import given
from tests.syncs.rows import state

PRODUCTS = find("b2b.products")
ENQUEUE = ("sync", PRODUCTS.name, "--enqueue")


@pytest.fixture(autouse=True)
def without_broker(monkeypatch):
    """Nobody hears a ring, and the command says so."""
    monkeypatch.setattr("tasks.doorbell.ring", lambda task, ident: False)


def test_that_one_more_run_follows_is_said_once(b2b, cli):
    run_id = given.run(status="running", checkpoint={"page": 2})

    done = cli(*ENQUEUE, exit=69)
    again = cli(*ENQUEUE, exit=69)

    assert f"is being run (run {run_id})" in done.stderr
    assert "One more run follows it." in done.stderr
    assert "One more" not in again.stderr
    assert state(PRODUCTS.name).follow_up == {}


def test_that_a_run_waits_no_longer_is_said_and_rung_for(b2b, cli):
    run_id = given.run(status="due", not_before=given.now() + timedelta(minutes=10))

    done = cli(*ENQUEUE, exit=69)

    assert f"Run {run_id} waits no longer after its failure: a worker takes it up." in done.stderr
    assert f"a worker's sweeper will find run {run_id}" in done.stderr
    assert given.read_run(run_id).not_before is None


def test_programs_are_told_too(b2b, told):
    run_id = given.run(status="running", checkpoint={"page": 2})

    found = told(*ENQUEUE, exit=69)

    assert found == {
        "sync": PRODUCTS.name, "status": "running", "total": 0,
        "run_id": run_id, "released": False, "queued": True,
    }  # fmt: skip


def test_deletions_that_wait_for_a_person_are_said_with_the_command_that_approves_them(b2b, cli):
    cli("sync", PRODUCTS.name)
    b2b.catalogue.products.delete(*range(1, 7))

    done = cli("sync", PRODUCTS.name, exit=3)

    assert "look at the source, then approve it" in done.stderr
    assert "'python manage.py runs approve 2'" in done.stderr


def test_a_field_that_is_gone_is_said_with_the_command_that_accepts_it(b2b, cli):
    cli("sync", PRODUCTS.name)
    for n in b2b.catalogue.products:
        b2b.catalogue.products.edit(n, without=("barcode",))

    done = cli("sync", PRODUCTS.name, exit=3)
    again = cli("runs", "show", 2)
    accepted = cli("runs", "approve", 2, "--why", "no more barcodes", "--json")

    assert "Warning: No record has barcode, which the last complete run met" in done.stderr
    for said in (done, again):
        assert "If the source means it so: 'python manage.py runs approve 2'." in said.stderr
    assert json.loads(accepted.stdout) == {
        "run_id": 2,
        "status": "partial",
        "deleted": 0,
        "fields": ["barcode"],
    }
    assert "No longer expected of the source: barcode." in accepted.stderr
    assert given.audited() == [("run.approve", "run 2", "no more barcodes")]
    cli("sync", PRODUCTS.name)


def test_a_dry_run_has_nothing_to_approve(b2b, cli):
    cli("sync", PRODUCTS.name)
    b2b.catalogue.products.delete(*range(1, 7))

    done = cli("sync", PRODUCTS.name, "--dry-run", exit=3)

    assert "needs_approval" in done.stdout
    assert "runs approve" not in done.stderr


def test_a_missing_key_is_said_with_the_command_that_keeps_one(b2b, cli, monkeypatch):
    monkeypatch.delenv("B2B_API_KEY")
    core.settings.reset()

    done = cli("sync", PRODUCTS.name, exit=78)

    assert "No API key for the B2B catalogue. Give one in either way: " in done.stderr
    assert "'python manage.py apikey add --name NAME --activate'" in done.stderr


@pytest.fixture
def commands(monkeypatch):
    """The commands of syncs whose products come from a source that is asked for what changed."""
    monkeypatch.setitem(
        SYNCS.declared, PRODUCTS.name, replace(PRODUCTS, replication_key="updated_at")
    )
    group = click.Group()
    syncs.register(group)
    return lambda *words: CliRunner().invoke(group, ["sync", PRODUCTS.name, *words])


def test_a_period_is_an_option_with_a_date(commands):
    printed = commands("--help").stdout

    assert "--since DATE" in printed
    assert "--until DATE" in printed


def test_a_wrong_period_is_refused_before_anything_is_opened(commands):
    refused = commands("--since", "2026-02-30")

    assert isinstance(refused.exception, RefusedError)
    assert str(refused.exception).startswith("since: a day such as 2026-11-01")


def test_a_run_over_a_period_is_opened_with_it(b2b, commands):
    commands("--since", "2026-11-01", "--until", "2026-11-02", "--enqueue")

    assert find_run().options == {"since": "2026-11-01", "until": "2026-11-02"}


def find_run():
    """The one run there is."""
    with reading() as session:
        return session.scalars(select(SyncRun)).one()
