"""What goes wrong with a list cut into pages: its links, its count, what moves in between."""
# ruff: noqa: D102  (a fault is one hook, and its class says what it does)

from dataclasses import replace
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import PositiveInt

from sandbox.collection import Collection
from sandbox.faults.fault import Fault
from sandbox.paging import Ask, Page


class NextLoop(Fault):
    """``next`` points to page ``to``; by default to the page itself."""

    to: PositiveInt | None = None

    def on_page(self, page: Page, collection: Collection) -> Page:
        return replace(page, next=page.ask.link(self.to or page.ask.number))


class NextElsewhere(Fault):
    """``next`` leaves the host; the last page still ends the list."""

    host: str = "elsewhere.invalid"

    def on_page(self, page: Page, collection: Collection) -> Page:
        if page.next is None:
            return page
        return replace(page, next=urlunsplit(urlsplit(page.next)._replace(netloc=self.host)))


class NextProxied(Fault):
    """``next`` is ours as a proxy sees it: another scheme, port and prefix. Harmless."""

    scheme: str = "https"
    port: PositiveInt = 8443
    prefix: str = "/proxy"

    def on_page(self, page: Page, collection: Collection) -> Page:
        if page.next is None:
            return page
        link = urlsplit(page.next)
        link = link._replace(
            scheme=self.scheme,
            netloc=f"{link.hostname}:{self.port}",
            path=self.prefix + link.path,
        )
        return replace(page, next=urlunsplit(link))


class NextEndless(Fault):
    """There is always another page: after the last one the list begins again."""

    def before_page(self, collection: Collection, ask: Ask, number: int) -> int:
        if ask.size is None:
            return number
        count = len(collection.keys(ask.where))
        pages = max(1, -(-count // ask.size))
        return (number - 1) % pages + 1

    def on_page(self, page: Page, collection: Collection) -> Page:
        return replace(page, next=page.ask.link(page.ask.number + 1))


class Drift(Fault):
    """Just before the page is cut, records of the page before it go away or come in.

    A deletion moves records onto the page already read, where the walk misses them; an insertion
    shows the walk records it has read already. The first page has none before it.
    """

    change: Literal["delete", "insert"] = "delete"
    records: PositiveInt = 1

    def before_page(self, collection: Collection, ask: Ask, number: int) -> int:
        if ask.size is None or number == 1:
            return number
        start = (number - 2) * ask.size
        keys = collection.keys(ask.where)[start : start + self.records]
        if self.change == "delete":
            collection.delete(*keys)
        elif keys:
            position = collection.keys().index(keys[0])
            fields = dict([ask.where]) if ask.where else {}
            for _ in range(self.records):
                collection.add(position=position, **fields)
        return number


class Duplicates(Fault):
    """The last records of the page before come again at the head of this one."""

    records: PositiveInt = 1

    def on_page(self, page: Page, collection: Collection) -> Page:
        if page.ask.size is None:
            return page
        start = (page.ask.number - 1) * page.ask.size
        _, again = collection.window(max(0, start - self.records), start, page.ask.where)
        return replace(page, records=[*again, *page.records])


class CountLie(Fault):
    """``count`` is off by ``offset``, on every page or only on the last one."""

    offset: int = 1
    last_only: bool = False

    def on_page(self, page: Page, collection: Collection) -> Page:
        if self.last_only and page.next is not None:
            return page
        return replace(page, count=page.count + self.offset)


class Huge(Fault):
    """The page's records again and again, until it weighs ``size`` bytes."""

    size: PositiveInt = 50 * 1024 * 1024

    def on_page(self, page: Page, collection: Collection) -> Page:
        weight = sum(len(record.encode("utf-8", "surrogatepass")) + 1 for record in page.records)
        return replace(page, repeated=max(2, -(-self.size // max(1, weight))))
