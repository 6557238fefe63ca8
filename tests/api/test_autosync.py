"""Pages that wake syncs: which ones do, what the page is afterwards, and what cannot hurt it."""

import select
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

import api
import core.settings
from api.autosync import AutoSyncB2BMiddleware
from core.errors import ConfigurationError, RefusedError
from db.session import writing
from db.work import states
from tests.api.catalogue import NAMES, synced, woken
from tests.api.given import away

BOTH = list(NAMES)


def page(environ, start_response):
    """Another site."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"page"]


def read(site, path="/", method="GET"):
    """What the site answers: the body, the status and the headers, read and closed."""
    environ = EnvironBuilder(path=path, method=method).get_environ()
    body, status, headers = run_wsgi_app(site, environ, buffered=True)
    return b"".join(body), status, dict(headers)


def set_paths(monkeypatch, value):
    monkeypatch.setenv("AUTO_SYNC_PATHS", value)
    core.settings.reset()


@pytest.fixture
def stale(store):
    """Both were synced once, three hours ago."""
    synced(hours_ago=3)


@contextmanager
def busy():
    """Somebody writes: on SQLite the whole store, on PostgreSQL the rows of both syncs."""
    with writing() as session:
        for name in NAMES:
            states.locked(session, name)
        yield


@pytest.mark.parametrize(
    ("path", "wakes"),
    [
        ("/", True),
        ("/?q=rice", True),
        ("/api/inventory/", True),
        ("/api/inventory/products/synced/", True),
        ("/about", False),
        ("/api/inventory", False),
        ("/inventory/api/status/", False),
    ],
)
def test_the_home_page_alone_and_what_is_under_a_path_wake(stale, path, wakes):
    read(AutoSyncB2BMiddleware(page), path)

    assert woken() == (BOTH if wakes else [])


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_only_reading_wakes(stale, method):
    read(AutoSyncB2BMiddleware(page), method=method)

    assert woken() == []


def test_a_look_at_the_headers_is_reading(stale):
    read(AutoSyncB2BMiddleware(page), method="HEAD")

    assert woken() == BOTH


def test_its_own_paths_and_syncs_go_before_the_settings(stale, monkeypatch):
    set_paths(monkeypatch, "")
    site = AutoSyncB2BMiddleware(page, paths=["/catalogue/"], syncs=["b2b.products"])

    read(site, "/")
    assert woken() == []
    read(site, "/catalogue/rice")
    assert woken() == ["b2b.products"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sync_that_is_none_is_refused_before_the_first_page(store):
    with pytest.raises(RefusedError, match=r"no sync 'b2b\.prices'"):
        AutoSyncB2BMiddleware(page, syncs=["b2b.prices"])


@pytest.mark.parametrize("path", ["/", "/api/inventory/products/synced/"])
def test_the_settings_choose_our_own_pages(stale, monkeypatch, path):
    set_paths(monkeypatch, "/")

    with api.create_app().test_client() as client:
        client.get(path, buffered=True)

    # The list wakes its own sync whatever the setting says.
    assert woken() == (BOTH if path == "/" else ["b2b.products"])


def test_without_paths_no_page_of_ours_wakes(stale, monkeypatch):
    set_paths(monkeypatch, "")
    app = api.create_app()

    with app.test_client() as client:
        assert client.get("/", buffered=True).status_code == 200

    assert not isinstance(app.wsgi_app, AutoSyncB2BMiddleware)
    assert woken() == []


@pytest.mark.parametrize("value", ["shop/", "/,shop/", "https://shop.example/"])
def test_a_path_that_is_none_is_refused_by_name(monkeypatch, value):
    set_paths(monkeypatch, value)

    with pytest.raises(ConfigurationError, match=r"AUTO_SYNC_PATHS.*begin with '/'"):
        core.settings.settings()


def test_spaces_around_paths_do_no_harm(monkeypatch):
    set_paths(monkeypatch, " / , /shop/ ,")

    assert core.settings.settings().auto_sync_paths == ("/", "/shop/")


def test_the_page_is_what_it_was(stale):
    assert read(AutoSyncB2BMiddleware(page)) == read(page)


class Parts:
    """An answer of a framework."""

    def __init__(self):
        self.log = []

    def __iter__(self):
        yield b"pa"
        yield b"ge"

    def close(self):
        self.log.append(f"closed, {len(woken())} woken")


def test_the_page_is_read_and_closed_before_anybody_looks(stale):
    answer = Parts()

    body, _, _ = read(AutoSyncB2BMiddleware(lambda *_: page(*_) and answer))

    assert body == b"page"
    assert answer.log == ["closed, 0 woken"]
    assert woken() == BOTH


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_server_that_tells_the_length_of_one_part_still_does(store):
    site = AutoSyncB2BMiddleware(page)
    environ = EnvironBuilder(path="/").get_environ()

    whole: Any = site(environ, lambda *_: print)
    assert len(whole) == 1
    streamed = AutoSyncB2BMiddleware(lambda *_: iter([b"page"]))(environ, lambda *_: print)
    assert not hasattr(streamed, "__len__")


def test_a_page_that_fails_fails_as_before_and_wakes_nothing(stale):
    def broken(environ, start_response):
        raise LookupError("the site's own")

    with pytest.raises(LookupError, match="the site's own"):
        read(AutoSyncB2BMiddleware(broken))

    assert woken() == []


def test_an_answer_that_cannot_be_closed_says_so_and_wakes(stale):
    class Unruly(Parts):
        def close(self):
            raise LookupError("the site's own")

    with pytest.raises(LookupError, match="the site's own"):
        read(AutoSyncB2BMiddleware(lambda *_: page(*_) and Unruly()))

    assert woken() == BOTH


def test_fresh_data_wakes_nothing(store):
    synced(hours_ago=1)

    read(AutoSyncB2BMiddleware(page))

    assert woken() == []


def test_while_the_stores_writer_is_busy_the_page_is_whole_and_quick(stale, app):
    with busy(), app.test_client() as client:
        began = time.perf_counter()
        answers = [client.get("/").status_code for _ in range(5)]
        took = time.perf_counter() - began

    assert answers == [200] * 5
    assert took < 5
    assert woken() == []
    read(AutoSyncB2BMiddleware(page))
    assert woken() == BOTH


def test_while_the_store_is_away_the_page_is_whole(store, app):
    # As a page it tells how fresh the data is, and that stands in the store.
    plain = {"Accept": "application/json"}
    with away(), app.test_client() as client:
        answers = [client.get("/", headers=plain).status_code for _ in range(5)]

    assert answers == [200] * 5


READ = """
import sys, threading
import api
from api.bell import BELL
with api.create_app().test_client() as client:
    print(client.get("/", buffered=True).status_code)
