"""``manage.py up``: everything, from nothing, and nothing left of it."""

import re
import signal
import socket

import psutil
import pytest
import requests

from tests.servers import free_port, until


@pytest.fixture
def up(family):
    """Starts everything; the address of the web process."""

    def start(**more):
        port = free_port()
        more.setdefault("FLOWER_PORT", str(free_port()))
        running = family.python("manage.py", "up", "--port", str(port), **more)
        running.says("main@", "sync@", "beat: Starting", "flower | ", "Listening on")
        return running, f"http://127.0.0.1:{port}"

    return start


def redis_of(family):
    return next(each for each in family.living() if "redis-server" in each.name())


def until_both_answer(family, running):
    for _ in range(5):  # an answer may come after the seconds that `inspect` waits
        ping = family.celery("inspect", "ping", "--timeout", "5")
        if ping.process.wait(60) == 0 and "2 nodes online" in ping.said():
            break
    assert "2 nodes online" in ping.said(), running.said()
    assert "main@" in ping.said()
    assert "sync@" in ping.said()


def test_everything_runs_and_nothing_is_left_when_it_is_killed(family, up):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        wanted = taken.getsockname()[1]
        running, url = up(HOME="", FLOWER_PORT=str(wanted))

    assert requests.get(f"{url}/livez", timeout=10).ok
    # Without a REDIS_URL: the embedded server is found by its file.
    until_both_answer(family, running)
    said = running.said()
    given = re.search(rf"Port {wanted} is taken by another program; Flower gets (\d+)", said)
    assert given
    assert f"Flower  http://127.0.0.1:{given[1]}/" in said

    running.end(signal.SIGKILL)

    family.until_gone()


def lives(process: psutil.Process) -> bool:
    """Whether it still does something; a zombie only waits for its new parent to notice."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_who_is_killed_comes_back_and_nothing_is_left_after_ctrl_c(family, up):
    running, _ = up()
    a_worker_comes_back_without_its_children(family, running)
    redis_comes_back_on_the_same_port_with_the_same_password(family, running)

    assert running.end(signal.SIGINT) == 0

    family.until_gone()
    assert not list(family.directory.glob("var/redis.url"))


def a_worker_comes_back_without_its_children(family, running):
    def ready():
        return len(re.findall(r"sync@\S+ ready\.", running.said()))

    until(lambda: ready() == 1, what="the worker", why_not=running.said)
    worker = next(
        each
        for each in family.living()
        if "sync@%h" in each.cmdline() and "sync@%h" not in psutil.Process(each.ppid()).cmdline()
    )
    children = worker.children()

    worker.kill()

    running.says("process.died process=sync exit=-9")
    until(lambda: ready() == 2, what="another worker", why_not=running.said)
    assert children
    until(lambda: not any(map(lives, children)), what="the end of its children")


def redis_comes_back_on_the_same_port_with_the_same_password(family, running):
    address = (family.directory / "var" / "redis.url").read_text("utf-8")
    first = redis_of(family)

    first.kill()

    running.says("process.died process=redis exit=-9")
    until(lambda: bool([p for p in family.living() if "redis-server" in p.name()]), what="Redis")
    assert redis_of(family).pid != first.pid
    assert (family.directory / "var" / "redis.url").read_text("utf-8") == address
    until_both_answer(family, running)


def test_a_web_port_that_is_taken_is_said_and_nothing_starts(family):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        running = family.python("manage.py", "up", "--port", str(port))

        assert running.process.wait(60) == 78
    assert f"127.0.0.1:{port} is taken by another program" in running.said()
    family.until_gone()


def test_production_needs_a_redis_of_its_own(family):
    running = family.python("manage.py", "up", MOULIN_ENV="production")

    assert running.process.wait(60) == 78
    assert "REDIS_URL: needed when MOULIN_ENV=production" in running.said()
