"""Square, the point of sale, over HTTP: who may ask what, and what is answered."""

import json
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from threading import Lock
from typing import Any

from sandbox.collection import Record
from sandbox.faults import Status
from sandbox.messages import Answer, Request, json_answer
from sandbox.source import Source
from sandbox.square import refusals
from sandbox.square.catalogue import Catalogue
from sandbox.square.cursors import Cursors
from sandbox.square.grants import Grants
from sandbox.square.orders import Order, Sales, instant
from sandbox.square.webhooks import Delivery, Webhooks

Json = dict[str, Any]

DEMO_TOKEN = "EAAAdemo"  # noqa: S105 - it opens nothing but this sandbox
SCOPES = frozenset({"MERCHANT_PROFILE_READ", "ORDERS_READ", "ITEMS_READ", "ITEMS_WRITE"})

MOST_LOCATIONS = 10
MOST_ORDERS = 1000
MOST_IDS = 100
PAGE = 100
_SORTS = {"CREATED_AT": "created_at", "UPDATED_AT": "updated_at", "CLOSED_AT": "closed_at"}


@dataclass
class Grant:
    """What a token may do, and until when."""

    scopes: frozenset[str] = SCOPES
    expires_at: datetime | None = None
    revoked: bool = False


@dataclass(frozen=True)
class Operation:
    """An endpoint: its name in faults, the scope it needs, and what answers it."""

    name: str
    scope: str
    answer: Callable[[Request], object]