if sys.argv[1:] == ["ring"]:
    BELL.ring("sync.b2b.products", 1)
done = threading.Event()
BELL._add(done.set)
done.wait(60)
"""
"""Reads a page of ours in a process of its own, as Celery's connections belong to one; ends when
the bell's thread has done what it was given.
"""


def asked_redis(monkeypatch, *ring):
    """How often a process that reads a page connects to a Redis that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as redis:
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{redis.getsockname()[1]}/0")
        monkeypatch.setenv("MOULIN_DOTENV", "")
        done = subprocess.run(
            [sys.executable, "-c", READ, *ring], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
        number = 0
        while select.select([redis], [], [], 0)[0]:
            redis.accept()[0].close()
            number += 1
        return number


@pytest.mark.processes
def test_redis_is_not_even_asked(stale, monkeypatch):
    assert asked_redis(monkeypatch) == 0
    assert woken() == BOTH
    # Had it been, that would have been seen.
    assert asked_redis(monkeypatch, "ring") > 0


WITHOUT_FLASK = """
import sys
sys.modules["flask"] = sys.modules["werkzeug"] = None
from api.autosync import AutoSyncB2BMiddleware
from api.bell import BELL
site = AutoSyncB2BMiddleware(lambda environ, start_response: [b"page"])
answer = site({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, print)
print(b"".join(answer).decode())
answer.close()
"""


@pytest.mark.processes
def test_it_needs_no_flask(stale):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FLASK], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "page\n"), done.stderr
    assert woken() == BOTH
