"""``/api/v2/simple/statistiques/``: what the shop sold, by day, by means of payment, by article."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Blueprint
from pydantic import Field

from api.till import answers, devices, moments, periods, queries
from api.till.errors import PREFIX
from api.web.access import allow
from api.web.describe import Answer, describe
from db import bulk
from db.session import reading
from db.tills import statistics
from db.tills.days import Bounds
from db.tills.statistics import Figure, Moved
from syncs.sales.answers import amount

bp = Blueprint("till_statistics", __name__, url_prefix=f"{PREFIX}statistiques")

DAYS = 30
MOST_DAYS = 366
MOST_ARTICLES = 10

When = date | datetime


class StatisticsQuery(queries.Query):
    """Which period; by default the last 30 days, today's among them."""

    depuis: queries.When | None = Field(default=None, description=queries.WHEN)
    jusqua: queries.When | None = Field(default=None, description=queries.WHEN)


@bp.get("/", strict_slashes=False)
@allow("terminal")
@describe(Answer(kind=answers.Statistics), query=StatisticsQuery)
def index() -> dict[str, object]:
    """Figures of the terminal's shop, in its days and its currency."""
    query = queries.asked(StatisticsQuery)
    till = devices.current()
    zone, shop_id = ZoneInfo(till.timezone), till.shop_id
    with reading() as session:
        since, until = _period(query, bulk.now(session), zone)
        days = _days(since, until, zone)
        figures = statistics.figures(session, shop_id, list(days.values()))
        whole = periods.start_of(since, zone), periods.stop_of(until, zone)
        pieces, top = statistics.articles(session, shop_id, whole, limit=MOST_ARTICLES)
    names = [day.isoformat() for day in days]
    return {
        "boutique_id": shop_id,
        "boutique_nom": till.shop_name,
        "devise": till.currency,
        "depuis": moments.day_or_moment(since, zone),
        "jusqua": moments.day_or_moment(until, zone),
        "total": _total(figures, pieces),
        "par_jour": _grouped("jour", figures, lambda figure: names[figure.day]),
        "par_mode_paiement": _grouped("mode_paiement", figures, lambda one: one.payment_method),
        "top_articles": [_article(article) for article in top],
    }


def _period(query: StatisticsQuery, now: datetime, zone: ZoneInfo) -> tuple[When, When]:
    """From when to when, as days or as moments."""
    until = query.jusqua if query.jusqua is not None else now.astimezone(zone).date()
    last = periods.day_of(until, zone)
    since = query.depuis if query.depuis is not None else last - timedelta(DAYS - 1)
    periods.check_order(since, until, zone)
    if (last - periods.day_of(since, zone)).days >= MOST_DAYS:
        raise queries.wrong("depuis", f"ne peut précéder jusqua de plus de {MOST_DAYS} jours")
    return since, until


def _days(since: When, until: When, zone: ZoneInfo) -> dict[date, Bounds]:
    """Each day of the period with its bounds; the first and the last may not be whole."""
    start, stop = periods.start_of(since, zone), periods.stop_of(until, zone)
    first = periods.day_of(since, zone)
    count = (periods.day_of(until, zone) - first).days + 1
    days = [first + timedelta(n) for n in range(count)]
    return {
        day: (max(start, periods.start_of(day, zone)), min(stop, periods.stop_of(day, zone)))
        for day in days
    }


def _total(figures: Sequence[Figure], pieces: int) -> dict[str, object]:
    return {
        **_summed(figures),
        "nombre_articles": pieces,
        "remboursements": sum(figure.refunds for figure in figures),
        "impayees": _summed([figure for figure in figures if not figure.paid]),
    }


def _summed(figures: Sequence[Figure]) -> dict[str, object]:
    return {
        "nombre_ventes": sum(figure.count for figure in figures),
        "montant_total": amount(sum((figure.amount for figure in figures), Decimal(0))),
    }


def _grouped(
    word: str, figures: list[Figure], name: Callable[[Figure], str]
) -> list[dict[str, object]]:
    groups = defaultdict(list)
    for figure in figures:
        groups[name(figure)].append(figure)
    return [{word: key, **_summed(groups[key])} for key in sorted(groups)]


def _article(article: Moved) -> dict[str, object]:
    return {
        "article_id": article.product_id,
        "article_nom": article.title,
        "quantite": article.quantity,
        "montant_total": amount(article.amount),
    }
