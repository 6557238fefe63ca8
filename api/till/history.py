"""``/api/v2/simple/ventes/historique/``: the shop's sales, newest first."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from flask import Blueprint
from pydantic import Field

from api.till import answers, devices, moments, periods, queries
from api.till.cursors import Place
from api.till.errors import PREFIX
from api.web.access import allow
from api.web.describe import Answer, describe
from db.session import reading
from db.tills import history
from db.tills.history import Sold, SoldLine
from syncs.sales.answers import amount

bp = Blueprint("till_history", __name__, url_prefix=f"{PREFIX}ventes/historique")

KIND = b"v"
MOST = 200


class HistoryQuery(queries.Query):
    """Which sales."""

    depuis: queries.When | None = Field(default=None, description=queries.WHEN)
    jusqua: queries.When | None = Field(default=None, description=queries.WHEN)
    limit: int = Field(
        default=50, ge=1, le=MOST, description=f"doit être un nombre entier de 1 à {MOST}"
    )
    cursor: Annotated[Place, queries.cursor(KIND)] | None = Field(
        default=None, description=queries.CURSOR
    )


@bp.get("/", strict_slashes=False)
@allow("terminal")
@describe(Answer(kind=answers.History), query=HistoryQuery)
def index() -> dict[str, object]:
    """Sales of the terminal's shop."""
    query = queries.asked(HistoryQuery)
    till = devices.current()
    zone = ZoneInfo(till.timezone)
    start, stop = periods.bounds(query.depuis, query.jusqua, zone)
    with reading() as session:
        sales = history.recent(
            session, till.shop_id, start=start, stop=stop, before=query.cursor,
            limit=query.limit + 1,
        )  # fmt: skip
    page, following = sales[: query.limit], None
    if len(sales) > query.limit:
        following = queries.following(KIND, Place(page[-1].sold_at, page[-1].id))
    return {
        "boutique_id": till.shop_id,
        "boutique_nom": till.shop_name,
        "results": [_sale(sale, zone) for sale in page],
        "next": following,
    }


def _sale(sale: Sold, zone: ZoneInfo) -> dict[str, object]:
    return {
        "numero_facture": sale.invoice_number,
        "montant_total": amount(sale.total),
        "mode_paiement": sale.payment_method,
        "paye": sale.paid,
        "date_vente": moments.moment(sale.sold_at, zone),
        "date_reception": moments.moment(sale.received_at, zone),
        "terminal": sale.terminal,
        "remise": None if sale.discount is None else amount(sale.discount),
        "lignes": [_line(line) for line in sale.lines],
    }


def _line(line: SoldLine) -> dict[str, object]:
    return {
        "article_id": line.product_id,
        "article_nom": line.title,
        "quantite": line.quantity,
        "prix_unitaire": amount(line.unit_price),
        "prix_catalogue": amount(line.list_price),
        "sous_total": amount(line.subtotal),
    }
