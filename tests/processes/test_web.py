"""The web process: answers, survives slow clients, ends without cutting an answer."""

import signal
import socket
import textwrap
import threading

import pytest
import requests

from tests.servers import free_port, until

SLOW = """
    import sys, threading
    from cli.stack.web import serve

    def application(environ, start_response):
        if environ["PATH_INFO"] == "/slow":
            print("begun", flush=True)
            threading.Event().wait(1.5)
        start_response("200 OK", [("Content-Type", "text/plain")])
        if environ["PATH_INFO"] == "/who":
            return [environ["REMOTE_ADDR"].encode()]
        return [b"whole answer"]

    serve(application, host="127.0.0.1", port=int(sys.argv[1]), threads=4, proxy=sys.argv[2])
"""


@pytest.fixture
def small(family, request):
    """A small application behind our server, and its address; the parameter is the proxy's."""
    port = free_port()
    proxy = getattr(request, "param", "")
    running = family.python("-c", textwrap.dedent(SLOW), str(port), proxy)
    running.says("Listening on")
    return running, f"http://127.0.0.1:{port}"


def test_web_answers_livez_and_says_nothing_of_itself(migrated):
    port = free_port()
    running = migrated.python("manage.py", "web", "--port", str(port))
    running.says(f"Listening on http://127.0.0.1:{port}")

    answer = requests.get(f"http://127.0.0.1:{port}/livez", timeout=10)

    assert (answer.status_code, answer.headers.get("Server")) == (200, None)
    assert running.end(signal.SIGTERM) == 0


def test_a_port_that_is_taken_is_said_with_exit_78(migrated):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = migrated.python("manage.py", "web", "--port", str(port))

        assert running.process.wait(60) == 78
    assert f"cannot listen on 127.0.0.1:{port}" in running.said()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_the_answer_that_was_begun_go_out(small, end):
    running, url = small
    answers = []
    asking = threading.Thread(target=lambda: answers.append(requests.get(f"{url}/slow", timeout=9)))
    asking.start()
    running.says("begun")

    running.process.send_signal(end)
    asking.join()

    assert answers[0].text == "whole answer"
    assert running.process.wait(10) == 0, running.said()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_a_hundred_and_fifty_silent_clients_do_not_disturb(small):
    running, url = small
    port = int(url.rpartition(":")[2])
    slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(150)]
    try:
        for each in slow:
            each.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf")

        assert [requests.get(url, timeout=2).text for _ in range(20)] == ["whole answer"] * 20
        # Ten seconds of silence, and they are sent away.
        slow[0].settimeout(60)
        until(lambda: slow[0].recv(100) == b"", what="the end of a silent client")
    finally:
        for each in slow:
            each.close()
    assert running.end(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("small", "who"),
    [("", "127.0.0.1"), ("192.0.2.1", "127.0.0.1"), ("127.0.0.1", "203.0.113.9"),
     ("*", "203.0.113.9")],
    indirect=["small"],
)  # fmt: skip
def test_only_the_proxy_that_is_trusted_says_who_asks(small, who):
    # The first is what the client made up; the proxy adds at the end whom it saw.
    said = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}

    answer = requests.get(f"{small[1]}/who", headers=said, timeout=10)

    assert answer.text == who
