"""BoliBanaStock, the B2B inventory: its two lists behind a bearer key."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus

from sandbox import catalogue, paging
from sandbox.catalogue import Catalogue
from sandbox.collection import Collection
from sandbox.faults import Fault
from sandbox.messages import Answer, Request, json_answer
from sandbox.paging import Shape
from sandbox.server import running
from sandbox.source import Source

DEMO_KEY = "b2c_1_demo"
ROOT = "/api/v1"
PRODUCTS = "products"
CATEGORIES = "categories"


@dataclass
class Endpoint:
    """One list and how it is wrapped; both settings may change while it is served."""

    name: str
    collection: Collection
    shape: Shape = Shape.RESULTS
    page_size: int | None = None
    """Records a page where the client names no size; None sends everything in one answer."""

    @property
    def key(self) -> str | None:
        """The key the records stand under; None for a bare list."""
        return {Shape.LIST: None, Shape.RESULTS: "results", Shape.NAMED: self.name}[self.shape]


class B2B(Source):
    """The stand-in of the inventory.

    ``keys`` maps every known key to the endpoints it may read, and may change while it is served.
    """

    def __init__(self, held: Catalogue, *, key: str = DEMO_KEY) -> None:
        super().__init__({PRODUCTS: held.products, CATEGORIES: held.categories})
        self.catalogue = held
        self.key = key
        self.keys: dict[str, frozenset[str]] = {key: frozenset((PRODUCTS, CATEGORIES))}
        self.products = Endpoint(PRODUCTS, held.products, page_size=100)
        self.categories = Endpoint(CATEGORIES, held.categories)
        self._paths = {
            f"{ROOT}/api/products/": self.products,
            f"{ROOT}/b2c/categories/": self.categories,
        }

    def answer(self, request: Request) -> Answer:
        """What the inventory says, faults included."""
        endpoint = self._paths.get(request.path)
        if endpoint is None:
            return _refusal(404, "Not found.")
        due = self.faults.due(endpoint.name, paging.page_number(request))
        answer = self._refusal(request, endpoint) or _list(request, endpoint, due)
        for fault in due:
            answer = fault.on_answer(answer)
        return answer

    def _refusal(self, request: Request, endpoint: Endpoint) -> Answer | None:
        if request.method != "GET":
            return _refusal(405, f'Method "{request.method}" not allowed.')
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return _refusal(401, "Authentication credentials were not provided.")
        if key not in self.keys:
            return _refusal(401, "Invalid API key.")
        if endpoint.name not in self.keys[key]:
            return _refusal(403, "You do not have permission to perform this action.")
        return None


def _refusal(status: int, detail: str) -> Answer:
    headers = {"WWW_Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return json_answer({"detail": detail}, status, **headers)


def _list(request: Request, endpoint: Endpoint, due: Iterable[Fault]) -> Answer:
    try:
        ask = paging.ask(request, size=endpoint.page_size, where=_where(request, endpoint))
        number = ask.number
        for fault in due:
            number = fault.before_page(endpoint.collection, ask, number)
        page = paging.cut(endpoint.collection, ask, number)
    except paging.InvalidPageError:
        return _refusal(404, "Invalid page.")
    for fault in due:
        page = fault.on_page(page, endpoint.collection)
    return Answer(body=paging.render(page, endpoint.key))


def _where(request: Request, endpoint: Endpoint) -> tuple[str, object] | None:
    site = request.parameters.get("site_id", "")
    if endpoint.name != PRODUCTS or not site:
        return None
    # A site that is no number has no products, as a site nobody knows.
    return "site_id", int(site) if site.isascii() and site.isdecimal() else site


@contextmanager
def serve(  # noqa: PLR0913  (each is a knob that a test turns on its own)
    *,
    products: int = 1000,
    seed: int = 1,
    key: str = DEMO_KEY,
    keys: Mapping[str, Iterable[str]] | None = None,
    product_shape: str = Shape.RESULTS,
    product_page_size: int | None = 100,
    category_shape: str = Shape.RESULTS,
    category_page_size: int | None = None,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[B2B]:
    """The inventory, served for the length of a ``with``.

    ``keys`` are further keys and the endpoints each may read. Shapes are ``list``, ``results`` and
    ``named`` (the endpoint's own name). A page size of None sends the whole list in one answer.
    """
    source = B2B(catalogue.make(products=products, seed=seed), key=key)
    source.keys |= {name: frozenset(allowed) for name, allowed in (keys or {}).items()}
    source.products.shape, source.products.page_size = Shape(product_shape), product_page_size
    source.categories.shape, source.categories.page_size = Shape(category_shape), category_page_size
    with running(source, host=host, port=port) as server:
        source.url = server.url + ROOT
        yield source
