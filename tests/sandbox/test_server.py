"""The server beneath every stand-in: it keeps connections, survives rude clients, ends cleanly."""

import gc
import socket
import threading
from urllib.parse import urlsplit

import pytest
import requests

from sandbox import b2b


def exchange(source, sent):
    """What the server says to raw bytes until it closes."""
    address = urlsplit(source.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_one_connection_carries_many_requests(source, ask, session):
    for page in (1, 2, 3):
        ask(page)

    (pool,) = session.get_adapter(source.url).poolmanager.pools._container.values()
    assert (pool.num_connections, pool.num_requests) == (1, 3)


def test_a_client_that_wants_the_connection_closed_is_obeyed(source):
    said = exchange(source, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

    assert said.startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_an_old_client_gets_one_answer(source):
    assert exchange(source, b"GET / HTTP/1.0\r\n\r\n").count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"hello there my friend\r\n\r\n", 400),
        (b"POST /_sandbox/faults HTTP/1.1\r\nContent-Length: many\r\n\r\n", 411),
        (b"POST /_sandbox/faults HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 411),
        (b"POST /_sandbox/faults HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
    ],
)
def test_what_cannot_be_read_is_refused_and_the_connection_closed(source, sent, status):
    assert f" {status} ".encode() in exchange(source, sent)


def test_a_client_that_hangs_up_does_no_harm(source, ask, capfd):
    address = urlsplit(source.url)
    for sent in (b"", b"GET /api", b"POST /x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"):
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            connection.sendall(sent)

    assert ask().status_code == 200
    assert capfd.readouterr().err == ""


def test_twenty_clients_are_served_at_the_same_time(source):
    # Nobody is answered before all twenty have asked, unless one waits for another.
    together = threading.Barrier(20, timeout=10)
    honest = source.answer
    source.answer = lambda request: (together.wait(), honest(request))[1]
    statuses = []

    def ask_once() -> None:
        url = f"{source.url}/api/products/"
        headers = {"Authorization": "Bearer secret"}
        statuses.append(requests.get(url, headers=headers, timeout=20).status_code)

    clients = [threading.Thread(target=ask_once) for _ in range(20)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert statuses == [200] * 20


def test_nothing_is_left_behind_after_a_source_stops():
    before = set(threading.enumerate())
    with requests.Session() as session, b2b.serve(products=10) as source:
        session.get(f"{source.url}/api/products/", timeout=10)
        # The session still holds its connection open here.
    gc.collect()

    assert set(threading.enumerate()) == before
    with pytest.raises(requests.ConnectionError):
        requests.get(source.url, timeout=1)
