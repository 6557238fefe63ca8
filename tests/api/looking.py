"""A till that reads over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests import sold

SIMPLE = "/api/v2/simple/"


def look(app: Flask, shop_id: int, path: str, **query: str) -> TestResponse:
    """The answer to the first till of the shop; ``path`` is below the tills' address, or whole."""
    whole = path if path.startswith("/") else SIMPLE + path
    with app.test_client() as client:
        answer: TestResponse = client.get(
            whole,
            query_string=query or None,
            headers={"X-Device-Serial": sold.serial(shop_id)},
        )
        return answer


def read(app: Flask, shop_id: int, path: str, **query: str) -> Any:
    """The document of an answer that is 200."""
    answer = look(app, shop_id, path, **query)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def walk(app: Flask, shop_id: int, path: str, **query: str) -> list[Any]:
    """Every page from the first to the last, as documents."""
    pages = [read(app, shop_id, path, **query)]
    while following := pages[-1]["next"]:
        pages.append(read(app, shop_id, following))
    return pages


def refused(app: Flask, shop_id: int, path: str, **query: str) -> tuple[str, str]:
    """The parameter that a 400 names, and its sentence."""
    answer = look(app, shop_id, path, **query)
    told = answer.get_json()
    assert (answer.status_code, told["code"]) == (400, "INVALID_QUERY"), told
    assert answer.mimetype == "application/json"
    assert set(told) == {"error", "code", "champ"}
    return told["champ"], told["error"]
