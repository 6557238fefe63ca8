"""What comes in and what goes out: a request, an answer, and how the answer travels."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """One request as it was received; header names are in lower case."""

    method: str
    path: str
    query: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    client: str

    @property
    def base(self) -> str:
        """The scheme and host the client called us by."""
        return "http://" + self.headers.get("host", "127.0.0.1")


@dataclass(frozen=True)
class Stream:
    """A body too large to hold: its length is known, its chunks are made while they are sent."""

    length: int
    chunks: Callable[[], Iterator[bytes]]

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        return self.chunks()

    def __bytes__(self) -> bytes:
        return b"".join(self)


@dataclass(frozen=True)
class Delivery:
    """How an answer travels: at once and whole, unless a fault says otherwise."""

    delay: float = 0.0
    """Seconds of silence before the first byte."""
    silent: bool = False
    """The connection is closed without a byte."""
    pace: float | None = None
    """Seconds before each byte of the body."""
    pace_head: bool = False
    """The status line and the headers are paced too."""
    sent: int | None = None
    """Bytes of the body that are sent before the connection is closed."""


@dataclass(frozen=True)
class Answer:
    """A status, a body and headers; ``Content-Length`` always tells the whole body."""

    status: int = 200
    body: bytes | Stream = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = field(default_factory=Delivery)


def json_answer(value: object, status: int = 200, **headers: str) -> Answer:
    """An answer that carries ``value``; an underscore in a header's name stands for a dash."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Answer(status, dumps(value).encode(), headers=named)


def dumps(value: object) -> str:
    """Compact JSON, accents as they are; lone surrogates, which UTF-8 cannot say, as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text
