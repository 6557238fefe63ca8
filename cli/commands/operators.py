"""``operator``: who may use the console and the ops API."""

from __future__ import annotations

import click

from cli.arguments import NAME
from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import by
from db.access.operators import ROLES
from db.session import reading
from syncs.acts import operators as acts
from syncs.views import operators as views


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(operator)


@click.group(cls=StoreGroup)
def operator() -> None:
    """Add operators, list and revoke them (viewer looks, operator acts, admin manages)."""


@operator.command()
@click.option("--name", type=NAME, required=True)
@click.option("--role", type=click.Choice(ROLES), required=True)
@json_option
def add(name: str, role: str, as_json: bool) -> None:
    """Add an operator and print the token, this once."""
    added = acts.add(name, role, by=by())
    if as_json:
        print_json(added.dump())
    else:
        click.echo(added.token)
    say(
        f"Keep this token of {name} ({role}) now, it is never shown again: the header is "
        "'Authorization: Bearer TOKEN'."
    )


@operator.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the operators; no token is kept that could be shown."""
    with reading() as session:
        operators = views.every(session)
    if as_json:
        print_json([item.dump() for item in operators])
        return
    rows = [
        (item.name, item.role, item.active, item.created_at, when(item.last_used_at))
        for item in operators
    ]
    empty = "There is no operator; 'python manage.py operator add --name N --role viewer' adds one."
    print_table(("name", "role", "active", "created", "last used"), rows, empty=empty)


@operator.command()
@click.argument("name")
@json_option
def revoke(name: str, as_json: bool) -> None:
    """Let an operator's token open nothing from now on."""
    changed = acts.revoke(name, by=by())
    say(f"{name} is revoked." if changed else f"{name} was revoked already.")
    if as_json:
        print_json({"name": name, "active": False})
