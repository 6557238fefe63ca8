"""``stock``: prove that stock is the sum of its movements, explain it, correct it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence, Sized
from dataclasses import asdict

import click

from cli.arguments import ID, REASON
from cli.output import FAILED, json_option, print_json, print_table, say
from cli.stored import StoreCommand, StoreGroup
from cli.who import by
from db.catalogue import stock as ledger
from db.session import reading
from syncs.acts import stock as acts
from syncs.views import stock as views

MOST = 10**9


def register(group: click.Group) -> None:
    """Add the group."""
    group.add_command(stock)


@click.group(cls=StoreGroup)
def stock() -> None:
    """Verify, explain and correct the stock."""


@stock.command()
@json_option
def verify(as_json: bool) -> None:
    """Compare every stock with the sum of its movements, every line sold with its own."""
    with reading() as session:
        products, wrong = ledger.verify(session)
        sales, unmoved = ledger.verify_sales(session)
    mismatches, lines = [asdict(item) for item in wrong], [asdict(item) for item in unmoved]
    if as_json:
        print_json(
            {
                "products": products, "mismatches": len(mismatches), "list": mismatches,
                "sales": sales, "sale_mismatches": len(lines), "sale_list": lines,
            }
        )  # fmt: skip
    else:
        _print_products(products, mismatches)
        _print_sales(sales, lines)
    _say_mismatches(products, mismatches, lines)
    if mismatches or lines:
        sys.exit(FAILED)


def _print_products(count: int, mismatches: Sequence[Mapping[str, object]]) -> None:
    print_table(
        ("product", "stock", "ledger"), [list(item.values()) for item in mismatches],
        empty=f"{count} products: every stock is the sum of its movements.",
    )  # fmt: skip


def _print_sales(count: int, lines: Sequence[Mapping[str, object]]) -> None:
    print_table(
        ("sale", "line", "product", "sold", "moved product", "moved"),
        [list(item.values()) for item in lines],
        empty=f"{count} sales: every line has its movement, every movement its line.",
    )


def _say_mismatches(products: int, mismatches: Sized, lines: Sized) -> None:
    if mismatches:
        say(
            f"{len(mismatches)} of {products} products do not agree with their ledger: somebody "
            "wrote past it. 'python manage.py stock explain ID' shows the movements."
        )
    if lines:
        say(f"{len(lines)} lines of sales do not agree with the ledger: somebody wrote past it.")


@stock.command()
@click.argument("product_id", metavar="ID", type=ID)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def explain(product_id: int, limit: int, as_json: bool) -> None:
    """Show a product's movements, newest first."""
    with reading() as session:
        product = views.find(session, product_id, limit=limit)
    if as_json:
        print_json(product.dump())
        return
    columns = (
        "at",
        "kind",
        "delta",
        "stock_after",
        "run_id",
        "sale_id",
        "pos_transaction_id",
        "reason",
    )
    rows = [[getattr(item, column) for column in columns] for item in product.movements]
    print_table(columns, rows, empty="It has no movement.")
    say(f"Product {product_id}, {product.title}: {product.stock} in stock.")


# A number below zero is no option, though it begins like one.
@stock.command(cls=StoreCommand, context_settings={"ignore_unknown_options": True})
@click.argument("product_id", metavar="ID", type=ID)
@click.argument("delta", type=click.IntRange(-MOST, MOST))
@click.option("--reason", type=REASON, required=True, help="Kept with the movement.")
@json_option
def adjust(product_id: int, delta: int, reason: str, as_json: bool) -> None:
    """Correct a product's stock by DELTA (-5: five fewer), as a movement with its reason."""
    if delta == 0:
        raise click.BadParameter("0 changes nothing.", param_hint="DELTA")
    done = acts.adjust(product_id, delta, by=by(reason))
    say(f"Product {product_id} has {done.stock} in stock now.")
    if as_json:
        print_json(done.dump())
