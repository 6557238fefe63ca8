"""``stock``: prove that stock is the sum of its movements, explain it, correct it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from cli.arguments import ID, REASON
from cli.output import FAILED, json_option, print_json, print_table, say
from cli.stored import StoreCommand, StoreGroup
from cli.who import who
from core.errors import RefusedError
from db.access import audit
from db.catalogue import stock as ledger
from db.models import Product
from db.session import reading, writing

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
    found, lines = [asdict(item) for item in wrong], [asdict(item) for item in unmoved]
    if as_json:
        print_json(
            {
                "products": products, "mismatches": len(found), "list": found,
                "sales": sales, "sale_mismatches": len(lines), "sale_list": lines,
            }
        )  # fmt: skip
    else:
        _print_mismatches(
            ("product", "stock", "ledger"), found,
            empty=f"{products} products: every stock is the sum of its movements.",
        )  # fmt: skip
        _print_mismatches(
            ("sale", "line", "product", "sold", "moved product", "moved"), lines,
            empty=f"{sales} sales: every line has its movement, every movement its line.",
        )  # fmt: skip
    if found:
        say(
            f"{len(found)} of {products} products do not agree with their ledger: somebody wrote "
            "past it. 'python manage.py stock explain ID' shows the movements."
        )
    if lines:
        say(f"{len(lines)} lines of sales do not agree with the ledger: somebody wrote past it.")
    if found or lines:
        sys.exit(FAILED)


def _print_mismatches(columns: Sequence[str], found: list[dict[str, Any]], *, empty: str) -> None:
    print_table(columns, [list(item.values()) for item in found], empty=empty)


@stock.command()
@click.argument("product_id", metavar="ID", type=ID)
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@json_option
def explain(product_id: int, limit: int, as_json: bool) -> None:
    """Show a product's movements, newest first."""
    with reading() as session:
        product = session.get(Product, product_id)
        if product is None:
            raise RefusedError(f"There is no product {product_id}.")
        title, now = product.title, product.stock
        movements = [
            {
                "id": item.id,
                "at": item.at,
                "kind": item.kind,
                "delta": item.delta,
                "stock_after": item.stock_after,
                "run_id": item.run_id,
                "sale_id": item.sale_id,
                "reason": item.reason,
            }
            for item in ledger.movements(session, product_id, limit=limit)
        ]
    if as_json:
        print_json({"product_id": product_id, "title": title, "stock": now, "movements": movements})
        return
    columns = ("at", "kind", "delta", "stock_after", "run_id", "sale_id", "reason")
    rows = [[item[column] for column in columns] for item in movements]
    print_table(columns, rows, empty="It has no movement.")
    say(f"Product {product_id}, {title}: {now} in stock.")


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
    with writing() as session:
        after = ledger.adjust(session, product_id, delta, reason)
        audit.note(
            session, who=who(), what="stock.adjust", subject=f"product {product_id}", why=reason,
            delta=delta,
        )  # fmt: skip
    say(f"Product {product_id} has {after} in stock now.")
    if as_json:
        print_json({"product_id": product_id, "delta": delta, "stock": after})
