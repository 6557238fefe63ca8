"""The art site ("Template"): its export, ``/api/export/…``, behind the header X-API-Key."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox import gallery, paging
from sandbox.collection import Collection, Record
from sandbox.faults import Fault
from sandbox.gallery import Gallery
from sandbox.messages import Answer, Request, dumps, json_answer
from sandbox.paging import Ask, Page
from sandbox.server import running
from sandbox.source import Source

DEMO_KEY = "sk_demo"
ROOT = "/api/export/"
STATS = "stats"
FULL = "full"
PAGED = {gallery.PAINTINGS: 1000, gallery.ORDERS: 100}
"""The tables that come in pages, and how many records where the client names no limit."""

Count = Literal["page", "whole", "none"]


class Knobs(BaseModel):
    """What the control door may turn, by the names of ``Template``'s own."""

    model_config = ConfigDict(extra="forbid", strict=True)

    key: str
    count: Count
    largest: Annotated[int, Field(ge=1)]
    items_apart: bool


class Template(Source):
    """The stand-in of the art site; its settings may change while it is served."""

    def __init__(self, held: Gallery, *, key: str = DEMO_KEY) -> None:
        self.tables = held.named()
        super().__init__(self.tables, more=(STATS, FULL))
        self.gallery = held
        self.key = key
        self.count: Count = "page"
        """Whether ``count`` is the page's, the whole table's, or left away."""
        self.largest = 1000
        """Records a page at most, whatever limit is asked for."""
        self.items_apart = False
        """Whether ``full`` has the items of all orders as a table of their own, the last first."""

    def turn(self, changes: Record) -> Record:
        """Change settings from another process."""
        here = {name: getattr(self, name) for name in Knobs.model_fields}
        turned = Knobs.model_validate(here | changes).model_dump()
        vars(self).update(turned)
        return turned

    def answer(self, request: Request) -> Answer:
        """What the site says, faults included."""
        name = request.path.removeprefix(ROOT)
        known = request.path.startswith(ROOT) and name in (*self.tables, STATS, FULL)
        if not known:
            return json_answer({"error": "Not found"}, 404)
        due = self.faults.due(name, _number(request, name))
        answer = self._refusal(request) or self._export(request, name, due)
        for fault in due:
            answer = fault.on_answer(answer)
        return answer

    def _refusal(self, request: Request) -> Answer | None:
        if request.method != "GET":
            return json_answer({"error": "Method not allowed"}, 405)
        if request.headers.get("x-api-key") != self.key:
            return json_answer({"error": "Invalid or missing API key"}, 401)
        return None

    def _export(self, request: Request, name: str, due: Iterable[Fault]) -> Answer:
        if name == STATS:
            return json_answer({"success": True, "stats": self._stats()})
        if name == FULL:
            return Answer(body=self._full())
        page = _page(request, name, self.tables[name], due, most=self.largest)
        told = {"page": len(page.records), "whole": page.count, "none": None}[self.count]
        if page.count != len(self.tables[name]):
            told = page.count  # a fault has spoken
        head = {"success": True} | ({} if told is None else {"count": told})
        return Answer(body=_object(head, _list(page.records)))

    def _stats(self) -> dict[str, object]:
        counts = {
            f"total_{name.replace('-', '_')}": len(held) for name, held in self.tables.items()
        }
        return {**counts, "currency": "EUR"}

    def _full(self) -> bytes:
        held = {
            name.replace("-", "_"): _everything(collection)
            for name, collection in self.tables.items()
        }
        if self.items_apart:
            orders = [self.gallery.orders.get(key) for key in self.gallery.orders]
            things = [
                {**item, "order_id": order["id"]}
                for order in orders
                for item in _things(order.pop("items", []))
            ]
            held["orders"] = list(map(dumps, orders))
            held["order_items"] = list(map(dumps, reversed(things)))
        records = sum(map(len, held.values()))
        head = {"success": True, "tables_count": len(held), "total_records": records}
        tables = ",".join(f"{dumps(name)}:{_list(found)}" for name, found in held.items())
        return _object(head, "{" + tables + "}")


def _object(head: Mapping[str, object], data: str) -> bytes:
    # A raw record may hold a lone surrogate itself, which leaves as the bytes no decoder accepts.
    return f'{dumps(head)[:-1]},"data":{data}}}'.encode("utf-8", "surrogatepass")


def _list(records: Iterable[str]) -> str:
    return f"[{','.join(records)}]"


def _everything(collection: Collection) -> list[str]:
    return collection.window(0, len(collection))[1]


def _things(items: object) -> list[dict[str, object]]:
    return items if isinstance(items, list) else []


def _number(request: Request, name: str) -> int:
    """The page as faults count them, from 1."""
    offset, limit = _window(request, name, most=paging.MAX_PAGE_SIZE)
    return offset // limit + 1


def _window(request: Request, name: str, *, most: int) -> tuple[int, int]:
    usual = PAGED.get(name, most)
    limit = min(paging.whole(request.parameters.get("limit", "")) or usual, most)
    return paging.whole(request.parameters.get("offset", "")), limit


def _page(
    request: Request, name: str, held: Collection, due: Iterable[Fault], *, most: int
) -> Page:
    url, parameters = request.base + request.path, request.parameters
    if name not in PAGED:
        page = paging.cut(held, Ask(url, parameters, 1, None), 1)
    else:
        offset, limit = _window(request, name, most=most)
        ask = Ask(url, parameters, offset // limit + 1, limit)
        for fault in due:
            fault.before_page(held, ask, ask.number)
        count, records = held.window(offset, offset + limit)
        page = Page(ask, records, count, next=None, previous=None)
    for fault in due:
        page = fault.on_page(page, held)
    return page


@contextmanager
def serve(  # noqa: PLR0913  (each is a knob that a test turns on its own)
    *,
    seed: int = 1,
    key: str = DEMO_KEY,
    paintings: int = 120,
    orders: int = 40,
    users: int = 25,
    exhibitions: int = 6,
    custom_requests: int = 12,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Template]:
    """The art site, served for the length of a ``with``; ``url`` is for TEMPLATE_BASE_URL."""
    held = gallery.make(
        seed=seed, paintings=paintings, orders=orders, users=users, exhibitions=exhibitions,
        custom_requests=custom_requests,
    )  # fmt: skip
    source = Template(held, key=key)
    with running(source, host=host, port=port) as server:
        source.url = server.url
        yield source
