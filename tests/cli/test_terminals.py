"""``terminal``: tills are let in, shut out and given tokens; nothing secret is shown twice."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from core import crypto
from db.models import AuditEvent, Terminal
from db.session import reading, writing
from db.tills import terminals
from tests.cli import given

SERIAL = "0a1badae951f8473"


@pytest.fixture
def shop_id(told) -> int:
    return int(told("shop", "add", "--name", "Bamako")["id"])


@pytest.fixture
def add(told, shop_id):
    def add(*more: object, serial: str = SERIAL) -> dict[str, object]:
        found: dict[str, object] = told(
            "terminal", "add", "--shop", shop_id, "--serial", serial, "--name", "Caisse 1", *more
        )
        return found

    return add


def acts() -> list[str]:
    """What the audit says, the shop's addition aside."""
    return [what for what, _, _ in given.audited()][1:]


def kept(ident: object) -> Terminal:
    with reading() as session:
        return session.get_one(Terminal, ident)


def test_a_till_is_let_in_by_its_serial(add, told, shop_id):
    added = add()

    assert added == {
        "id": added["id"],
        "shop_id": shop_id,
        "serial": SERIAL,
        "name": "Caisse 1",
        "level": 0,
    }
    with reading() as session:
        assert terminals.find_by_serial(session, SERIAL) is not None
    listed = told("terminal", "list")
    assert [item["serial"] for item in listed] == [SERIAL]
    assert listed[0].items() >= (added | {"active": True, "duplicates": "answer"}).items()
    assert (listed[0]["last_seen_at"], listed[0]["clock_offset"]) == (None, None)
    assert given.audited()[1:] == [("terminal.add", f"terminal {added['id']}", None)]


def test_without_json_it_is_one_line_or_the_token_alone(cli, shop_id):
    words = ("terminal", "add", "--shop", shop_id, "--name", "Caisse", "--serial")

    assert "Terminal 1: Caisse" in cli(*words, "A").stdout
    above = cli(*words, "B", "--level", 1)

    assert crypto.digest(above.stdout.strip()) == kept(2).token_hash
    assert above.stdout.strip() not in above.stderr
    assert "never shown again" in above.stderr
    assert "X-Device-Token" in above.stderr


@pytest.mark.parametrize("level", [1, 2])
def test_a_token_is_shown_once_and_stands_nowhere(add, cli, level, caplog):
    added = add("--level", level)

    assert added["level"] == level
    assert kept(added["id"]).token_hash == crypto.digest(str(added["token"]))
    shown = cli("terminal", "list").output + cli("terminal", "list", "--json").output
    with reading() as session:
        events = session.scalars(select(AuditEvent)).all()
        shown += json.dumps([[event.subject, event.details] for event in events])
    assert str(added["token"]) not in shown + caplog.text
    assert str(kept(added["id"]).token_hash) not in shown
    assert SERIAL not in json.dumps([event.details for event in events])


def test_a_level_is_changed_by_serial_or_id_with_a_new_token_each_time(add, cli, told):
    added = add()

    made = [
        told("terminal", "level", SERIAL, 1),
        told("terminal", "level", added["id"], 2),
        told("terminal", "level", SERIAL, 2),
    ]

    assert [item["level"] for item in made] == [1, 2, 2]
    assert len({item["token"] for item in made}) == 3
    row = kept(added["id"])
    assert row.token_hash == crypto.digest(made[-1]["token"])
    assert crypto.unseal(row.signing_key or "") == made[-1]["token"]
    assert told("terminal", "level", SERIAL, 0) == added
    assert (kept(added["id"]).token_hash, kept(added["id"]).signing_key) == (None, None)
    assert "serial alone" in cli("terminal", "level", SERIAL, 0).stderr
    assert acts() == ["terminal.add"] + ["terminal.level"] * 5


def test_a_revoked_till_is_out_and_may_come_back(add, cli, told):
    added = add()

    assert told("terminal", "revoke", SERIAL) == added | {"active": False}
    assert "revoked already" in cli("terminal", "revoke", added["id"]).stderr
    with reading() as session:
        assert terminals.find_by_serial(session, SERIAL) is None
    assert (
        "'terminal restore'"
        in cli("terminal", "add", "--shop", 1, "--serial", SERIAL, "--name", "Again", exit=1).stderr
    )
    assert [item["active"] for item in told("terminal", "list")] == [False]
    assert told("terminal", "restore", SERIAL) == added | {"active": True}
    assert "was not revoked" in cli("terminal", "restore", SERIAL).stderr
    assert acts() == ["terminal.add", "terminal.revoke", "terminal.restore"]


