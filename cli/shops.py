"""``shop``: the shops of the chain."""

from __future__ import annotations

import re

import click

from cli.arguments import Line
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import who
from db import audit, shops
from db.models import Shop
from db.session import reading, writing

CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII).fullmatch


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(shop)


@click.group(cls=StoreGroup)
def shop() -> None:
    """Add shops and list them."""


def _currency(_: click.Context, __: click.Parameter, value: str) -> str:
    if not CURRENCY(value):
        raise click.BadParameter("three letters, as in EUR or XOF.")
    return value.upper()


@shop.command()
@click.option("--name", type=Line(500), required=True)
@click.option("--site-id", type=Line(64), help="Its number at the B2B source.")
@click.option("--currency", default="EUR", show_default=True, callback=_currency)
@json_option
def add(name: str, site_id: str | None, currency: str, as_json: bool) -> None:
    """Add a shop."""
    with writing() as session:
        made = shops.add(session, name=name, site_id=site_id, currency=currency)
        audit.note(session, who=who(), what="shop.add", subject=f"shop {made.id}", name=name)
        found = _columns(made)
    if as_json:
        print_json(found)
    else:
        click.echo(f"Shop {found['id']}: {name}, {found['currency']}.")
    say(
        "Products are placed in it at the next product sync; now: "
        "'python manage.py sync_products_from_inventory'."
    )


@shop.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the shops."""
    with reading() as session:
        found = [_columns(item) for item in shops.every(session)]
    if as_json:
        print_json(found)
        return
    columns = ("id", "name", "site_id", "currency")
    print_table(
        columns, [[item[column] for column in columns] for item in found],
        empty="There is no shop; 'python manage.py shop add --name NAME' adds one.",
    )  # fmt: skip


def _columns(item: Shop) -> dict[str, object]:
    return {
        "id": item.id,
        "name": item.name,
        "site_id": item.site_id,
        "currency": item.currency,
    }
