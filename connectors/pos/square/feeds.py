"""Square's records as Square sends them, page by page and one by one (Connect API, 2025-08-20)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from http import HTTPStatus
from typing import ClassVar
from urllib.parse import quote

from connectors.errors import AnswerError, RequestError
from connectors.families import Location, Moment, PointOfSale, periods
from connectors.families.events import Events
from connectors.families.feeds import Feed, Feeds
from connectors.families.walks import read
from connectors.http import reason
from connectors.http.token_requests import Provider
from connectors.page import Page
from connectors.pos.square import catalogue_pages, found, order_pages, orders, search
from connectors.pos.square.catalogue_pages import ProductPayload, PromotionPayload
from connectors.pos.square.events import SquareEvents
from connectors.pos.square.oauth import PROVIDER
from connectors.pos.square.payloads import LocationPayload, OrderPayload
from connectors.pos.square.wire import listed
from core.payload import parse

LOCATIONS = "v2/locations"
ORDERS = "v2/orders"
LIST = "v2/catalog/list"
PRODUCTS = ("ITEM", "ITEM_VARIATION")
PROMOTIONS = ("PRICING_RULE", "DISCOUNT", "PRODUCT_SET", "TIME_PERIOD")
_JUST_BEFORE = timedelta(milliseconds=1)


class SquareFeeds(PointOfSale):
    """What a seller has at Square, as payloads. ``api.version`` is the ``Square-Version`` of every
    request.
    """

    vendor: ClassVar[str] = "square"
    base_url: ClassVar[str] = "https://connect.squareup.com"
    keyed: ClassVar[bool] = True
    sandboxes: ClassVar[frozenset[str]] = frozenset({"connect.squareupsandbox.com"})
    version: ClassVar[str | None] = "2025-08-20"
    provider: ClassVar[Provider] = PROVIDER
    events: ClassVar[Events | None] = SquareEvents()

    @property
    def headers(self) -> Mapping[str, str]:
        """The version of the API, which decides what an order looks like."""
        return {"Square-Version": self.config.api.version or ""}

    def get_locations(self) -> list[Location]:
        """Every location of the seller, closed ones too."""
        known = listed(self.get(LOCATIONS), "locations", path=LOCATIONS)
        if not known:
            raise AnswerError(f"{LOCATIONS}: there are no locations; a seller has one at least")
        return [read(LOCATIONS, _location, each) for each in known]

    def order_pages(
        self,
        *,
        start: Mapping[str, str] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Iterator[Page]:
        """Orders that changed, each with its location beside it; see ``Feed``.

        Raises ``RequestError`` for a location of the configuration that the seller does not have.
        """
        known, chosen = self._located, self.config.locations
        if strange := set(chosen or ()) - known.keys():
            raise RequestError(f"locations: the seller has none with the id {min(strange)}")
        places = [known[ident] for ident in chosen or known]
        walk = partial(order_pages.walk, locations=places, start=start, since=since, until=until)
        return self._dated(walk)

    def order(self, ident: str) -> dict[str, object] | None:
        """One order with its location beside it; None for a draft, for an order of a location that
        is not ours, and when there is none.
        """
        data = self._found(f"{ORDERS}/{quote(ident, safe='')}")
        order = data.get("order") if isinstance(data, dict) else None
        if not isinstance(order, dict) or order.get("state") not in order_pages.STATES:
            return None
        chosen = self.config.locations
        if chosen is not None and order.get("location_id") not in chosen:
            return None
        return order_pages.beside(order, self._located)

    def product_pages(
        self,
        *,
        start: Mapping[str, str] | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Iterator[Page]:
        """Variations, each with its item beside it; see ``Feed``. Square takes no ``until``."""
        at = None if since is None else periods.instant(since, "UTC")
        for page in found.again(partial(self.objects, *PRODUCTS, since=at), start):
            objects = page.payloads
            if at is None:
                # A variation comes within its item, which may be on another page.
                objects = [each for each in objects if catalogue_pages.without_item(each)]
            items = self._objects.by_id(catalogue_pages.items_elsewhere(objects))
            yield replace(page, payloads=catalogue_pages.products(objects, items))

    def product(self, ident: str) -> dict[str, object] | None:
        """One variation with its item beside it; None when it is deleted."""
        known = self._objects.by_id([ident])
        items = self._objects.by_id(catalogue_pages.items_elsewhere([*known.values()]))
        payloads = catalogue_pages.products([*known.values()], items)
        return next((each for each in payloads if isinstance(each, dict)), None)

    def promotion_pages(self, **_: object) -> Iterator[Page]:
        """Pricing rules, each with what it points to: one page, for that may be anywhere."""
        objects = [each for page in self.objects(*PROMOTIONS) for each in page.payloads]
        payloads = catalogue_pages.promotions(objects)
        yield Page(payloads=payloads, query={}, count=len(payloads))

    feeds: ClassVar[Feeds] = {
        "transactions": Feed(
            pages=order_pages,
            one=order,
            record=OrderPayload,
            read=orders.transaction,
            replication_key="updated_at",
        ),
        "products": Feed(
            pages=product_pages,
            one=product,
            record=ProductPayload,
            read=catalogue_pages.product,
            replication_key="updated_at",
            complete=True,
        ),
        "promotions": Feed(
            pages=promotion_pages,
            record=PromotionPayload,
            read=catalogue_pages.promotion,
            complete=True,
        ),
    }

    def orders(
        self, wanted: search.Search, *, start: Mapping[str, str] | None = None
    ) -> Iterator[Page]:
        """Orders as received, page by page; ``start`` is a page's ``next_query``."""
        return search.walk(self.post, wanted, start=start)

    def objects(
        self,
        *kinds: str,
        since: datetime | None = None,
        start: Mapping[str, str] | None = None,
    ) -> Iterator[Page]:
        """Objects of the catalogue as received, page by page; ``start`` is a page's ``next_query``.

        ``since``: those changed since then, the deleted ones with them.
        """
        if since is None:
            types = {"types": ",".join(kinds)}
            return found.walk(lambda query: self.get(LIST, {**types, **query}), LIST, start=start)
        asked = {
            "object_types": list(kinds),
            "include_deleted_objects": True,
            "include_related_objects": True,
            # Square leaves out what changed at that very instant.
            "begin_time": search.rfc3339(since.astimezone(UTC) - _JUST_BEFORE),
        }
        ask = partial(self.post, found.SEARCH)
        return found.walk(lambda query: ask({**asked, **query}), found.SEARCH, start=start)

    @cached_property
    def _located(self) -> dict[str, Location]:
        return {each.id: each for each in self.get_locations()}

    @cached_property
    def _objects(self) -> found.Objects:
        return found.Objects(self.post)

    def _found(self, path: str) -> object:
        try:
            return self.get(path)
        except RequestError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return None
            raise

    def _dated(self, walk: Callable[[search.Ask], Iterator[Page]]) -> Iterator[Page]:
        """The pages of ``walk``, each with Square's clock when it answered."""
        now: datetime | None = None

        def ask(path: str, body: object) -> object:
            nonlocal now
            answer = self.http.post(path, body, idempotent=True)
            now = answer.now
            return _good(path, answer.data)

        for page in walk(ask):
            yield replace(page, now=now)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """An answer. Raises ``connectors.errors``."""
        return _good(path, self.http.get(path, query or {}).data)

    def post(self, path: str, body: object) -> object:
        """The answer to a search or a write. Raises ``connectors.errors``."""
        # A search, or a write with an idempotency key: to repeat either does no harm.
        return _good(path, self.http.post(path, body, idempotent=True).data)


def _good(path: str, data: object) -> object:
    """``data`` unless it has errors: Square puts those of a bulk endpoint into a 200."""
    if isinstance(data, dict) and data.get("errors"):
        error = RequestError(f"{path}: a good answer with errors in it", status_code=HTTPStatus.OK)
        raise error.because(reason.word(data))
    return data


def _location(raw: object) -> Location:
    payload = parse(LocationPayload, raw)
    return Location(
        id=payload.id,
        name=payload.name or payload.id,
        timezone=payload.timezone,
        currency=payload.currency,
        active=payload.status != "INACTIVE",
    )
