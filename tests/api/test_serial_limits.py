"""Guessing serials: the address is slowed, never the till, and nobody elsewhere."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
import time_machine

from api.till import limits
from api.till.errors import TillError
from api.till.limits import Newest, SerialLimit
from core import logs
from db.session import writing
from db.tills import terminals
from tests.api import door as stage
from tests.api.door import OTHER, SERIAL, Door, code, set_level, statements

HERE, ELSEWHERE = "192.0.2.7", "198.51.100.9"


@pytest.fixture
def door(app, store) -> Door:
    stage.furnish()
    return Door(app)


def looked_up(told: list[str]) -> int:
    return sum("FROM terminals" in text for text in told)


def guess(tries: SerialLimit, serial: str = "x", address: str = HERE) -> bool:
    """Whether it was looked up."""
    with suppress(TillError), tries.turn(address, serial):
        tries.missed(address, serial)
        return True
    return False


def test_a_thousand_guesses_are_ten_tries_and_disturb_no_till(door):
    assert door.send(address=HERE).status_code == 200
    with statements() as told:
        answers = [code(door.send(serial=f"{number:016x}", address=HERE)) for number in range(990)]
        tried = looked_up(told)
        for number in range(990, 1000):
            answers.append(code(door.send(serial=f"{number:016x}", address=HERE)))
            for address, serial in ((HERE, SERIAL), (ELSEWHERE, OTHER), (ELSEWHERE, SERIAL)):
                assert door.send(serial=serial, address=address).status_code == 200

    assert tried == 10
    assert Counter(answers) == {
        (404, "TERMINAL_NOT_FOUND"): 10,
        (429, "TOO_MANY_ATTEMPTS"): 990,
    }


def test_the_answer_says_when_to_come_back(door):
    for _ in range(10):
        door.send(serial="unknown")

    answer = door.send(serial="unknown")

    wait = int(answer.headers["Retry-After"])
    assert answer.status_code == 429
    assert 50 <= wait <= 60
    assert answer.get_json() == {
        "error": f"Trop de terminaux inconnus depuis cette adresse: réessayez dans {wait} s",
        "code": "TOO_MANY_ATTEMPTS",
    }


def test_a_minute_later_there_are_ten_more(door):
    with time_machine.travel(time.time(), tick=False) as clock:
        for minute in range(3):
            answers = [door.send(serial=f"{minute}-{n}").status_code for n in range(15)]
            assert answers == [404] * 10 + [429] * 5
            clock.shift(60.001)


def test_a_till_that_was_not_here_before_waits_with_its_address(door):
    for number in range(10):
        door.send(serial=f"{number}")

    assert code(door.send()) == (429, "TOO_MANY_ATTEMPTS")
    assert door.send(address=ELSEWHERE).status_code == 200


def test_good_serials_are_no_guesses(door):
    answers = [door.send(serial=serial) for serial in (SERIAL, OTHER) for _ in range(20)]

    assert {answer.status_code for answer in answers} == {200}
    assert door.send(serial="unknown").status_code == 404


def test_only_a_till_that_proved_itself_is_remembered(door):
    token = set_level(1)
    with_token = {"X-Device-Token": token}
    door.send()
    for number in range(10):
        door.send(serial=f"{number}")

    assert code(door.send(headers=with_token)) == (429, "TOO_MANY_ATTEMPTS")
    assert door.send(headers=with_token, address=ELSEWHERE).status_code == 200


def test_a_revoked_till_is_remembered_no_more(door):
    door.send()
    with writing() as session:
        terminals.revoke(session, terminals.find(session, SERIAL))
    for number in range(10):
        door.send(serial=f"{number}")

    assert code(door.send()) == (404, "TERMINAL_NOT_FOUND")
    assert code(door.send()) == (429, "TOO_MANY_ATTEMPTS")


def test_forty_guesses_at_the_same_instant_are_ten_tries(door):
    together = threading.Barrier(40)
    told: list[int] = []

    def try_one(number: int) -> None:
        together.wait()
        told.append(door.send(serial=f"{number}").status_code)

    threads = [
        threading.Thread(target=try_one, args=(number,), daemon=True) for number in range(40)
    ]
    with statements() as asked:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

    assert looked_up(asked) == 10
    assert Counter(told) == {404: 10, 429: 30}


def test_forty_tills_may_come_in_at_the_same_instant():
    tries, together, seen = SerialLimit(), threading.Barrier(40), Counter[bool]()

    def come(number: int) -> None:
        together.wait()
        with tries.turn(HERE, f"{number}"):
            seen[True] += 1
        tries.proved(HERE, f"{number}")

    threads = [threading.Thread(target=come, args=(number,), daemon=True) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert seen == {True: 40}


def test_it_is_logged_once_a_minute_for_each_address_without_a_serial(door):
    log = io.StringIO()
    logs.configure(log)
    with time_machine.travel(time.time(), tick=False) as clock:
        for _ in range(2):
            for address in (HERE, ELSEWHERE):
                for number in range(30):
                    door.send(serial=f"secret-{number}", address=address)
            clock.shift(61)

    lines = [line for line in log.getvalue().splitlines() if "till.guessing" in line]
    assert [HERE in line for line in lines] == [True, False, True, False]
    assert "secret-" not in log.getvalue()


def test_neighbours_in_ipv6_are_one_and_others_are_not():
    tries = SerialLimit()

    assert all(guess(tries, address=f"2001:db8:0:1::{number:x}") for number in range(10))
    assert not guess(tries, address="2001:db8:0:1:ffff::1")
    assert guess(tries, address="2001:db8:0:2::1")
    assert guess(tries, address="::ffff:192.0.2.7")
    assert guess(tries, address="")


def test_a_failing_look_up_gives_its_place_back():
    tries = SerialLimit()
    for _ in range(30):
        with pytest.raises(ConnectionError), tries.turn(HERE, "x"):
            raise ConnectionError

    assert [guess(tries) for _ in range(11)] == [True] * 10 + [False]


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(limits, "MOST_KEPT", 50)
    tries = SerialLimit()
    for number in range(500):
        guess(tries, address=f"10.0.{number // 250}.{number % 250}")
        tries.proved(f"10.1.{number // 250}.{number % 250}", "x")

    storage: Any = tries._limiter.storage
    assert len(storage.events) <= 50
    assert len(tries._good._items) == len(tries._addresses._items) == 50
    assert tries._under_way == {}


def test_the_newest_are_kept():
    newest = Newest[int](2)

    assert [newest.add(item) for item in (1, 2, 1, 3)] == [None, None, None, 2]
    assert 1 in newest
    newest.discard(1)
    newest.discard(7)
    assert 1 not in newest
