"""Lists cut into pages by number, as Django REST Framework does it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode

from sandbox.collection import Collection
from sandbox.messages import Request, Stream, dumps

#: What Django REST calls ``max_page_size``; a larger demand is answered with this many.
MAX_PAGE_SIZE = 1000
#: Python refuses to read numbers of many thousand digits; no page has one of ten.
_MAX_DIGITS = 9


class InvalidPageError(Exception):
    """The page lies beyond the end, or its number is none."""


class Shape(StrEnum):
    """How an answer wraps its records: not at all, under the usual key, or the endpoint's own."""

    LIST = "list"
    RESULTS = "results"
    NAMED = "named"


@dataclass(frozen=True)
class Ask:
    """The page a request asks for; ``size`` is None where everything comes at once."""

    url: str
    parameters: Mapping[str, str]
    number: int
    size: int | None
    where: tuple[str, object] | None = None

    def link(self, number: int) -> str:
        """The absolute URL of another page of the same list."""
        return f"{self.url}?{urlencode({**self.parameters, 'page': str(number)})}"


def ask(request: Request, *, size: int | None, where: tuple[str, object] | None = None) -> Ask:
    """What ``request`` asks for; ``size`` is the default, None if the list is not paged."""
    number = page_number(request)
    if number < 1:
        raise InvalidPageError
    if size is not None:
        wished = request.parameters.get("page_size", "")
        size = min(int(wished), MAX_PAGE_SIZE) if _is_positive(wished) else size
    return Ask(request.base + request.path, request.parameters, number, size, where)


def page_number(request: Request) -> int:
    """The number of the page asked for, from 1; 0 when it is no number."""
    return whole(request.parameters.get("page", "1"))


def whole(text: str) -> int:
    """The number that ``text`` says; 0 when it says none."""
    return int(text) if _is_positive(text) else 0


def _is_positive(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS and int(text) > 0


@dataclass(frozen=True)
class Page:
    """One page as it will be sent; faults change it before it is rendered."""

    ask: Ask
    records: Sequence[str]
    count: int
    next: str | None
    previous: str | None
    repeated: int = 1
    """How often the records are said, one round after the other."""


def cut(collection: Collection, ask: Ask, number: int) -> Page:
    """Page ``number`` of the collection as it is now; InvalidPageError beyond the end."""
    if ask.size is None:
        count, records = collection.window(0, len(collection), ask.where)
        return Page(ask, records, count, None, None)
    start = (number - 1) * ask.size
    count, records = collection.window(start, start + ask.size, ask.where)
    # The first page of an empty list is a page; the second page of anything short is not.
    if not records and number > 1:
        raise InvalidPageError
    return Page(
        ask,
        records,
        count,
        next=ask.link(number + 1) if start + ask.size < count else None,
        previous=ask.link(number - 1) if number > 1 else None,
    )


def render(page: Page, key: str | None) -> bytes | Stream:
    """The page's JSON: its records as a bare list, or under ``key`` beside count and links."""
    head, tail = "[", "]"
    if key is not None:
        envelope = {"count": page.count, "next": page.next, "previous": page.previous}
        head, tail = f'{dumps(envelope)[:-1]},"{key}":[', "]}"
    if page.repeated == 1 or not page.records:
        return _encoded("".join((head, ",".join(page.records), tail)))
    return _repeated(_encoded(head), _encoded(",".join(page.records)), page.repeated, tail.encode())


def _encoded(text: str) -> bytes:
    # A raw record may hold a lone surrogate itself, which leaves as the bytes no decoder accepts.
    return text.encode("utf-8", "surrogatepass")


def _repeated(head: bytes, block: bytes, times: int, tail: bytes) -> Stream:
    def chunks() -> Iterator[bytes]:
        yield head + block
        for _ in range(times - 1):
            yield b"," + block
        yield tail

    return Stream(len(head) + times * (len(block) + 1) - 1 + len(tail), chunks)
