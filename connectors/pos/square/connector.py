"""Square: a seller's locations, orders and catalogue (Connect API, 2025-08-20)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import ClassVar, TypeVar
from urllib.parse import quote

from connectors.errors import AnswerError, RequestError
from connectors.families import (
    Location,
    PointOfSale,
    Price,
    Product,
    Promotion,
    Result,
    Status,
    Transaction,
)
from connectors.http import reason
from connectors.http.token_requests import Provider
from connectors.page import Page
from connectors.pos.square import catalogue, found, orders, periods, pushes, search
from connectors.pos.square.oauth import PROVIDER
from connectors.pos.square.objects import ObjectPayload
from connectors.pos.square.payloads import LocationPayload, OrderPayload
from connectors.pos.square.wire import listed
from core.errors import SkippableError
from core.payload import parse

LOCATIONS = "v2/locations"
ORDERS = "v2/orders"
LIST = "v2/catalog/list"
_JUST_BEFORE = timedelta(milliseconds=1)

T = TypeVar("T")


class SquareConnector(PointOfSale):
    """A seller's account at Square. ``api.version`` is the ``Square-Version`` of every request.

    Threads may share one. Of its writes one runs at a time: Square locks a seller's catalogue
    while one is written, and refuses others with 429.
    """

    vendor: ClassVar[str] = "square"
    base_url: ClassVar[str] = "https://connect.squareup.com"
    version: ClassVar[str | None] = "2025-08-20"
    provider: ClassVar[Provider] = PROVIDER

    @property
    def headers(self) -> Mapping[str, str]:
        """The version of the API, which decides what an order looks like."""
        return {"Square-Version": self.config.api.version or ""}

    def get_locations(self) -> list[Location]:
        """Every location of the seller, closed ones too."""
        known = listed(self._get(LOCATIONS), "locations", path=LOCATIONS)
        if not known:
            raise AnswerError(f"{LOCATIONS}: there are no locations; a seller has one at least")
        return [_read(LOCATIONS, _location, each) for each in known]

    def get_transactions(
        self,
        start_date: date | datetime,
        end_date: date | datetime,
        status: Status | None = None,
        location: str | None = None,
    ) -> Iterator[Transaction]:
        """By ten locations at a time, each ten sorted by when the orders closed or opened.

        Raises ``ValueError`` for a period or status that cannot be, ``AnswerError`` when it comes
        to an order that it cannot read.
        """
        periods.check(start_date, end_date, status)
        return self._transactions(start_date, end_date, status, location)

    def get_transaction(self, id: str) -> Transaction:  # noqa: A002 - the name users know
        """One order, a draft too: it counts as open."""
        path = f"{ORDERS}/{quote(id, safe='')}"
        data = self._get(path)
        return _read(path, _transaction, data.get("order") if isinstance(data, dict) else None)

    def get_products(self, updated_since: datetime | None = None) -> Iterator[Product]:
        """Every variation; of an item in which one changed, all of them."""
        for page in self.objects("ITEM", "ITEM_VARIATION", since=updated_since):
            yield from catalogue.products([_read(LIST, _object, each) for each in page.payloads])

    def get_promotions(self) -> list[Promotion]:
        """Every pricing rule, with its discount, its products and its periods."""
        kinds = ("PRICING_RULE", "DISCOUNT", "PRODUCT_SET", "TIME_PERIOD")
        return catalogue.promotions(
            _read(LIST, _object, each) for page in self.objects(*kinds) for each in page.payloads
        )

    def push_prices(self, changes: Iterable[Price], *, key: str) -> list[Result]:
        """Set prices of variations, everywhere or at one location."""
        with self._writing:
            return pushes.prices(self._post, list(changes), key=key)

    def push_products(self, products: Iterable[Product], *, key: str) -> list[Result]:
        """Create items with one variation, or change those that are there."""
        with self._writing:
            return pushes.products(self._post, list(products), key=key)

    def push_promotion(self, promotion: Promotion, *, key: str) -> Result:
        """Write a pricing rule with its discount, its products and its periods."""
        with self._writing:
            return pushes.promotion(self._post, promotion, key=key)

    def orders(
        self, wanted: search.Search, *, start: Mapping[str, str] | None = None
    ) -> Iterator[Page]:
        """Orders as received, page by page; ``start`` is a page's ``next_query``."""
        return search.walk(self._post, wanted, start=start)

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
            return found.walk(lambda query: self._get(LIST, {**types, **query}), LIST, start=start)
        asked = {
            "object_types": list(kinds),
            "include_deleted_objects": True,
            "include_related_objects": True,
            # Square leaves out what changed at that very instant.
            "begin_time": search.rfc3339(since.astimezone(UTC) - _JUST_BEFORE),
        }
        ask = partial(self._post, found.SEARCH)
        return found.walk(lambda query: ask({**asked, **query}), found.SEARCH, start=start)

    def _transactions(
        self,
        start: date | datetime,
        end: date | datetime,
        status: Status | None,
        location: str | None,
    ) -> Iterator[Transaction]:
        places = self._places(location, zones=periods.are_days(start, end))
        for wanted in periods.searches(places, start, end, status):
            for page in self.orders(wanted):
                for order in page.payloads:
                    transaction = _read(search.PATH, _transaction, order)
                    if wanted.has(transaction):
                        yield transaction

    def _places(self, location: str | None, *, zones: bool) -> list[periods.Place]:
        """The locations that are asked for; those of the seller are read only where need be."""
        chosen = (location,) if location else self.config.locations
        if chosen and not zones:
            return [(ident, None) for ident in chosen]
        known = {each.id: each.timezone for each in self.get_locations()}
        if strange := set(chosen or ()) - known.keys():
            raise ValueError(f"location: the seller has none with the id {min(strange)!r}")
        return [(ident, known[ident]) for ident in chosen or known]

    def _get(self, path: str, query: Mapping[str, str] | None = None) -> object:
        return _good(path, self.http.get(path, query or {}).data)

    def _post(self, path: str, body: object) -> object:
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


def _transaction(raw: object) -> Transaction:
    return orders.transaction(parse(OrderPayload, raw))


def _object(raw: object) -> ObjectPayload:
    return parse(ObjectPayload, raw)


def _read(path: str, read: Callable[[object], T], raw: object) -> T:
    """What ``read`` makes of ``raw``; ``AnswerError``, which names the record, when it cannot."""
    try:
        return read(raw)
    except SkippableError as error:
        ident = raw.get("id") if isinstance(raw, dict) else None
        which = f" {ident}" if isinstance(ident, str) and ident.isalnum() else ""
        raise AnswerError(f"{path}: a record{which} cannot be read: {error}") from error
