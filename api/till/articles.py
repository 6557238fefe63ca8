"""``/api/v2/simple/articles/``: what the shop's tills sell, and what changed since they asked."""

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
from db.catalogue import articles
from db.catalogue.articles import Article
from db.session import reading
from syncs.sales.answers import amount

bp = Blueprint("till_articles", __name__, url_prefix=f"{PREFIX}articles")

KIND = b"a"
MOST = 500


class ArticlesQuery(queries.Query):
    """Which articles."""

    modifie_depuis: queries.When | None = Field(default=None, description=queries.WHEN)
    limit: int = Field(
        default=100, ge=1, le=MOST, description=f"doit être un nombre entier de 1 à {MOST}"
    )
    cursor: Annotated[Place, queries.cursor(KIND)] | None = Field(
        default=None, description=queries.CURSOR
    )


@bp.get("/", strict_slashes=False)
@allow("terminal")
@describe(Answer(kind=answers.Articles), query=ArticlesQuery)
def index() -> dict[str, object]:
    """Articles of the terminal's shop, by id."""
    query = queries.asked(ArticlesQuery)
    till = devices.current()
    zone = ZoneInfo(till.timezone)
    since = None if query.modifie_depuis is None else periods.start_of(query.modifie_depuis, zone)
    after = 0 if query.cursor is None else query.cursor.id
    with reading() as session:
        # Read before the rows and carried from page to page: a change behind the cursor while a
        # till reads the pages is then part of its next request.
        as_of = articles.as_of(session) if query.cursor is None else query.cursor.moment
        rows = articles.page(session, till.shop_id, since=since, after=after, limit=query.limit + 1)
    page, following = rows[: query.limit], None
    if len(rows) > query.limit:
        following = queries.following(KIND, Place(as_of, page[-1].id))
    return {
        "boutique_id": till.shop_id,
        "boutique_nom": till.shop_name,
        "results": [_article(article) for article in page],
        "next": following,
        "a_jour_au": moments.moment(as_of, zone),
    }


def _article(article: Article) -> dict[str, object]:
    return {
        "id": article.id,
        "nom": article.title,
        "sku": article.sku,
        "code_barres": article.barcode,
        "prix_vente": amount(article.price),
        "stock": article.stock,
        "categorie": article.category,
        "actif": article.active,
    }
