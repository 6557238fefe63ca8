"""``shop``: the shops of the chain."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar, cast

import click

from cli.arguments import ID, REASON, Line
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from core.countries import country
from core.settings import settings
from core.zones import day_start, zone
from db.catalogue.shops import POLICIES, Values
from db.session import reading
from syncs.acts import shops as acts
from syncs.views import shops as views
from syncs.views.shops import Shop

F = TypeVar("F", bound=Callable[..., object])
CURRENCY = re.compile(r"[A-Za-z]{3}", re.ASCII).fullmatch


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(shop)


@click.group(cls=StoreGroup)
def shop() -> None:
    """Add shops, list, change and deactivate them."""


def _currency(_: click.Context, __: click.Parameter, value: str) -> str:
    if not CURRENCY(value):
        raise click.BadParameter("three letters, as in EUR or XOF.")
    return value.upper()


def _checked(
    check: Callable[[str], str],
) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """A callback that gives what ``check`` returns, and a usage error where it raises."""

    def callback(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
        try:
            return None if value is None else check(value)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


def _day_starts_at(default: str | None) -> Callable[[F], F]:
    return click.option(
        "--day-starts-at", metavar="HH:MM", default=default, show_default=bool(default),
        callback=_checked(day_start),
        help="When its business day begins: with 05:00 a night is of the evening before.",
    )  # fmt: skip


def _country(default: str | None) -> Callable[[F], F]:
    return click.option(
        "--country", metavar="XX", default=default, show_default=bool(default),
        callback=_checked(country), help="Its two letters.",
    )  # fmt: skip


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
    "--timezone",
    callback=_checked(zone),
    help="Where its tills are.  [default: the setting TIMEZONE]",
)
@_day_starts_at("00:00")
@_country("FR")
@json_option
def add(
    name: str,
    site_id: str | None,
    currency: str,
    stock_policy: str,
    timezone: str | None,
    day_starts_at: str,
    country: str,
    as_json: bool,
) -> None:
    """Add a shop."""
    made = acts.add(
        name=name, site_id=site_id, currency=currency, stock_policy=stock_policy,
        timezone=timezone or settings().timezone, day_starts_at=day_starts_at, country=country,
        by=by(),
    )  # fmt: skip
    if as_json:
        print_json(made.dump())
    else:
        click.echo(f"Shop {made.id}: {name}, {made.currency}.")
    _say_what_follows(made)


@shop.command("set")
@click.argument("shop_id", metavar="ID", type=ID)
@click.option("--name", type=Line(500))
@click.option("--stock-policy", type=click.Choice(POLICIES))
@click.option("--timezone", callback=_checked(zone))
@_day_starts_at(None)
@_country(None)
@click.option("--site-id", type=Line(64), help="Its number at the B2B source.")
@click.option("--no-site-id", is_flag=True, help="It has none any more.")
@click.option(
    "--default", "is_default", is_flag=True, help="New products that name no site belong to it."
)
@click.option(
    "--sells-from", metavar="ID", type=ID, help="It sells that shop's articles too, from its stock."
)
@click.option("--no-sells-from", is_flag=True, help="It sells its own articles only.")
@json_option
def set_(
    shop_id: int, no_site_id: bool, no_sells_from: bool, as_json: bool, **given: object
) -> None:
    """Change a shop; what its tills send from now on is treated so."""
    for name, without in (("site_id", no_site_id), ("sells_from", no_sells_from)):
        if given[name] is not None and without:
            word = name.replace("_", "-")
            raise click.UsageError(f"Give --{word} or --no-{word}, not both.")
    values = {name: value for name, value in given.items() if value}
    values |= {"site_id": None} if no_site_id else {}
    values |= {"sells_from": None} if no_sells_from else {}
    if not values:
        raise click.UsageError("Give what to change: 'shop set --help' lists it.")
    changed = acts.change(shop_id, cast("Values", values), by=by())
    say(f"Shop {shop_id} is changed." if changed.changed else f"Shop {shop_id} was so already.")
    if as_json:
        print_json(changed.shop.dump())
    if values.keys() & {"site_id", "is_default", "sells_from"}:
        _say_what_follows(changed.shop)


@shop.command()
@click.argument("shop_id", metavar="ID", type=ID)
@click.option(
    "--move-articles-to",
    "move_to",
    metavar="ID",
    type=ID,
    help="The shop that has them from then on.",
)
@click.option("--why", type=REASON, help="Kept in the audit.")
@json_option
def deactivate(shop_id: int, move_to: int | None, why: str | None, as_json: bool) -> None:
    """Take a shop out of use; its sales stay. Refused while it has active terminals or a stock."""
    done = acts.deactivate(shop_id, move_to=move_to, by=by(why))
    say(f"Shop {shop_id} ({done.shop.name}) is deactivated.")
    if move_to is not None:
        say(f"{done.moved} articles moved to shop {move_to}.")
    if as_json:
        print_json(done.shop.dump())


@shop.command()
@click.argument("shop_id", metavar="ID", type=ID)
@json_option
def restore(shop_id: int, as_json: bool) -> None:
    """Take a deactivated shop into use again, as it was."""
    done = acts.restore(shop_id, by=by())
    name = f"Shop {shop_id} ({done.shop.name})"
    say(f"{name} is in use again." if done.changed else f"{name} was not deactivated.")
    if as_json:
        print_json(done.shop.dump())


@shop.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the shops, with how many articles each sells and how many tills it has."""
    with reading() as session:
        shops = [shop.dump() for shop in views.every(session)]
    if as_json:
        print_json(shops)
        return
    columns = (
        "id", "name", "site_id", "currency", "stock_policy", "timezone", "day_starts_at",
        "country", "is_default", "sells_from", "active", "articles", "terminals",
    )  # fmt: skip
    print_table(
        columns, [[item[column] for column in columns] for item in shops],
        empty="There is no shop; 'python manage.py shop add --name NAME' adds one.",
    )  # fmt: skip


def _say_what_follows(shop: Shop) -> None:
    """Print which products the next sync places in the shop, and what it sells beside them."""
    if not shop.active:
        say(f"It is deactivated; 'shop restore {shop.id}' takes it into use again.")
        return
    with reading() as session:
        every = {each.id: each for each in views.every(session)}
    if shop.sells_from is not None:
        other = every[shop.sells_from]
        say(f"It sells the articles of shop {other.id} ({other.name}) too, from that one's stock.")
    if shop.site_id is not None:
        say(f"Products that name site {shop.site_id} are placed in it at the next product sync.")
    if shop.is_default:
        say("New products that name no site are placed in it at the next product sync.")
    if shop.site_id is not None or shop.is_default:
        say("Now: 'python manage.py sync_products_from_inventory'.")
    elif shop.sells_from is None:
        default = next(each for each in every.values() if each.is_default)
        _say_it_stays_empty(shop, default)


def _say_it_stays_empty(shop: Shop, default: Shop) -> None:
    say(
        f"No product sync places anything in it: it has no site, and products that name none "
        f"belong to shop {default.id} ({default.name})."
    )
    ways = [f"'shop set {shop.id} --site-id N' gives it a site"]
    if default.currency == shop.currency and default.sells_from is None:
        ways.append(
            f"'shop set {shop.id} --sells-from {default.id}' lets it sell that shop's articles"
        )
    ways.append(f"'shop set {shop.id} --default' gives it the new products that name none")
    say(f"{'; '.join(ways)}.")