class Square(Source):
    """The stand-in of a seller's account.

    ``tokens`` are the known access tokens. ``locations``, ``orders`` (by id) and ``catalogue`` may
    change while it is served; ``clock`` gives the time it believes in.
    """

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._later = timedelta()
        self._clock = clock
        self.tokens = {DEMO_TOKEN: Grant()}
        self.locations: list[Record] = []
        self.orders: dict[str, Order] = {}
        self.catalogue = Catalogue(self.clock)
        self.page_size: int | None = None
        """The most orders a page, whatever is asked for; None: as asked for."""
        self.write_seconds = 0.0
        """How long a write of the catalogue takes, in which others are refused."""
        self.cursors = Cursors(self.clock)
        self.oauth = Grants(clock=lambda: self.clock().timestamp())
        """Grants tokens; each of them may do everything."""
        self.webhooks = Webhooks()
        self._write_lock = Lock()
        self._operations = self._routes()
        super().__init__({}, more=[it.name for it in self._operations.values()])

    def clock(self) -> datetime:
        """The time it believes in."""
        return self._clock() + self._later

    def add_location(
        self, ident: str, *, timezone: str = "Europe/Paris", currency: str = "EUR"
    ) -> None:
        """A place that sells."""
        self.locations.append(
            {
                "id": ident,
                "name": f"Le Vieux Moulin {ident}",
                "timezone": timezone,
                "status": "ACTIVE",
                "country": "FR",
                "currency": currency,
                "type": "PHYSICAL",
                "created_at": "2025-01-05T10:00:00Z",
            }
        )

    def add(self, *orders: Order) -> None:
        """Orders, by their id: the same again replaces the one that is there."""
        self.orders |= {order["id"]: order for order in orders}

    def turn(self, changes: Record) -> Record:
        """``later``: so many seconds its clock is ahead; ``webhook_url`` and ``webhook_key``."""
        if unknown := changes.keys() - {"later", "webhook_url", "webhook_key"}:
            raise ValueError(f"there is no knob {min(unknown)}; later is one")
        if "later" in changes:
            self._later = timedelta(seconds=float(str(changes["later"])))
        hooks = self.webhooks
        hooks.url = str(changes.get("webhook_url", hooks.url))
        hooks.key = str(changes.get("webhook_key", hooks.key))
        later = self._later.total_seconds()
        return {"later": later, "webhook_url": hooks.url, "webhook_key": hooks.key}

    def act(self, name: str, order: Record) -> Record:
        """``webhooks``: a ``Delivery``; ``sales``: ``Sales``."""
        if name == "webhooks":
            return {"statuses": Delivery.model_validate(order).carry_out(self.webhooks)}
        if name == "sales":
            places, first = [str(it["id"]) for it in self.locations], len(self.orders)
            sold = Sales.model_validate(order).made(places, now=self.clock(), first=first)
            self.add(*sold)
            return {"ids": [each["id"] for each in sold]}
        return super().act(name, order)

    def answer(self, request: Request) -> Answer:
        """What Square says. A fault that limits strikes before anything is done, others after it:
        the write whose answer is lost was carried out.
        """
        if (granted := self.oauth.answer(request)) is not None:
            return granted
        try:
            operation = self._operation(request)
        except refusals.Refused as refused:
            return refused.answer
        due = self.faults.due(operation.name, 1)
        for fault in due:
            if isinstance(fault, Status) and fault.status == HTTPStatus.TOO_MANY_REQUESTS:
                return replace(fault.on_answer(Answer()), body=refusals.limited().answer.body)
        try:
            self._authorize(request, operation.scope)
            date = format_datetime(self.clock(), usegmt=True)
            answer = json_answer(operation.answer(request), Date=date)
        except refusals.Refused as refused:
            answer = refused.answer
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            detail = f"{type(error).__name__}: {error}"
            answer = refusals.invalid("BAD_REQUEST", detail).answer
        for fault in due:
            answer = fault.on_answer(answer)
        return answer

    def _routes(self) -> dict[tuple[str, str], Operation]:
        return {
            ("GET", "/v2/locations"): Operation(
                "locations", "MERCHANT_PROFILE_READ", lambda _: {"locations": self.locations}
            ),
            ("POST", "/v2/orders/search"): Operation("orders-search", "ORDERS_READ", self._search),
            ("POST", "/v2/orders/batch-retrieve"): Operation(
                "orders-retrieve", "ORDERS_READ", self._retrieve
            ),
            ("GET", "/v2/orders/{id}"): Operation("order", "ORDERS_READ", self._order),
            ("GET", "/v2/catalog/list"): Operation("catalog-list", "ITEMS_READ", self._list),
            ("POST", "/v2/catalog/search"): Operation("catalog-search", "ITEMS_READ", self._find),
            ("POST", "/v2/catalog/batch-retrieve"): Operation(
                "catalog-retrieve", "ITEMS_READ", self._objects
            ),
            ("POST", "/v2/catalog/batch-upsert"): Operation(
                "catalog-upsert", "ITEMS_WRITE", self._upsert
            ),
        }

    def _operation(self, request: Request) -> Operation:
        found = self._operations.get((request.method, request.path))
        if found is None and request.method == "GET" and request.path.startswith("/v2/orders/"):
            found = self._operations["GET", "/v2/orders/{id}"]
        if found is None:
            raise refusals.missing()
        return found

    def _authorize(self, request: Request, scope: str) -> None:
        if self.oauth.allows(request):
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self.tokens.get(token)
        if scheme.lower() != "bearer" or grant is None:
            raise refusals.unauthorized("UNAUTHORIZED")
        if grant.revoked:
            raise refusals.unauthorized("ACCESS_TOKEN_REVOKED")
        if grant.expires_at is not None and self.clock() >= grant.expires_at:
            raise refusals.unauthorized("ACCESS_TOKEN_EXPIRED")
        if scope not in grant.scopes:
            raise refusals.forbidden()

    def _search(self, request: Request) -> object:
        asked = _body(request)
        cursor = asked.pop("cursor", None)
        limit = min(asked.get("limit", 500), MOST_ORDERS, self.page_size or MOST_ORDERS)
        page, following = self.cursors.page(asked, cursor, limit, lambda: self._matching(asked))
        return _paged("orders", page, following)

    def _matching(self, asked: Json) -> list[Order]:
        places = asked.get("location_ids") or []
        if not 1 <= len(places) <= MOST_LOCATIONS:
            raise refusals.invalid("BAD_REQUEST", "1 to 10 locations.", "location_ids")
        if unknown := set(places) - {it["id"] for it in self.locations}:
            raise refusals.invalid("BAD_REQUEST", f"No location {min(unknown)}.", "location_ids")
        chosen = asked["query"]["filter"]
        sort = asked["query"]["sort"]
        (by, period), *more = chosen["date_time_filter"].items()
        if more or _SORTS[sort["sort_field"]] != by:
            raise refusals.invalid("BAD_REQUEST", "Filter and sort by one field.", "query.sort")
        states = set(chosen["state_filter"]["states"])
        start, end = _moment(period["start_at"]), _moment(period["end_at"])
        found = [
            order
            for order in list(self.orders.values())
            if order["location_id"] in places
            and order["state"] in states
            and by in order
            and start <= _moment(order[by]) <= end
        ]
        return sorted(found, key=lambda it: it[by], reverse=sort.get("sort_order") == "DESC")

    def _retrieve(self, request: Request) -> object:
        idents = _body(request).get("order_ids") or []
        if len(idents) > MOST_IDS:
            raise refusals.invalid("ARRAY_LENGTH_TOO_LONG", "At most 100 ids.", "order_ids")
        return _paged("orders", [self.orders[it] for it in idents if it in self.orders], None)

    def _order(self, request: Request) -> object:
        order = self.orders.get(request.path.rpartition("/")[2])
        if order is None:
            raise refusals.missing()
        return {"order": order}

    def _list(self, request: Request) -> object:
        kinds = [it for it in request.parameters.get("types", "").split(",") if it]
        cursor = request.parameters.get("cursor")
        page, following = self.cursors.page(
            kinds, cursor, self.page_size or PAGE, lambda: self.catalogue.find(kinds)
        )
        return _paged("objects", page, following)

    def _find(self, request: Request) -> object:
        asked = _body(request)
        cursor = asked.pop("cursor", None)
        limit = min(asked.get("limit", MOST_ORDERS), self.page_size or MOST_ORDERS)
        page, following = self.cursors.page(asked, cursor, limit, lambda: self._found(asked))
        return _paged("objects", page, following) | {"latest_time": instant(self.clock())}

    def _found(self, asked: Json) -> list[Json]:
        query = (asked.get("query") or {}).get("set_query")
        return self.catalogue.find(
            asked.get("object_types") or [],
            after=_moment(asked["begin_time"]) if "begin_time" in asked else None,
            deleted=bool(asked.get("include_deleted_objects")),
            skus=query["attribute_values"] if query else None,
        )

    def _objects(self, request: Request) -> object:
        idents = _body(request).get("object_ids") or []
        return _paged("objects", self.catalogue.retrieve(idents), None)

    def _upsert(self, request: Request) -> object:
        asked = _body(request)
        if not self._write_lock.acquire(blocking=False):
            raise refusals.limited()
        try:
            time.sleep(self.write_seconds)
            return self.catalogue.upsert(asked["idempotency_key"], asked["batches"])
        finally:
            self._write_lock.release()


def _paged(name: str, page: Iterable[Any], cursor: str | None) -> Json:
    """An answer of Square's: without a list when it would be empty, and without a last cursor."""
    listed = list(page)
    return ({name: listed} if listed else {}) | ({"cursor": cursor} if cursor else {})


def _body(request: Request) -> Json:
    with suppress(ValueError):
        body = json.loads(request.body)
        if isinstance(body, dict):
            return body
    raise refusals.invalid("BAD_REQUEST", "The body is no JSON object.")


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise refusals.invalid("BAD_REQUEST", "This is no instant.", "query.filter") from error
