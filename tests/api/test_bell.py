"""The bell: no request waits for a broker, whatever the broker does."""

from __future__ import annotations

import threading
import time

import pytest

from api import bell
from api.bell import Bell
from core.errors import ConfigurationError
from tests.servers import until


class Broker:
    """Writes down who rang; ``hang`` lets everybody wait."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, int]] = []
        self.looks = 0
        self.hang = False
        self.unknown = False
        self.release = threading.Event()

    def ring(self, task: str, ident: int) -> bool:
        if self.hang:
            self.release.wait(60)
        self.rung.append((task, ident))
        if self.unknown:
            raise ConfigurationError("No broker.")
        return True

    def look(self) -> bool:
        self.looks += 1
        return True


@pytest.fixture
def broker():
    made = Broker()
    yield made
    made.release.set()


@pytest.fixture
def made(broker):
    return Bell(ring=broker.ring, look=broker.look, most=3)


def test_it_rings_in_order_also_without_a_broker_address(made, broker):
    broker.unknown = True

    for number in range(3):
        made.ring("sync.b2b.products", number)

    until(lambda: len(broker.rung) == 3, what="the bell", patience=5)
    assert broker.rung == [("sync.b2b.products", number) for number in range(3)]


def test_nobody_waits_while_the_broker_hangs_and_what_is_too_much_is_left(made, broker):
    broker.hang = True
    began = time.monotonic()

    for number in range(50):
        made.ring("sync.b2b.products", number)

    assert time.monotonic() - began < 1
    assert broker.rung == []
    assert made._waiting.qsize() == 3


def test_one_look_serves_many_questions(made, broker):
    assert all(made.answers() for _ in range(20))
    assert broker.looks == 1


def test_a_look_at_a_broker_that_hangs_is_short_and_remembered(made, broker, monkeypatch):
    monkeypatch.setattr(bell, "PATIENCE", 0.1)
    broker.hang = True
    made.ring("sync.b2b.products", 1)
    began = time.monotonic()

    assert not any(made.answers() for _ in range(20))

    assert time.monotonic() - began < 1
    assert broker.looks == 0
