"""``terminal``: the tills, and how each proves that it is itself."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.orm import Session

from cli.arguments import ID, Line
from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import who
from db.access import audit
from db.models import Terminal
from db.session import reading, writing
from db.tills import terminals

LEVEL = click.IntRange(min(terminals.LEVELS), max(terminals.LEVELS))

which = click.argument("which", metavar="SERIAL|ID")


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(terminal)


@click.group(cls=StoreGroup)
def terminal() -> None:
    """Let tills in and shut them out; say how each proves that it is itself.

    Level 0: by its serial alone. Level 1: by a token as well. Level 2: by a signature.
    """


@terminal.command()
@click.option("--shop", "shop_id", metavar="ID", type=ID, required=True, help="Whose till it is.")
@click.option("--serial", type=Line(64), required=True, help="As the till sends it.")
@click.option("--name", type=Line(500), required=True, help="As its answers call it.")
@click.option("--level", type=LEVEL, default=0, show_default=True)
@json_option
def add(shop_id: int, serial: str, name: str, level: int, as_json: bool) -> None:
    """Let a till in. Above level 0 its token is printed, this once."""
    with writing() as session:
        made = terminals.add(session, shop_id=shop_id, serial=serial, name=name)
        token = terminals.set_level(session, made, level)
        _note(session, made, "terminal.add", shop_id=shop_id, name=name, level=level)
        found = _named(made)
    if token is None and not as_json:
        click.echo(f"Terminal {found['id']}: {name}, of shop {shop_id}.")
    _print_token(found, token, as_json)


@terminal.command("list")
@click.option("--shop", "shop_id", metavar="ID", type=ID, help="Of this shop only.")
@json_option
def list_(shop_id: int | None, as_json: bool) -> None:
    """List the tills, revoked ones too; no token is kept that could be shown."""
    with reading() as session:
        found = [_columns(item) for item in terminals.every(session, shop_id=shop_id)]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            *(item[key] for key in ("id", "shop_id", "serial", "name", "active", "level")),
            item["duplicates"],
            when(item["last_seen_at"]),
            _seconds(item["clock_offset"]),
        )
        for item in found
    ]
    columns = (
        "id", "shop", "serial", "name", "active", "level", "duplicates", "last seen", "clock",
    )  # fmt: skip
    empty = "There is no terminal; 'python manage.py terminal add --shop ID …' lets one in."
    print_table(columns, rows, empty=empty)


@terminal.command()
@which
@json_option
def revoke(which: str, as_json: bool) -> None:
    """Let a till's serial open nothing from now on. What it has sent stays and is worked off."""
    with writing() as session:
        found = terminals.find(session, which)
        changed = terminals.revoke(session, found)
        if changed:
            _note(session, found, "terminal.revoke")
        named = _named(found)
    name = f"Terminal {named['id']} ({named['name']})"
    say(f"{name} is revoked." if changed else f"{name} was revoked already.")
    if as_json:
        print_json(named | {"active": False})


@terminal.command()
@which
@json_option
def restore(which: str, as_json: bool) -> None:
    """Let a revoked till in again, as it was."""
    with writing() as session:
        found = terminals.find(session, which)
        changed = terminals.restore(session, found)
        if changed:
            _note(session, found, "terminal.restore")
        named = _named(found)
    name = f"Terminal {named['id']} ({named['name']})"
    say(f"{name} is in again." if changed else f"{name} was not revoked.")
    if changed and named["level"]:
        say("Its token is the old one; 'terminal level' makes a new one, should others know it.")
    if as_json:
        print_json(named | {"active": True})


@terminal.command()
@which
@click.argument("level", type=LEVEL)
@json_option
def level(which: str, level: int, as_json: bool) -> None:
    """Ask a till for more or less proof, or give it another token: the old one is void."""
    with writing() as session:
        found = terminals.find(session, which)
        before = found.level
        token = terminals.set_level(session, found, level)
        _note(session, found, "terminal.level", level=level, before=before)
        named = _named(found)
    if token is None:
        say(f"Terminal {named['id']} ({named['name']}) is known by its serial alone.")
    _print_token(named, token, as_json)


@terminal.command()
@which
@click.argument("policy", type=click.Choice(terminals.DUPLICATES))
@json_option
def duplicates(which: str, policy: str, as_json: bool) -> None:
    """How a sale is answered that a till sends again.

    answer: among the errors as DOUBLON, and with its recorded values among those created, for
    most tills mark only these as sent. errors_only: among the errors alone.
    """
    with writing() as session:
        found = terminals.find(session, which)
        terminals.set_duplicates(session, found, policy)
        _note(session, found, "terminal.duplicates", policy=policy)
        named = _named(found)
    say(f"Terminal {named['id']} ({named['name']}): {policy}.")
    if as_json:
        print_json(named | {"duplicates": policy})


def _note(session: Session, item: Terminal, what: str, **details: Any) -> None:
    # By its id: at level 0 the serial is all that a thief needs.
    audit.note(session, who=who(), what=what, subject=f"terminal {item.id}", **details)


def _print_token(named: dict[str, Any], token: str | None, as_json: bool) -> None:
    if as_json:
        print_json(named | ({"token": token} if token else {}))
    elif token:
        click.echo(token)
    if token:
        header = "X-Device-Token: TOKEN" if named["level"] == 1 else "signed requests"
        say(
            f"Give this token to {named['name']} now, it is never shown again. From now on the "
            f"till is let in with it only ({header})."
        )


def _named(item: Terminal) -> dict[str, Any]:
    return {
        "id": item.id,
        "shop_id": item.shop_id,
        "serial": item.serial,
        "name": item.name,
        "level": item.level,
    }


def _columns(item: Terminal) -> dict[str, Any]:
    return _named(item) | {
        "active": item.active,
        "duplicates": item.duplicates,
        "last_seen_at": item.last_seen_at,
        "clock_offset": item.clock_offset,
        "created_at": item.created_at,
    }


def _seconds(offset: int | None) -> str | None:
    return f"{offset:+d} s" if offset is not None else None
