"""The stand-in of Square: locations, orders and a catalogue behind access tokens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sandbox.server import running
from sandbox.square import orders
from sandbox.square.source import DEMO_TOKEN, SCOPES, Grant, Square

__all__ = ["DEMO_TOKEN", "SCOPES", "Grant", "Square", "serve"]


def _now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def serve(
    *,
    locations: int = 1,
    sales: int = 0,
    dishes: bool = True,
    clock: Callable[[], datetime] = _now,
    host: str = "127.0.0.1",
    port: int = 0,
) -> Iterator[Square]:
    """A seller's account with so many locations, served for the length of a ``with``.

    ``sales`` are spread over the day before. ``dishes`` puts four products into its catalogue.
    """
    source = Square(clock=clock)
    for number in range(1, locations + 1):
        source.add_location(f"LFICTIVE{number}")
    if dishes:
        source.catalogue.fill()
    if sales:
        places = [str(it["id"]) for it in source.locations]
        day = timedelta(days=1)
        start = source.clock() - day
        source.add(*orders.made(sales, locations=places, start=start, every=day / sales))
    with running(source, host=host, port=port) as server:
        source.url = server.url
        yield source
