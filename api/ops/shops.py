"""``/api/ops/shops``: the shops of the chain; add one, change one, take one out of use."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from pydantic import AfterValidator, Field

from api.ops.commands import GIVEN, Order, by
from api.web.access import allow
from api.web.body import load
from api.web.describe import Answer, describe, refuses
from api.web.fields import Number, Title
from api.web.paging import LARGEST_ID
from api.web.shapes import Listing
from core.countries import country
from core.settings import settings
from core.zones import day_start, zone
from db.catalogue.shops import Values
from db.session import reading
from syncs.acts import shops as acts
from syncs.views import shops as views
from syncs.views.shapes import Count, Shape
from syncs.views.shops import Shop

bp = Blueprint("ops_shops", __name__, url_prefix="/api/ops/shops")

Zone = Annotated[str, AfterValidator(zone), Field(description="As Europe/Paris.")]
DayStart = Annotated[
    str,
    AfterValidator(day_start),
    Field(description="When its business day begins, as 05:00: a night is of the evening before."),
]
Country = Annotated[
    str, AfterValidator(country), Field(description="Two letters (ISO 3166-1), as FR.")
]
Currency = Annotated[str, Field(pattern="^[A-Za-z]{3}$", description="As EUR.")]
Policy = Literal["reject", "allow"]
ShopId = Annotated[int, Field(ge=1, le=LARGEST_ID)]


class NewShop(Order):
    """A shop; ``site_id`` is its number at the B2B source."""

    name: Title
    site_id: Number | None = None
    currency: Currency = "EUR"
    stock_policy: Policy = "reject"
    timezone: Zone | None = None
    day_starts_at: DayStart = "00:00"
    country: Country = "FR"


class ShopChange(Order):
    """What of a shop shall be another; what is missing stays as it is. ``site_id`` and
    ``sells_from`` may be null: none.
    """

    # A factory, for a default would be in the document; none of them is ever read.
    name: Title = Field(default_factory=str)
    site_id: Number | None = None
    stock_policy: Policy = Field(default_factory=lambda: "reject")
    timezone: Zone = Field(default_factory=str)
    day_starts_at: DayStart = Field(default_factory=str)
    country: Country = Field(default_factory=str)
    is_default: Literal[True] = Field(default_factory=lambda: True)
    sells_from: ShopId | None = None


class Deactivation(Order):
    """``move_articles_to``: the shop that has the articles from then on."""

    move_articles_to: ShopId | None = None


class Deactivated(Shape):
    """The shop, and how many of its articles another one has now."""

    shop: Shop
    moved: Count


@bp.get("")
@allow("viewer")
@describe(Answer(kind=Listing[Shop]))
def index() -> dict[str, object]:
    """All shops, oldest first."""
    with reading() as session:
        return {"results": [shop.dump() for shop in views.every(session)], "next": None}


@bp.get("/<ident:shop_id>")
@allow("viewer")
@describe(Answer(kind=Shop))
def show(shop_id: int) -> dict[str, object]:
    """One shop, with how many articles it sells and how many active terminals it has."""
    with reading() as session:
        return views.find(session, shop_id).dump()


@bp.post("")
@allow("admin")
@describe(
    Answer(status=201, kind=Shop, headers=("Location",), when="it is added"),
    refuses(409, "REFUSED", when="another shop has this site"),
    body=NewShop,
    example={"name": "Moulin Belleville", "site_id": "1"},
)
def add() -> ResponseReturnValue:
    """Add a shop; the first one is where products belong that name no site."""
    order = load(NewShop)
    made = acts.add(
        name=order.name, site_id=order.site_id, currency=order.currency,
        stock_policy=order.stock_policy, timezone=order.timezone or settings().timezone,
        day_starts_at=order.day_starts_at, country=order.country, by=by(order),
    )  # fmt: skip
    return jsonify(made.dump()), 201, {"Location": f"/api/ops/shops/{made.id}"}


@bp.post("/<ident:shop_id>/set")
@allow("admin")
@describe(
    Answer(kind=Shop),
    refuses(409, "REFUSED", when="another shop has the site, or it cannot sell from that shop"),
    body=ShopChange,
    example={"site_id": "2", "why": "the source has a number for it now"},
)
def change(shop_id: int) -> dict[str, object]:
    """Change a shop; what its tills send from now on is treated so."""
    order = load(ShopChange)
    values = order.model_dump(exclude_unset=True, exclude={"why"})
    return acts.change(shop_id, cast("Values", values), by=by(order)).shop.dump()


@bp.post("/<ident:shop_id>/deactivate")
@allow("admin")
@describe(
    Answer(kind=Deactivated),
    refuses(
        409, "REFUSED", when="it is the default, has active terminals or a stock, or is needed"
    ),
    body=Deactivation,
    example={"move_articles_to": 1, "why": "the lease ended"},
)
def deactivate(shop_id: int) -> dict[str, object]:
    """Take a shop out of use; its sales stay."""
    order = load(Deactivation)
    done = acts.deactivate(shop_id, move_to=order.move_articles_to, by=by(order))
    return {"shop": done.shop.dump(), "moved": done.moved}


@bp.post("/<ident:shop_id>/restore")
@allow("admin")
@describe(Answer(kind=Shop), body=Order, example=GIVEN)
def restore(shop_id: int) -> dict[str, object]:
    """Take a deactivated shop into use again, as it was."""
    return acts.restore(shop_id, by=by(load(Order))).shop.dump()
