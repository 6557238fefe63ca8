"""Messages as they may lie in a queue: ours, and what nobody can read."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

Json = dict[str, Any]
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
TASK = "upkeep.forget"
GONE = object()


def body(*parts: object) -> str:
    """``[args, kwargs, embed]`` as a message has it."""
    return base64.b64encode(json.dumps(parts).encode()).decode()


def good(queue: str, ident: str, *, task: str = TASK, args: tuple[object, ...] = ()) -> Json:
    """A message of ours, as Celery and kombu write it."""
    return {
        "body": body(args, {}, EMBED),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {
            "lang": "py", "task": task, "id": ident, "shadow": None, "eta": None, "expires": None,
            "group": None, "group_index": None, "retries": 0, "timelimit": [None, None],
            "root_id": ident, "parent_id": None, "argsrepr": repr(args), "kwargsrepr": "{}",
            "origin": "gen1@host", "ignore_result": True, "replaced_task_nesting": 0,
            "stamped_headers": None, "stamps": {},
        },
        "properties": {
            "correlation_id": ident, "reply_to": "r", "delivery_mode": 2,
            "delivery_info": {"exchange": "", "routing_key": queue},
            "priority": 0, "body_encoding": "base64", "delivery_tag": f"tag-{ident}",
        },
    }  # fmt: skip


def changed(message: Json, path: str, value: object) -> Json:
    """``message`` with another value at ``path``, or without one (``GONE``)."""
    copy: Json = deepcopy(message)
    *steps, last = path.split(".")
    place = copy
    for step in steps:
        place = place[step]
    if value is GONE:
        del place[last]
    else:
        place[last] = value
    return copy


WRONG = {
    "body": ("????", "", None, 7, [], {}, "e30=", body(), body([]), body({}, {}, {}),
             body([], [], EMBED), body([], {}, []), body([], {}, EMBED, 1), body([], {}, None),
             base64.b64encode(pickle.dumps([[], {}, EMBED])).decode(),
             base64.b64encode(zlib.compress(b"[[], {}, {}]")).decode(),
             base64.b64encode(b'[[{"__type__": "decimal", "__value__": "x"}], {}, {}]').decode(),
             base64.b64encode(b"[" * 20_000).decode(), body([], {}, {"chord": 7}),
             body([], {}, {"callbacks": [{"task": "upkeep.forget"}]}),
             body([7], {}, EMBED), body([], {"no such": 1}, EMBED), GONE),
    "headers": (None, 7, [], "task", {}, GONE),
    "headers.task": (None, 7, [], {}, "", "no.such.task", "celery.chain", "x" * 300, "a\n", GONE),
    "headers.id": (None, 7, [], {}, "", "x" * 300, "\0", "\ud800", GONE),
    "headers.eta": (7, "tomorrow", [], {}, "0001-01-01T00:00:00", "9999-12-31T23:59:59"),
    "headers.expires": (7, "never", [], {}, "0001-01-01T00:00:00"),
    "headers.retries": ("1", -1, 2**70, [], 1.5, True),
    "headers.timelimit": ("soon", 7, [], [1], ["a", "b"], [None, -1], [None, 1e300], {}),
    "headers.shadow": (7, [], {}),
    "headers.root_id": (7, [], {}),
    "headers.parent_id": (7, [], {}),
    "headers.group": (7, [], {}),
    "headers.argsrepr": (7, [], {}),
    "headers.stamped_headers": (7, {}, ["a"], "a"),
    "headers.stamps": (7, [], {"a": 1}),
    "headers.ignore_result": (7, "yes", []),
    "headers.compression": ("zlib", "no such", 7, []),
    "headers.get": (7, [], {}),
    "headers.update": (7, "x"),
    "headers.replaced_task_nesting": ("1", [], -1),
    "properties": (None, 7, [], "p", {}, GONE),
    "properties.delivery_tag": (None, 7, [], {}, "", GONE),
    "properties.delivery_info": (None, 7, [], "d", {}, GONE),
    "properties.delivery_info.exchange": (None, 7, [], {}, GONE),
    "properties.delivery_info.routing_key": (None, 7, [], {}, GONE),
    "properties.body_encoding": (None, "base32", "utf-8", 7, [], GONE),
    "properties.priority": ("high", -1, [], {}),
    "content-type": (None, "application/x-python-serialize", "text/plain", "", 7, [], GONE),
    "content-encoding": (None, "binary", "no such", "", 7, [], GONE),
}  # fmt: skip
"""By the path to it what a field of a message must not be."""


def raw(queue: str) -> Iterator[tuple[str, bytes]]:
    """What is no message at all, each with a name."""
    ours = json.dumps(good(queue, "cut")).encode()
    yield "bytes", bytes(range(256))
    yield "half a message", ours[: len(ours) // 2]
    yield "a message and more", ours + b"x"
    yield "a byte order mark", b"\xef\xbb\xbf" + ours
    yield "UTF-16", ours.decode().encode("utf-16")
    yield "nothing", b""
    yield "blanks", b"   "
    for text in ("null", "true", "7", "1e999", "NaN", "[]", '"text"', "{}", "[[], {}, {}]"):
        yield text, text.encode()
    yield "a pickle", pickle.dumps(good(queue, "pickled"))
    yield "ten megabytes", b"x" * 10_000_000
    yield "ten megabytes of JSON", json.dumps({"x": "y" * 10_000_000}).encode()
    yield "deep", b"[" * 30_000
    yield "a typed value", b'{"__type__": "decimal", "__value__": "x"}'
    yield (
        "Celery's first protocol",
        json.dumps(
            changed(good(queue, "old"), "headers", {}) | {"body": body({"task": TASK, "id": "1"})}
        ).encode(),
    )


def bad(queue: str) -> Iterator[tuple[str, bytes]]:
    """Everything that nobody can read, each with a name."""
    yield from raw(queue)
    for path, values in WRONG.items():
        for value in values:
            name = "gone" if value is GONE else repr(value)[:40]
            message = changed(good(queue, "bad"), path, value)
            yield f"{path}: {name}", json.dumps(message).encode()


def broadcasts() -> Mapping[str, bytes]:
    """What may be published to all workers and is no command."""
    command = {
        **good("celery.pidbox", "c"),
        "headers": {"clock": 1, "expires": 0},
        "body": base64.b64encode(b'{"method": "ping", "arguments": {}}').decode(),
    }
    wrong = [
        changed(command, "headers", []), changed(command, "headers.clock", "x"),
        changed(command, "headers.expires", "x"), changed(command, "body", "????"),
        changed(command, "properties", 7), changed(command, "content-type", "x"),
        *(command | {"body": base64.b64encode(text).decode()}
          for text in (b"[]", b"7", b'{"method": 7}', b'{"method": "ping", "arguments": []}',
                       b'{"method": "ping", "destination": 7}')),
    ]  # fmt: skip
    return dict(raw("celery.pidbox")) | {
        f"command {number}": json.dumps(each).encode() for number, each in enumerate(wrong)
    }
