"""A message is checked against the task it asks for; what passes, Celery can handle."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from celery.worker.request import Request
from kombu.asynchronous.timer import to_timestamp
from kombu.transport.virtual import Channel, Message
from kombu.utils import json as kombu_json

import worker
from core import messages, settings
from core.messages import ARGUMENTS, TASK, UnreadError
from tasks.durable import DurableTask, check_message
from tests import messages as given

VALUES: tuple[object, ...] = (
    None, 0, 1, -1, 2**40, 2**70, 1.5, True, "", "a", "x" * 5000, "\0", "\ud800", [], [1], ["a"],
    [None, None], [0.1, 5], {}, {"a": 1}, {"__type__": "uuid", "__value__": "x"},
    "2026-01-01T00:00:00+23:59", "2999-12-31T23:59:59-23:00", given.body([], {}, given.EMBED),
)  # fmt: skip


@pytest.fixture(autouse=True)
def tasks(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a worker can be asked for; an address is enough, nothing is sent."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()
    worker.app.loader.import_default_modules()
    return {name: task for name, task in worker.app.tasks.items() if isinstance(task, DurableTask)}


def check(task: str, *args: object, **kwargs: object) -> None:
    message = given.good("sync", "a", task=task)
    message["body"] = given.body(args, kwargs, given.EMBED)
    check_message(messages.read(json.dumps(message).encode()))


def test_every_bad_message_is_refused():
    accepted = []
    for name, raw in given.bad("sales"):
        try:
            check_message(messages.read(raw))
        except UnreadError:
            continue
        accepted.append(name)

    assert accepted == []


BY_ID = {"outbox.send", "sales.process", "upkeep.act", "webhooks.process"}


def test_every_task_can_be_asked_for(tasks):
    for name in tasks:
        check(name, *([1] if name in BY_ID else []))

    check("sync.b2b.products", 7)
    check("sync.b2b.products", trigger="beat")
    check("sync.b2b.products", site_id="3")


@pytest.mark.parametrize(
    ("task", "args", "kwargs"),
    [
        ("sales.process", (), {}),
        ("sales.process", ("7",), {}),
        ("sales.process", (-7,), {}),
        ("sales.process", (2**63,), {}),
        ("sales.process", (True,), {}),
        ("sales.process", (7, 8), {}),
        ("sales.process", (7,), {"batch_id": 7}),
        ("sales.process", (), {"batch": 7}),
        ("upkeep.forget", (7,), {}),
        ("sync.b2b.products", ("7",), {}),
        ("sync.b2b.products", (), {"run_id": [7]}),
        ("sync.b2b.products", (), {"trigger": 7}),
        ("sync.b2b.products", (), {"no_option": 7}),
        ("sync.b2b.products", (), {"site_id": "canary"}),
    ],
)
def test_arguments_that_a_task_does_not_take_are_refused(task, args, kwargs):
    with pytest.raises(UnreadError) as refused:
        check(task, *args, **kwargs)

    assert refused.value.code == ARGUMENTS
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("task", ["no.such.task", "celery.chain", "sync.b2b.canary"])
def test_a_task_that_is_not_ours_is_refused(task):
    with pytest.raises(UnreadError) as refused:
        check(task)

    assert refused.value.code == TASK


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to each value inside."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[arg-type]  # a list
    for key, item in inside:
        yield (*path, key)
        if isinstance(item, dict | list):
            yield from places(item, (*path, key))


def mutate(message: given.Json, chance: random.Random) -> None:
    """Another value somewhere, or none, or one more."""
    *steps, last = chance.choice(list(places(message)))
    place: Any = message
    for step in steps:
        place = place[step]
    match chance.randrange(5):
        case 0:
            del place[last]
        case 1 if isinstance(place, dict):
            place[chance.choice(("clock", "callbacks", "args", "hostname", "groups", "new"))] = 7
        case _:
            place[last] = deepcopy(chance.choice(VALUES))


def handle(raw: bytes) -> None:
    """What a worker's event loop does with a message."""
    channel = Channel.__new__(Channel)
    message = Message(kombu_json.loads(raw.decode()), channel=channel)
    task = worker.app.tasks[message.headers["task"]]
    assert "args" not in message.payload
    request = Request(
        message, app=worker.app, task=task, headers=message.headers, body=message.body, utc=True
    )
    request.maybe_expire()
    if request.eta:
        to_timestamp(request.eta.astimezone())
    assert (request.stamps, request.stamped_headers, request.info(safe=True)) is not None


def test_what_is_read_celery_can_handle():
    chance = random.Random(random.getrandbits(32))  # noqa: S311, --randomly-seed repeats it
    handled = 0
    for _ in range(4000):
        message = given.good("sales", "a")
        for _ in range(chance.randint(1, 3)):
            mutate(message, chance)
        raw = json.dumps(message).encode()
        try:
            check_message(messages.read(raw))
        except UnreadError:
            continue
        handle(raw)
        handled += 1

    assert handled > 100
