"""``apikey``: the keys of the B2B source, sealed in the store; and the keys that seal them."""

from __future__ import annotations

import sys

import click

from cli.arguments import NAME
from cli.output import PARTIAL, json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import by
from core import crypto
from core.errors import RefusedError
from db.session import reading
from syncs.acts import keys as acts
from syncs.views import keys as views


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
    kept = acts.add(name, secret, activate=activate, by=by())
    say(
        f"Key {name} is kept and in use."
        if activate
        else f"Key {name} is kept; 'python manage.py apikey activate {name}' puts it in use."
    )
    if as_json:
        print_json({"id": kept.id, "name": name, "is_active": activate})


@apikey.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the keys by name; none is shown."""
    with reading() as session:
        keys = views.every(session)
    if as_json:
        print_json([key.dump() for key in keys])
        return
    rows = [(key.name, key.is_active, key.created_at, when(key.last_used_at)) for key in keys]
    empty = "No key is kept; 'python manage.py apikey add --name NAME --activate' asks for one."
    print_table(("name", "active", "created", "last used"), rows, empty=empty)


@apikey.command()
@click.argument("name")
@json_option
def activate(name: str, as_json: bool) -> None:
    """Use this key from now on, instead of the one in use."""
    acts.activate(name, by=by())
    say(f"Key {name} is in use.")
    if as_json:
        print_json({"name": name, "is_active": True})


@apikey.command()
@click.argument("name")
@json_option
def deactivate(name: str, as_json: bool) -> None:
    """Use this key no longer; it stays kept."""
    acts.deactivate(name, by=by())
    say("No kept key is in use: B2B_API_KEY is, if it is set; without it the B2B syncs refuse.")
    if as_json:
        print_json({"name": name, "is_active": False})


@apikey.command()
@json_option
def rotate(as_json: bool) -> None:
    """Seal everything anew under the newest encryption key; safe to stop and to repeat."""
    done = acts.rotate(by=by())
    if as_json:
        print_json(done.dump())
    say(
        f"{done.changed} of {done.all} sealed values were under an older key and are under the "
        "newest now."
    )
    for item in done.lost:
        say(f"{item.column} {item.id} cannot be opened: {item.error}")
    if done.lost:
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
    typed = sys.stdin.isatty()
    text: str = click.prompt("API key", hide_input=True, err=True) if typed else sys.stdin.read()
    # PowerShell puts a byte order mark before what it pipes.
    key = text.removeprefix("\ufeff").strip()
    if not key:
        raise RefusedError("No key came in: type it when asked, or pipe it to this command.")
    if len(key.splitlines()) > 1:
        raise RefusedError("Several lines came in; a key is one line.")
    if not (key.isascii() and key.isprintable()):
        raise RefusedError("The key holds characters that no header can carry; copy it again.")
    return key
