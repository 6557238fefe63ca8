"""Flower: shows the tasks, hides the secrets, lets only those in who may."""

import signal

import pytest
import requests

from tests.servers import free_port, until

USER = ("boss", "canary-flower-password")
SECRETS = {
    "B2B_API_KEY": "canary-api-key-of-the-source",
    "SECRET_KEY": "canary-secret-key-of-the-sessions",
    "INVENTORY_ENCRYPTION_KEY": "bW91bGluIGNhbmFyeSBlbmNyeXB0aW9uIGtleSAhISE=",
    "FLOWER_BASIC_AUTH": f"{':'.join(USER)},c:d",
}


def started(family, *flags, **more):
    port = free_port()
    running = family.celery("flower", f"--port={port}", *flags, **more)
    running.says("Visit me at")
    return running, f"http://127.0.0.1:{port}"


@pytest.fixture
def http():
    """Somebody who may look."""
    with requests.Session() as session:
        session.auth = USER
        yield session


def test_it_shows_our_tasks_and_nothing_secret(migrated, empty_redis, http):
    migrated.env.update(SECRETS, REDIS_URL=empty_redis.url, B2B_API_URL="http://127.0.0.1:1")
    worker = migrated.celery("worker", "-c", "1", "-n", "canary@%h")
    worker.says(" ready.")
    flower, url = started(migrated)
    call = migrated.celery("call", "sync.b2b.products", "--kwargs", '{"site_id": 7}')
    assert call.process.wait(60) == 0, call.said()

    def tasks():
        return http.get(f"{url}/api/tasks", timeout=10).json()

    # The source does not exist, so that the page shows an error with its traceback too.
    until(
        lambda: "FAILURE" in {task["state"] for task in tasks().values()},
        what="the failed task",
        why_not=worker.said,
    )
    task_id = next(ident for ident, task in tasks().items() if task["state"] == "FAILURE")
    workers = http.get(f"{url}/api/workers", params={"refresh": "1"}, timeout=10)
    (name,) = workers.json()
    pages = [
        workers.text,
        http.get(f"{url}/api/task/info/{task_id}", timeout=10).text,
        *(
            http.get(f"{url}{path}", timeout=10).text
            for path in (
                *("/workers", f"/worker/{name}", "/broker", "/tasks", f"/task/{task_id}"),
                *("/metrics", "/healthcheck", "/nowhere"),
            )
        ),
    ]

    shown = "\n".join([*pages, flower.said(), worker.said()])
    assert "sync.b2b.products" in pages[0]  # registered
    assert "sync.b2b.products" in pages[-4]  # on the task's page
    assert "broker_url" in pages[0]  # the configuration is there, and censored
    for secret in (empty_redis.password, *SECRETS.values(), USER[1]):
        assert secret not in shown
    only_who_is_named_sees_a_page(url)
    assert flower.end(signal.SIGTERM) == 0


def only_who_is_named_sees_a_page(url):
    """However many are named."""
    for path in ("/", "/workers", "/tasks", "/broker", "/api/workers", "/api/tasks"):
        assert requests.get(f"{url}{path}", timeout=10).status_code == 401, path
    for user, status in ((("boss", "guess"), 401), (("c", "d"), 200), (("c", USER[1]), 401)):
        assert requests.get(f"{url}/tasks", auth=user, timeout=10).status_code == status


@pytest.mark.parametrize(
    ("flags", "more"),
    [
        (["--address=0.0.0.0"], {}),
        ([], {"FLOWER_ADDRESS": "::"}),
        ([], {"FLOWER_ADDRESS": "shop.example"}),
        ([], {"MOULIN_ENV": "production", "SECRET_KEY": "x" * 40}),
    ],
)
def test_open_to_everybody_it_does_not_start(family, flags, more):
    running = family.celery("flower", *flags, REDIS_URL="redis://:p@127.0.0.1:1/0", **more)

    assert running.process.wait(60) == 78, running.said()
    assert "Error: FLOWER_BASIC_AUTH: " in running.said()
    assert "Traceback" not in running.said()
