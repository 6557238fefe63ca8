"""``products``: keep values of ours against the source's, and explain why one is what it is."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

import click

from cli.arguments import ID
from cli.output import json_option, print_json, print_table, say
from cli.stored import StoreGroup
from cli.who import by
from core import fields, money
from core.settings import settings
from db.catalogue.products import LOCKABLE
from db.session import reading
from syncs.acts import products as acts
from syncs.acts.products import Locked
from syncs.views import products as views

F = TypeVar("F", bound=Callable[..., object])

SPELLINGS = {"category": "category_id"}
SHOWN = tuple("category" if name == "category_id" else name for name in LOCKABLE)


class Checked(click.ParamType[Any]):
    """A value that passes the check of the source's own records."""

    def __init__(self, name: str, check: Callable[[object], Any]) -> None:
        self.name = name
        self.check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The checked value; a usage error names what is wrong with it."""
        try:
            # A code that is empty is none: the field is cleared.
            return Cleared if (checked := self.check(value)) is None else checked
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Cleared:
    """Means "set to nothing" where None means "not given"."""


CODE = Checked("code", fields.code)


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(products)


@click.group(cls=StoreGroup)
def products() -> None:
    """Lock fields of a product against syncs, set and explain them."""


def _fields(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(SPELLINGS.get(name, name) for name in given)
    unknown = [name for name in names if name not in LOCKABLE]
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(SHOWN)}.")
    return names


def _product_argument(command: F) -> F:
    command = click.argument("ident", metavar="ID")(command)
    return click.option("--external", is_flag=True, help="ID is the source's id.")(command)


def _fields_argument(command: F) -> F:
    return click.argument("names", metavar="FIELD...", nargs=-1, required=True, callback=_fields)(
        command
    )


@products.command(help=f"Let no sync overwrite fields of a product: {', '.join(SHOWN)}.")
@_product_argument
@_fields_argument
@json_option
def lock(ident: str, names: tuple[str, ...], external: bool, as_json: bool) -> None:
    """Lock fields."""
    done = acts.lock(ident, names, external=external, by=by())
    say(f"Product {done.id}: syncs leave {', '.join(names)} as they are.")
    _print_locked(done, as_json=as_json)


@products.command()
@_product_argument
@_fields_argument
@json_option
def unlock(ident: str, names: tuple[str, ...], external: bool, as_json: bool) -> None:
    """Let syncs write fields of a product again."""
    done = acts.unlock(ident, names, external=external, by=by())
    written = [name for name in names if name not in ("stock", "active")]
    if written:
        say(f"Product {done.id}: the next product sync writes the source's {', '.join(written)}.")
    if "stock" in names:
        say(
            "stock: the next product sync sets the source's."
            if settings().inventory_stock_mode == "mirror"
            else "stock: it stays, and follows the source's changes from here on."
        )
    if "active" in names:
        say("active: it stays, until the source loses the product or has it again.")
    _print_locked(done, as_json=as_json)


@products.command("set")
@_product_argument
@click.option("--title", type=Checked("title", fields.text))
@click.option("--price", type=Checked("price", money.amount), help="In the shop's currency.")
@click.option("--sku", type=CODE, help="Empty: none.")
@click.option("--barcode", type=CODE, help="Empty: none.")
@click.option("--category", "category_id", type=ID, help="The id of a category of ours.")
@click.option("--active/--inactive", "active", default=None, help="On sale or not.")
@json_option
def set_(ident: str, external: bool, as_json: bool, **given: object) -> None:
    """Set values of ours and lock their fields (stock: see 'stock adjust')."""
    values = {
        name: None if value is Cleared else value
        for name, value in given.items()
        if value is not None
    }
    if not values:
        raise click.UsageError("Nothing to set; --help lists what can be.")
    done = acts.set_values(ident, values, external=external, by=by())
    say(
        f"Product {done.id} has your {', '.join(values)}; 'python manage.py products unlock "
        f"{done.id} {' '.join(values)}' gives them back to the source."
    )
    _print_locked(done, as_json=as_json)


@products.command()
@_product_argument
@json_option
def explain(ident: str, external: bool, as_json: bool) -> None:
    """Show each field: ours, what the source said last, locked or not; and its link."""
    with reading() as session:
        product = views.find(session, ident, external=external)
    if as_json:
        print_json(product.dump())
        return
    rows = [
        (name, _plain(item.ours), _plain(item.source), item.locked)
        for name, item in product.fields.items()
    ]
    print_table(("field", "ours", "source", "locked"), rows, empty="")
    if product.link is None:
        say("No source has it: it was made here.")
        return
    print_table(("link", ""), product.link.dump().items(), empty="")
    if product.link.gone_at is not None:
        say("The source has it no longer; its values are kept, and it lives again if it returns.")


def _plain(value: Any) -> Any:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _print_locked(done: Locked, *, as_json: bool) -> None:
    if as_json:
        print_json(done.dump())
    else:
        click.echo(f"locked: {', '.join(done.locked) or 'none'}")