def test_a_till_with_a_token_comes_back_with_the_old_one(add, cli):
    add("--level", 1)
    cli("terminal", "revoke", SERIAL)

    assert "'terminal level' makes a new one" in cli("terminal", "restore", SERIAL).stderr


def test_how_repeated_sales_are_answered_can_be_chosen(add, told, cli):
    added = add()

    changed = told("terminal", "duplicates", SERIAL, "errors_only")

    assert changed == added | {"duplicates": "errors_only"}
    assert kept(added["id"]).duplicates == "errors_only"
    cli("terminal", "duplicates", SERIAL, "never", exit=2)
    assert acts() == ["terminal.add", "terminal.duplicates"]


def test_the_list_tells_when_a_till_was_here_and_its_clock(add, cli, told):
    added = add()
    add(serial="B")
    other = told("shop", "add", "--name", "Lyon")["id"]
    with writing() as session:
        terminals.note_seen(session, int(str(added["id"])), 95)

    listed = cli("terminal", "list").stdout

    assert "+95 s" in listed
    assert "never" in listed
    assert told("terminal", "list")[0]["clock_offset"] == 95
    assert told("terminal", "list", "--shop", other) == []


def test_wrong_orders_are_refused(add, cli, shop_id):
    words = ("terminal", "add", "--shop", shop_id, "--name", "Caisse")

    assert "terminal add" in cli("terminal", "list").stderr
    add()
    assert "already" in cli(*words, "--serial", SERIAL, exit=1).stderr
    for serial in ("a b", "é", "x" * 64 + "é"):
        cli(*words, "--serial", serial, exit=2 if len(serial) > 64 else 1)
    for serial in ("", " ", "a\nb", "x" * 65):
        cli(*words, "--serial", serial, exit=2)
    cli(*words, "--serial", "B", "--level", 3, exit=2)
    cli("terminal", "level", SERIAL, 3, exit=2)
    unknown = ("terminal", "add", "--shop", 99, "--name", "Caisse", "--serial", "B")
    assert "no shop 99" in cli(*unknown, exit=1).stderr
    for order in (("revoke",), ("restore",), ("level", 1), ("duplicates", "answer")):
        verb, *more = order
        refused = cli("terminal", verb, "nobody", *more, exit=1)
        assert "There is no terminal nobody" in refused.stderr
    assert acts() == ["terminal.add"]


def test_a_word_that_names_two_tills_names_none(add, cli):
    first = add()
    add(serial=str(first["id"]))

    assert "other name" in cli("terminal", "revoke", first["id"], exit=1).stderr
    cli("terminal", "revoke", SERIAL)
    assert not kept(first["id"]).active


def test_a_till_takes_the_place_of_another(cli, told):
    shop = told("shop", "add", "--name", "Boutique")["id"]
    old, new = (
        told("terminal", "add", "--shop", shop, "--serial", serial, "--name", serial)["id"]
        for serial in ("old", "new")
    )

    assert told("terminal", "replace", "old", new) == {
        "id": new, "shop_id": shop, "serial": "new", "name": "new", "level": 0,
        "replaces_id": old,
    }  # fmt: skip

    assert [item["replaces_id"] for item in told("terminal", "list")] == [None, old]
    assert (
        f"replaced by terminal {new} already"
        in cli("terminal", "replace", "old", "new", exit=1).stderr
    )
    said = cli("terminal", "restore", "old").stderr
    assert f"Terminal {new} (new) does not replace it any more." in said
    assert [item["replaces_id"] for item in told("terminal", "list")] == [None, None]


def test_a_till_that_takes_its_own_place_is_refused_by_name(cli, told):
    shop = told("shop", "add", "--name", "Boutique")["id"]
    told("terminal", "add", "--shop", shop, "--serial", "old", "--name", "old")

    assert "cannot replace itself" in cli("terminal", "replace", "old", "old", exit=1).stderr
    assert "terminal list" in cli("terminal", "replace", "old", "nobody", exit=1).stderr
    assert "is revoked" not in cli("terminal", "list").stdout
