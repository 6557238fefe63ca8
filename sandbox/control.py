"""The control door: what a test does to a source from another process, under ``/_sandbox/``."""

import ipaddress
import json
from collections.abc import Callable, Mapping
from http import HTTPStatus

from sandbox.collection import Collection, Record
from sandbox.faults import KINDS, Faults
from sandbox.log import Log
from sandbox.messages import Answer, Request, json_answer

PREFIX = "/_sandbox/"


class UnknownRouteError(Exception):
    """The control door has no such path or verb."""


class Control:
    """Answers requests under ``/_sandbox/``, to callers on this machine only."""

    def __init__(
        self,
        log: Log,
        faults: Faults,
        collections: Mapping[str, Collection],
        turn: Callable[[Record], Record],
        act: Callable[[str, Record], Record],
    ) -> None:
        self._log = log
        self._faults = faults
        self._collections = collections
        self._turn = turn
        self._act = act

    def __call__(self, request: Request) -> Answer:
        """Do what the request says; 400 for what makes no sense, 404 for what does not exist."""
        if not ipaddress.ip_address(request.client).is_loopback:
            return json_answer({"detail": "Loopback only."}, HTTPStatus.FORBIDDEN)
        try:
            return self._route(request, request.path.removeprefix(PREFIX).strip("/").split("/"))
        except (UnknownRouteError, KeyError):
            return json_answer({"detail": "Not found."}, HTTPStatus.NOT_FOUND)
        except (ValueError, TypeError) as error:
            return json_answer({"detail": str(error)}, HTTPStatus.BAD_REQUEST)

    def _route(self, request: Request, parts: list[str]) -> Answer:
        match request.method, *parts:
            case "GET", "log":
                return json_answer([entry._asdict() for entry in self._log])
            case "DELETE", "log":
                self._log.clear()
            case "POST", "faults":
                self._arm(_record(request))
                return json_answer(None, HTTPStatus.CREATED)
            case "DELETE", "faults":
                self._faults.clear()
            case "GET" | "PATCH", "knobs":
                return json_answer(self._turn(_record(request)))
            case _, name, *rest if name in self._collections:
                return _edit(self._collections[name], request, rest)
            case "POST", name:
                return json_answer(self._act(name, _record(request)))
            case _:
                raise UnknownRouteError
        return Answer(HTTPStatus.NO_CONTENT)

    def _arm(self, declared: Record) -> None:
        kind = declared.pop("kind", None)
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        self._faults.add(KINDS[str(kind)].model_validate(declared))


def _edit(collection: Collection, request: Request, parts: list[str]) -> Answer:
    match request.method, *parts:
        case "GET", number:
            return Answer(body=collection.text(int(number)).encode("utf-8", "surrogatepass"))
        case ("POST",):
            return json_answer({"id": collection.insert(_record(request))}, HTTPStatus.CREATED)
        case "POST", "change":
            return json_answer({"ids": collection.change(_count(request))})
        case "POST", "raw":
            return json_answer(
                {"key": collection.add_raw(request.body.decode())}, HTTPStatus.CREATED
            )
        case "PUT", number:
            collection.put_raw(int(number), request.body.decode())
        case "PATCH", number:
            return json_answer(collection.merge(int(number), _record(request)))
        case "DELETE", number:
            collection.delete(int(number))
        case _:
            raise UnknownRouteError
    return Answer(HTTPStatus.NO_CONTENT)


def _count(request: Request) -> int:
    count = _record(request).get("count")
    if not isinstance(count, int):
        raise TypeError("count is how many records change")
    return count


def _record(request: Request) -> Record:
    record = json.loads(request.body or b"{}")
    if not isinstance(record, dict):
        raise TypeError("the body must be a JSON object")
    return record
