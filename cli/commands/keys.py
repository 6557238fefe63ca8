"""``apikey``: the keys of the B2B source, sealed in the store; and the keys that seal them."""

from __future__ import annotations

import sys
from typing import Any

import click

from cli.arguments import NAME
from cli.output import PARTIAL, json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import who
from core import crypto
from core.errors import RefusedError
from db.access import audit, keys, sealed
from db.session import reading, writing


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(apikey)


@click.group(cls=StoreGroup)
def apikey() -> None:
    """Keep the keys of the B2B source, one of them active; change the encryption key."""


@apikey.command()
@click.option("--name", type=NAME, required=True, help="What you will call it.")
@click.option("--activate", is_flag=True, help="Use it from now on.")
@json_option
def add(name: str, activate: bool, as_json: bool) -> None:
    """Keep a key, sealed. It is asked for, or read from stdin; never an argument."""
    secret = _read_key()
    with writing() as session:
        kept = keys.add(session, name=name, key=secret, activate=activate)
        ident = kept.id
        audit.note(session, who=who(), what="apikey.add", subject=f"key {name}", active=activate)
    say(
        f"Key {name} is kept and in use."
        if activate
        else f"Key {name} is kept; 'python manage.py apikey activate {name}' puts it in use."
    )
    if as_json:
        print_json({"id": ident, "name": name, "is_active": activate})


@apikey.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys by name; none is shown."""
    with reading() as session:
        found: list[dict[str, Any]] = [
            {
                "id": key.id,
                "name": key.name,
                "is_active": key.is_active,
                "created_at": key.created_at,
                "last_used_at": key.last_used_at,
            }
            for key in keys.every(session)
        ]
    if as_json:
        print_json(found)
        return
    rows = [
        (key["name"], key["is_active"], key["created_at"], when(key["last_used_at"]))
        for key in found
    ]
    empty = "No key is kept; 'python manage.py apikey add --name NAME --activate' asks for one."
    print_table(("name", "active", "created", "last used"), rows, empty=empty)


@apikey.command()
@click.argument("name")
@json_option
def activate(name: str, as_json: bool) -> None:
    """Use this key from now on, instead of the one in use."""
    with writing() as session:
        keys.switch(session, name)
        audit.note(session, who=who(), what="apikey.activate", subject=f"key {name}")
    say(f"Key {name} is in use.")
    if as_json:
        print_json({"name": name, "is_active": True})


@apikey.command()
@click.argument("name")
@json_option
def deactivate(name: str, as_json: bool) -> None:
    """Use this key no longer; it stays kept."""
    with writing() as session:
        if not keys.find(session, name).is_active:
            raise RefusedError(f"Key {name} is not in use; 'apikey list' shows which one is.")
        keys.switch(session, None)
        audit.note(session, who=who(), what="apikey.deactivate", subject=f"key {name}")
    say("No kept key is in use: B2B_API_KEY is, if it is set; without it the B2B syncs refuse.")
    if as_json:
        print_json({"name": name, "is_active": False})


@apikey.command()
@json_option
def rotate(as_json: bool) -> None:
    """Seal everything anew under the newest encryption key; safe to stop and to repeat."""
    columns: dict[str, dict[str, int]] = {}
    lost: list[dict[str, Any]] = []
    for column in sealed.columns():
        columns[sealed.name(column)] = _reseal(column, lost)
    changed = sum(column["changed"] for column in columns.values())
    total = sum(column["all"] for column in columns.values())
    with writing() as session:
        subject = f"encryption key {crypto.key_ids()[0]}"
        audit.note(session, who=who(), what="apikey.rotate", subject=subject, changed=changed)
    if as_json:
        print_json({"changed": changed, "all": total, "columns": columns, "lost": lost})
    say(f"{changed} of {total} sealed values were under an older key and are under the newest now.")
    for item in lost:
        say(f"{item['column']} {item['id']} cannot be opened: {item['error']}")
    if lost:
        sys.exit(PARTIAL)
    if len(crypto.key_ids()) > 1:
        say(
            "When every process has been restarted with the newest key and this says 0, take the "
            "older ones out of INVENTORY_ENCRYPTION_KEY."
        )


@apikey.command("new-encryption-key", cls=click.Command)
@json_option
def new_encryption_key(as_json: bool) -> None:
    """Print a fresh encryption key; nothing is changed."""
    fresh = crypto.new_key()
    if as_json:
        print_json({"key": fresh})
    else:
        click.echo(fresh)
    say(
        "Put it first in INVENTORY_ENCRYPTION_KEY, the older ones behind it with commas, restart, "
        "then 'python manage.py apikey rotate'. Keep a copy: without it nothing can be opened."
    )


def _read_key() -> str:
    asked = sys.stdin.isatty()
    text: str = click.prompt("API key", hide_input=True, err=True) if asked else sys.stdin.read()
    # PowerShell puts a byte order mark before what it pipes.
    key = text.removeprefix("\ufeff").strip()
    if not key:
        raise RefusedError("No key came in: type it when asked, or pipe it to this command.")
    if len(key.splitlines()) > 1:
        raise RefusedError("Several lines came in; a key is one line.")
    if not (key.isascii() and key.isprintable()):
        raise RefusedError("The key holds characters that no header can carry; copy it again.")
    return key


def _reseal(column: sealed.Column, lost: list[dict[str, Any]]) -> dict[str, int]:
    changed, after = 0, 0
    while True:
        with reading() as session:
            found = sealed.stale(session, column, after=after, limit=sealed.AT_ONCE)
        if not found:
            break
        with writing() as session:
            batch = sealed.reseal(session, column, found)
        changed += batch.changed
        lost += [
            {"column": sealed.name(column), "id": ident, "error": error}
            for ident, error in batch.lost
        ]
        after = found[-1][0]
    with reading() as session:
        return {"changed": changed, "all": sealed.count(session, column)}
