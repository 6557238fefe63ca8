"""``operator``: who may use the console and the ops API."""

from __future__ import annotations

from typing import Any

import click

from cli.arguments import NAME
from cli.output import json_option, print_json, print_table, say, when
from cli.stored import StoreGroup
from cli.who import who
from db.access import audit, operators
from db.session import reading, writing


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(operator)


@click.group(cls=StoreGroup)
def operator() -> None:
    """Add operators, list and revoke them (viewer looks, operator acts, admin manages)."""


@operator.command()
@click.option("--name", type=NAME, required=True)
@click.option("--role", type=click.Choice(operators.ROLES), required=True)
@json_option
def add(name: str, role: str, as_json: bool) -> None:
    """Add an operator and print the token, this once."""
    with writing() as session:
        made, token = operators.add(session, name=name, role=role)
        ident = made.id
        audit.note(session, who=who(), what="operator.add", subject=f"operator {name}", role=role)
    if as_json:
        print_json({"id": ident, "name": name, "role": role, "token": token})
    else:
        click.echo(token)
    say(
        f"Keep this token of {name} ({role}) now, it is never shown again: the header is "
        "'Authorization: Bearer TOKEN'."
    )


@operator.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the operators; no token is kept that could be shown."""
    with reading() as session:
        found: list[dict[str, Any]] = [
            {
                "id": item.id,
                "name": item.name,
                "role": item.role,
                "active": item.active,
                "created_at": item.created_at,
                "last_used_at": item.last_used_at,
            }
            for item in operators.every(session)
        ]
    if as_json:
        print_json(found)
        return
    rows = [
        (item["name"], item["role"], item["active"], item["created_at"], when(item["last_used_at"]))
        for item in found
    ]
    empty = "There is no operator; 'python manage.py operator add --name N --role viewer' adds one."
    print_table(("name", "role", "active", "created", "last used"), rows, empty=empty)


@operator.command()
@click.argument("name")
@json_option
def revoke(name: str, as_json: bool) -> None:
    """Let an operator's token open nothing from now on."""
    with writing() as session:
        changed = operators.revoke(session, name)
        if changed:
            audit.note(session, who=who(), what="operator.revoke", subject=f"operator {name}")
    say(f"{name} is revoked." if changed else f"{name} was revoked already.")
    if as_json:
        print_json({"name": name, "active": False})
