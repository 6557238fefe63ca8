"""A message is what our own tasks send, or it cannot be read, and nothing of it is in the error."""

from __future__ import annotations

import hashlib
import json

import pytest

from core import messages
from core.messages import UnreadError
from tests import messages as given

GOOD = given.good("sales", "a", task="sales.process", args=(7,))
RAW = dict(given.raw("sales"))


def encoded(message: object) -> bytes:
    return json.dumps(message).encode()


def test_a_message_of_ours_is_read():
    message = messages.read(encoded(GOOD))

    assert (message.queue, message.task, message.ident) == ("sales", "sales.process", "a")
    assert (message.args, message.kwargs) == ([7], {})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("headers.eta", "2026-03-01T10:00:00+00:00"),
        ("headers.expires", "2026-03-01"),
        ("headers.timelimit", [900, 840.5]),
        ("headers.of a later version", {"any": ["thing"]}),
        ("properties.priority", 9),
        ("properties.delivery_info.redelivered", True),
        ("headers.retries", given.GONE),
    ],
)
def test_what_celery_may_say_beside_is_no_matter(path, value):
    assert messages.read(encoded(given.changed(GOOD, path, value))).task == "sales.process"


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_what_is_no_message_cannot_be_read(raw):
    with pytest.raises(UnreadError):
        messages.read(raw)


@pytest.mark.parametrize("raw", given.broadcasts().values(), ids=given.broadcasts().keys())
def test_what_is_no_command_is_not_taken_for_one(raw):
    with pytest.raises(UnreadError):
        messages.check_broadcast(raw)


@pytest.mark.parametrize(
    "entry",
    [b"", b"7", b"[]", encoded([GOOD]), encoded([GOOD, "", "sync"]), encoded([7, "", "sales"]),
     encoded([given.good("other", "a"), "", "other"])],
)  # fmt: skip
def test_what_a_worker_never_took_is_not_given_back(entry):
    with pytest.raises(UnreadError):
        messages.read_unacked(entry)


def test_what_a_worker_took_is_read_as_it_was():
    assert messages.read_unacked(encoded([GOOD, "", "sales"])) == messages.read(encoded(GOOD))


def test_an_error_names_the_place_and_nothing_of_what_is_there():
    canary = given.changed(GOOD, "headers.timelimit", ["canary", "canary"])

    with pytest.raises(UnreadError) as refused:
        messages.read(encoded(canary))

    assert "headers.timelimit" in str(refused.value)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    ("raw", "header"),
    [
        (encoded(GOOD), "task: sales.process"),
        (encoded(GOOD)[:-40], "task: sales.process"),
        (encoded({"headers": {"id": "x"}}), "id: x"),
        (encoded({"headers": {"task": "somebody's name and address"}}), None),
        (b"canary", None),
        (b"", None),
    ],
)
def test_of_any_message_its_size_digest_and_first_legible_header_are_said(raw, header):
    assert messages.outline(raw) == {
        "size": len(raw), "sha256": hashlib.sha256(raw).hexdigest(), "header": header,
    }  # fmt: skip
