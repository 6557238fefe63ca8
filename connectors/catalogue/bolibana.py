"""BoliBanaStock, the B2B inventory: ``GET b2c/categories/`` and ``GET api/products/``."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Self

from connectors.connector import Connector
from connectors.http import auth, links, pages
from connectors.http.client import HTTPClient
from connectors.http.deadline import USUAL, Timeouts
from connectors.http.request import NOTHING
from connectors.page import Page

PAGE_SIZE = 100
WHERE_KEYS_ARE = "check the active key or B2B_API_KEY"


class BoliBana(Connector):
    """The catalogue of the B2B source, page by page. ``start`` is a page's ``next_query``.

    Both walks raise ``connectors.errors``; a list, or an object with a list in it, is a page.
    """

    def __init__(
        self,
        http: HTTPClient,
        *,
        categories_path: str = "b2c/categories/",
        products_path: str = "api/products/",
        hosts: Collection[str] = (),
    ) -> None:
        super().__init__(http)
        self.categories_path = categories_path
        self.products_path = products_path
        self.hosts = hosts

    @classmethod
    def open(
        cls,
        *,
        url: str,
        key: str,
        auth_header: str = "Authorization: Bearer {key}",
        timeouts: Timeouts = USUAL,
        categories_path: str = "b2c/categories/",
        products_path: str = "api/products/",
        hosts: Collection[str] = (),
    ) -> Self:
        """A connector on its own client; ``hosts`` are allowed in ``next``.

        Raises ``ConfigurationError`` for a key, header or address that cannot work.
        """
        http = HTTPClient(
            url,
            auth=auth.key(auth_header, key, where=WHERE_KEYS_ARE),
            timeouts=timeouts,
            advice=WHERE_KEYS_ARE,
        )
        return cls(http, categories_path=categories_path, products_path=products_path, hosts=hosts)

    def categories(self, *, start: Mapping[str, str] | None = None) -> Iterator[Page]:
        """All categories: one request, unless the source pages them."""
        return self._walk(self.categories_path, start or {}, keys=("results", "categories"))

    def products(
        self, *, start: Mapping[str, str] | None = None, site_id: int | None = None
    ) -> Iterator[Page]:
        """All products, or one site's, a hundred a page."""
        only = {"site_id": str(site_id)} if site_id is not None else {}
        first = {"page": "1", "page_size": str(PAGE_SIZE), **only}
        return self._walk(
            self.products_path, start or first, keys=("results", "products"), always=only
        )

    def _walk(
        self,
        path: str,
        query: Mapping[str, str],
        *,
        keys: tuple[str, ...],
        always: Mapping[str, str] = NOTHING,
    ) -> Iterator[Page]:
        return pages.walk(
            lambda current: self.http.get(path, current).data,
            query,
            links.Links(path=path, hosts=(self.http.host, *self.hosts), always=always),
            read=partial(links.records, keys=keys, path=path),
            path=path,
        )
