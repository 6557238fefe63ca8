"""``terminal``: the tills, and how each proves that it is itself."""

from __future__ import annotations

import click

from cli.arguments import ID, Line
from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import by
from core.document import Json
from db.session import reading
from db.tills.terminals import DUPLICATES, LEVELS
from syncs.acts import terminals as acts
from syncs.acts.terminals import Entry
from syncs.views import terminals as views
from syncs.views.terminals import Terminal

LEVEL = click.IntRange(min(LEVELS), max(LEVELS))

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
    made = acts.add(shop_id=shop_id, serial=serial, name=name, level=level, by=by())
    if made.token is None and not as_json:
        click.echo(f"Terminal {made.terminal.id}: {name}, of shop {shop_id}.")
    _print_token(made, as_json)


@terminal.command("list")
@click.option("--shop", "shop_id", metavar="ID", type=ID, help="Of this shop only.")
@json_option
def list_(shop_id: int | None, as_json: bool) -> None:
    """List the tills, revoked ones too; no token is kept that could be shown."""
    with reading() as session:
        tills = views.every(session, shop_id=shop_id)
    if as_json:
        print_json([item.dump() for item in tills])
        return
    rows = [
        (
            item.id, item.shop_id, item.serial, item.name, item.active, item.level,
            item.duplicates, when(item.last_seen_at), _seconds(item.clock_offset),
            item.replaces_id,
        )
        for item in tills
    ]  # fmt: skip
    columns = (
        "id", "shop", "serial", "name", "active", "level", "duplicates", "last seen", "clock",
        "replaces",
    )  # fmt: skip
    empty = "There is no terminal; 'python manage.py terminal add --shop ID …' lets one in."
    print_table(columns, rows, empty=empty)


@terminal.command()
@which
@json_option
def revoke(which: str, as_json: bool) -> None:
    """Let a till's serial open nothing from now on. What it has sent stays and is worked off."""
    till, changed = acts.revoke(which, by=by())
    name = f"Terminal {till.id} ({till.name})"
    say(f"{name} is revoked." if changed else f"{name} was revoked already.")
    if as_json:
        print_json(_named(till, "active"))


@terminal.command()
@which
@json_option
def restore(which: str, as_json: bool) -> None:
    """Let a revoked till in again, as it was; whichever replaced it does so no longer."""
    till, changed, other = acts.restore(which, by=by())
    name = f"Terminal {till.id} ({till.name})"
    say(f"{name} is in again." if changed else f"{name} was not revoked.")
    if other is not None:
        say(f"Terminal {other.id} ({other.name}) does not replace it any more.")
    if changed and till.level:
        say("Its token is the old one; 'terminal level' makes a new one, should others know it.")
    if as_json:
        print_json(_named(till, "active"))


@terminal.command()
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@json_option
def replace(old: str, new: str, as_json: bool) -> None:
    """Let NEW take the place of OLD, a till of the same shop; each is a SERIAL or an ID.

    OLD is revoked. What it sold and NEW sends again is then known as sold, and not a conflict.
    'terminal restore OLD' undoes it.
    """
    till = acts.replace(old, new, by=by())
    say(
        f"Terminal {till.id} ({till.name}) has the numbers of terminal {till.replaces_id}, which "
        "is revoked."
    )
    if as_json:
        print_json(_named(till, "replaces_id"))


@terminal.command()
@which
@click.argument("level", type=LEVEL)
@json_option
def level(which: str, level: int, as_json: bool) -> None:
    """Ask a till for more or less proof, or give it another token: the old one is void."""
    entry = acts.set_level(which, level, by=by())
    if entry.token is None:
        say(f"Terminal {entry.terminal.id} ({entry.terminal.name}) is known by its serial alone.")
    _print_token(entry, as_json)


@terminal.command()
@which
@click.argument("policy", type=click.Choice(DUPLICATES))
@json_option
def duplicates(which: str, policy: str, as_json: bool) -> None:
    """How a sale is answered that a till sends again.

    answer: among the errors as DOUBLON, and with its recorded values among those created, for
    most tills mark only these as sent. errors_only: among the errors alone.
    """
    till = acts.set_duplicates(which, policy, by=by())
    say(f"Terminal {till.id} ({till.name}): {policy}.")
    if as_json:
        print_json(_named(till, "duplicates"))


def _print_token(entry: Entry, as_json: bool) -> None:
    till, token = entry
    if as_json:
        print_json(_named(till) | ({"token": token} if token else {}))
    elif token:
        click.echo(token)
    if token:
        header = "X-Device-Token: TOKEN" if till.level == 1 else "signed requests"
        say(
            f"Give this token to {till.name} now, it is never shown again. From now on the "
            f"till is let in with it only ({header})."
        )


def _named(till: Terminal, *more: str) -> Json:
    names = {"id", "shop_id", "serial", "name", "level", *more}
    return {name: value for name, value in till.dump().items() if name in names}


def _seconds(offset: int | None) -> str | None:
    return f"{offset:+d} s" if offset is not None else None
