"""``shop``: the shops of the chain."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

import click

from cli.arguments import ID, Line
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from core.settings import settings
from db.catalogue.shops import POLICIES
from db.session import reading
from syncs.acts import shops as acts
from syncs.views import shops as views

CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII).fullmatch
NO_PLACES = frozenset({"localtime", "Factory"})
"""Zones of the system's that name no place, or another one on each machine."""


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(shop)


@click.group(cls=StoreGroup)
def shop() -> None:
    """Add shops, list and change them."""


def _currency(_: click.Context, __: click.Parameter, value: str) -> str:
    if not CURRENCY(value):
        raise click.BadParameter("three letters, as in EUR or XOF.")
    return value.upper()


def _timezone(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in available_timezones() - NO_PLACES:
        raise click.BadParameter("no such time zone; give one like Europe/Paris or Africa/Bamako.")
    return value


@shop.command()
@click.option("--name", type=Line(500), required=True)
@click.option("--site-id", type=Line(64), help="Its number at the B2B source.")
@click.option("--currency", default="EUR", show_default=True, callback=_currency)
@click.option(
    "--stock-policy",
    type=click.Choice(POLICIES),
    default="reject",
    show_default=True,
    help="A sale of more than is in stock: refuse it, or let the stock go below zero.",
)
@click.option(
    "--timezone", callback=_timezone, help="Where its tills are.  [default: the setting TIMEZONE]"
)
@json_option
def add(
    name: str,
    site_id: str | None,
    currency: str,
    stock_policy: str,
    timezone: str | None,
    as_json: bool,
) -> None:
    """Add a shop."""
    made = acts.add(
        name=name, site_id=site_id, currency=currency, stock_policy=stock_policy,
        timezone=timezone or settings().timezone, by=by(),
    )  # fmt: skip
    if as_json:
        print_json(made.dump())
    else:
        click.echo(f"Shop {made.id}: {name}, {made.currency}.")
    say(
        "Products are placed in it at the next product sync; now: "
        "'python manage.py sync_products_from_inventory'."
    )


@shop.command("set")
@click.argument("shop_id", metavar="ID", type=ID)
@click.option("--name", type=Line(500))
@click.option("--stock-policy", type=click.Choice(POLICIES))
@click.option("--timezone", callback=_timezone)
@json_option
def set_(
    shop_id: int, name: str | None, stock_policy: str | None, timezone: str | None, as_json: bool
) -> None:
    """Change a shop; what its tills send from now on is treated so."""
    if not any((name, stock_policy, timezone)):
        raise click.UsageError("Give --name, --stock-policy or --timezone.")
    shop, changed = acts.change(
        shop_id, name=name, stock_policy=stock_policy, timezone=timezone, by=by()
    )
    say(f"Shop {shop_id} is changed." if changed else f"Shop {shop_id} was so already.")
    if as_json:
        print_json(shop.dump())


@shop.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the shops."""
    with reading() as session:
        shops = [shop.dump() for shop in views.every(session)]
    if as_json:
        print_json(shops)
        return
    columns = ("id", "name", "site_id", "currency", "stock_policy", "timezone")
    print_table(
        columns, [[item[column] for column in columns] for item in shops],
        empty="There is no shop; 'python manage.py shop add --name NAME' adds one.",
    )  # fmt: skip
