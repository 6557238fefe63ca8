import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event

import core.settings
from core import crypto
from db.access import keys, sealed
from db.models import APIKey, Reject, Sale, Terminal
from db.session import WRITES, engine, reading, writing
from db.tills import terminals
from db.work import rejects
from syncs.sales.process import process as process_batch
from tests.cli import given
from tests.syncs.sales import conftest
from tests.syncs.sales.conftest import CASE, sale

till = conftest.till

SECRET = "b2c_1_very_secret"


def active():
    with reading() as session:
        return keys.active(session)


def encryption(monkeypatch, *chosen):
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", ",".join(chosen))
    core.settings.reset()


def test_a_key_comes_from_stdin_and_is_never_shown(cli, told):
    added = cli("apikey", "add", "--name", "shop", "--activate", stdin=f"\ufeff{SECRET}\r\n")
    listed = cli("apikey", "list")

    assert active() == SECRET
    assert SECRET not in added.output + listed.output + cli("apikey", "list", "--json").output
    assert [(key["name"], key["is_active"]) for key in told("apikey", "list")] == [("shop", True)]
    assert given.audited() == [("apikey.add", "key shop", None)]


@pytest.mark.parametrize("wrong", ["", " \n", f"{SECRET}\n{SECRET}\n", "clé", "a\x00b"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(cli, wrong):
    refused = cli("apikey", "add", "--name", "shop", stdin=wrong, exit=1)

    assert SECRET not in refused.output
    assert "No key is kept" in cli("apikey", "list").stderr


def test_a_name_is_given_once(cli):
    cli("apikey", "add", "--name", "shop", stdin=SECRET)

    refused = cli("apikey", "add", "--name", "shop", stdin="other", exit=1)

    assert "choose another name" in refused.stderr


def test_one_key_is_in_use_at_a_time(cli, told):
    cli("apikey", "add", "--name", "old", "--activate", stdin="old-key")
    cli("apikey", "add", "--name", "new", stdin="new-key")
    assert active() == "old-key"

    assert told("apikey", "activate", "new") == {"name": "new", "is_active": True}
    assert active() == "new-key"

    assert "B2B_API_KEY" in cli("apikey", "deactivate", "new").stderr
    assert active() is None


def test_unknown_and_unused_keys_are_said_so(cli):
    cli("apikey", "add", "--name", "shop", stdin=SECRET)

    assert "is not in use" in cli("apikey", "deactivate", "shop", exit=1).stderr
    for verb in ("activate", "deactivate"):
        assert "There is no key named 'x'" in cli("apikey", verb, "x", exit=1).stderr


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_new_encryption_key_can_seal_and_needs_no_store(cli, monkeypatch, tmp_path):
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    core.settings.reset()

    Fernet(cli("apikey", "new-encryption-key").stdout.strip())


def test_rotation_seals_every_column_anew_and_the_old_key_may_go(cli, told, monkeypatch):
    old, new = crypto.new_key(), crypto.new_key()
    encryption(monkeypatch, old)
    cli("apikey", "add", "--name", "shop", "--activate", stdin=SECRET)
    reject_id = given.reject({"id": 7})
    encryption(monkeypatch, new, old)

    found = told("apikey", "rotate")

    assert (found["changed"], found["all"], found["lost"]) == (2, 2, [])
    assert told("apikey", "rotate")["changed"] == 0
    encryption(monkeypatch, new)
    assert active() == SECRET
    with reading() as session:
        assert rejects.payload(rejects.find(session, reject_id)) == {"id": 7}


def test_a_value_that_cannot_be_opened_stops_no_other(cli, told, monkeypatch):
    old, new = crypto.new_key(), crypto.new_key()
    encryption(monkeypatch, old)
    lost, kept = given.reject({"id": 1}, "1"), given.reject({"id": 2}, "2")
    with writing() as session:
        session.get_one(Reject, lost).payload = "00000000:gAAAAA"
    encryption(monkeypatch, new, old)

    found = told("apikey", "rotate", exit=3)

    assert found["changed"] == 1
    assert [(item["column"], item["id"]) for item in found["lost"]] == [("rejects.payload", lost)]
    with reading() as session:
        assert rejects.payload(rejects.find(session, kept)) == {"id": 2}


def test_rotation_goes_on_where_it_stopped(cli, told, monkeypatch):
    old, new = crypto.new_key(), crypto.new_key()
    encryption(monkeypatch, old)
    for n in range(5):
        cli("apikey", "add", "--name", f"key {n}", stdin=f"secret-{n}")
    encryption(monkeypatch, new, old)
    with writing() as session:
        found = sealed.stale(session, APIKey.sealed, limit=2)
        assert sealed.reseal(session, APIKey.sealed, found).changed == 2

    assert told("apikey", "rotate")["columns"]["api_keys.sealed"] == {"changed": 3, "all": 5}


def test_rotation_covers_what_tills_send_and_who_bought(told, monkeypatch, till):
    old, new = crypto.new_key(), crypto.new_key()
    encryption(monkeypatch, old)
    for number in range(3):
        till.send(sale(f"V-{number}"))
    till.send(sale("A", client={"nom": "Awa Diop"}), sale("B", (CASE, 99)))
    waits = till.receive(sale("C", client="Moussa"))
    with writing() as session:
        terminals.set_level(session, session.get_one(Terminal, 2), 2)
    encryption(monkeypatch, new, old)

    found = told("apikey", "rotate")

    assert {
        name: (column["changed"], column["all"])
        for name, column in found["columns"].items()
        if not name.startswith("template_")
    } == {
        "api_keys.sealed": (0, 0),
        "oauth_requests.sealed": (0, 0),
        "oauth_tokens.sealed": (0, 0),
        "outbox.answer": (0, 0),
        "outbox.payload": (0, 0),
        "rejects.payload": (1, 1),
        "sales_batches.body": (5, 5),
        # What is not there is no value that waits for a key.
        "sales.client": (1, 1),
        "terminals.signing_key": (1, 1),
        "webhook_events.body": (0, 0),
    }
    assert told("apikey", "rotate")["changed"] == 0
    encryption(monkeypatch, new)
    assert process_batch(waits.batch_id) == "done"
    with reading() as session:
        names = [
            crypto.unseal(sold.client)
            for sold in session.query(Sale).order_by(Sale.id)
            if sold.client is not None
        ]
    assert [json.loads(name) for name in names] == [{"nom": "Awa Diop"}, "Moussa"]


def test_rotation_takes_a_few_values_at_a_time_and_looks_without_a_lock(told, monkeypatch):
    old, new = crypto.new_key(), crypto.new_key()
    encryption(monkeypatch, old)
    for ident in range(7):
        given.reject({"id": ident}, str(ident))
    encryption(monkeypatch, new, old)
    monkeypatch.setattr(sealed, "AT_ONCE", 3)
    statements: list[tuple[bool, str]] = []

    def note(connection, _cursor, statement, *_):
        writes = WRITES in connection.get_execution_options()
        statements.append((writes, statement))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        found = told("apikey", "rotate")["columns"]["rejects.payload"]
    finally:
        event.remove(engine(), "before_cursor_execute", note)

    assert found == {"changed": 7, "all": 7}
    of_rejects = [(writes, text[:6]) for writes, text in statements if "FROM rejects" in text
                  or text.startswith("UPDATE rejects")]  # fmt: skip
    assert [writes for writes, verb in of_rejects if verb == "SELECT"] == [False] * 5
    assert [writes for writes, verb in of_rejects if verb == "UPDATE"] == [True] * 7


@pytest.mark.processes
def test_the_key_that_production_waits_for_can_be_made_there():
    done = subprocess.run(
        [sys.executable, "manage.py", "apikey", "new-encryption-key"],
        cwd=Path(__file__).resolve().parents[2],
        env=dict(os.environ) | {"MOULIN_ENV": "production", "MOULIN_DOTENV": ""},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    Fernet(done.stdout.strip())
