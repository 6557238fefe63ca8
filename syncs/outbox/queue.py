"""Taking a command in: everything that can be wrong with it is said before there is a row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID, uuid4, uuid5

from connectors.connector import Connector
from connectors.families import Family
from connectors.families.commands import AnyCommand, Body, BodyError, canonical
from core.logs import correlation_id
from db.session import writing
from db.work import outbox
from db.work.outbox import Order
from syncs.outbox import targets

_NAMESPACE = UUID("0c0f6a5e-6e0c-5d0b-8a4e-3c9d1f7b2a60")
_KEY = re.compile("[ -~]{1,255}").fullmatch


@dataclass(frozen=True, kw_only=True)
class Queued:
    """A command in the store; ``new`` unless its key was known."""

    outbox_id: int
    state: str
    new: bool


def queue_for_later(
    supplier: Connector | str, verb: str, payload: object, *,
    key: str | None = None, request_id: str | None = None,
) -> Queued:  # fmt: skip
    """Have a worker carry out ``verb`` at ``supplier``, a connector or its name, and soon.

    ``payload`` is the verb's body, or the list of its items. Under the same ``key`` it is done
    once: who tried before without knowing what came of it gives the key of that try. Without one
    the key is made of the command and ``request_id`` (by default this request's).
    Raises ``NotFoundError``, ``RefusedError``, ``UnsupportedError``, ``BodyError``, ``KeyReused``.
    """
    name = supplier if isinstance(supplier, str) else _name(supplier)
    order = prepare(name, verb, payload, key=key, request_id=request_id)
    with writing() as session:
        command, new = outbox.add(session, order)
        return Queued(outbox_id=command.id, state=command.status, new=new)


def prepare(
    name: str, verb: str, payload: object, *, key: str | None = None, request_id: str | None = None
) -> Order:
    """The command, checked; see ``queue_for_later``. Sends nothing and stores nothing."""
    with targets.find(name) as connector:
        command = targets.command(connector, name, verb)
        body: Body = command.read(payload)
        text = canonical(body)
        return Order(
            connector=name,
            verb=verb,
            key=_key(command, body, key) or _made_key(name, verb, text, request_id),
            payload=text,
            objects=[*command.objects(body)],
            approval=command.asks and connector.config.orders.approval,
        )


def _name(supplier: Connector) -> str:
    return supplier.name if isinstance(supplier, Family) else type(supplier).__name__


def _key(command: AnyCommand, body: Body, given: str | None) -> str | None:
    key = command.own_key(body) if given is None else given
    if key is not None and not _KEY(key):
        raise BodyError([("key", "must be 1 to 255 printable characters of ASCII")])
    return key


def _made_key(name: str, verb: str, text: str, request_id: str | None) -> str:
    request = request_id or correlation_id() or uuid4().hex
    return str(uuid5(_NAMESPACE, f"{name}\n{verb}\n{request}\n{text}"))
