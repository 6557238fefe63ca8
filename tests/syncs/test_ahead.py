"""The next page is asked for while one is written; whatever happens, it is as if it were not."""

from contextvars import ContextVar
from threading import Event

import pytest

from connectors.page import Page
from syncs.running.ahead import one_ahead

PATIENCE = 10.0
"""Seconds for a thread that must come; none is waited for when it does."""


def page(number):
    return Page(payloads=[], query={"page": str(number)})


def numbers(pages):
    return [page.query["page"] for page in pages]


def always():
    return True


def test_the_next_page_is_asked_for_before_this_one_is_written():
    asked = [Event() for _ in range(3)]

    def source():
        for number, event in enumerate(asked):
            event.set()
            yield page(number)

    for number, _ in enumerate(one_ahead(source(), goes_on=always)):
        assert all(event.wait(PATIENCE) for event in asked[: number + 2])
        assert not any(event.is_set() for event in asked[number + 2 :])


def test_pages_come_in_their_order_and_what_follows_the_last_runs():
    ended = []

    def source():
        yield from map(page, range(5))
        ended.append(True)

    assert numbers(one_ahead(source(), goes_on=always)) == ["0", "1", "2", "3", "4"]
    assert ended == [True]


def test_an_error_comes_after_the_pages_before_it():
    def source():
        yield page(0)
        raise ConnectionError("away")

    pages = one_ahead(source(), goes_on=always)
    assert next(pages).query == {"page": "0"}
    with pytest.raises(ConnectionError, match="away"):
        next(pages)


def test_a_walk_about_to_stop_asks_for_nothing_more():
    asked = []

    def source():
        for number in range(9):
            asked.append(number)
            yield page(number)

    pages = one_ahead(source(), goes_on=lambda: False)
    next(pages)
    pages.close()
    assert asked == [0]

    assert numbers(one_ahead(source(), goes_on=lambda: False)) == [str(n) for n in range(9)]


def test_who_leaves_waits_for_the_page_that_is_on_its_way():
    came, let_go = Event(), Event()

    def source():
        yield page(0)
        let_go.wait(PATIENCE)
        came.set()
        yield page(1)

    pages = one_ahead(source(), goes_on=always)
    next(pages)
    let_go.set()
    pages.close()

    assert came.is_set()


def test_the_source_is_asked_in_the_context_of_the_run():
    run = ContextVar("run", default="none")
    seen = []

    def source():
        for number in range(2):
            seen.append(run.get())
            yield page(number)

    run.set("mine")
    list(one_ahead(source(), goes_on=always))

    assert seen == ["mine", "mine"]
