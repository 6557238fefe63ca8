"""A description notices what does not keep to it, on both sides."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox import square
from tests.contracts.described import Description


@pytest.fixture
def source():
    with square.serve() as served:
        yield served


@pytest.fixture
def description(source):
    described = Description("square")
    described.watch(source)
    return described


def ask(source: square.Square, path: str, body: Any = None) -> None:
    requests.request(
        "GET" if body is None else "POST",
        f"{source.url}/v2/{path}",
        json=body,
        headers={"Authorization": f"Bearer {square.DEMO_TOKEN}"},
        timeout=10,
    )


ITEM = {
    "type": "ITEM",
    "id": "#1",
    "updated_at": "2026-11-20T12:00:00Z",
    "item_data": {
        "variations": [{"type": "ITEM_VARIATION", "id": "#2", "item_variation_data": {}}]
    },
}
WRONG = {
    "a type": ("catalog/search", {"limit": "7"}, "'7' is not of type 'integer'"),
    "a field that is not there": ("catalog/search", {"limits": 7}, "'limits' was unexpected"),
    "a field that only the vendor writes": (
        "catalog/batch-upsert",
        {"idempotency_key": "k", "batches": [{"objects": [ITEM]}]},
        "read-only",
    ),
    "a field that is missing": ("catalog/batch-upsert", {"batches": []}, "idempotency_key"),
    "a word": ("catalog/search", {"object_types": ["HOLOGRAM"]}, "HOLOGRAM"),
}


@pytest.mark.parametrize(("path", "body", "said"), WRONG.values(), ids=WRONG)
def test_a_request_that_is_not_described_is_noted(source, description, path, body, said):
    ask(source, path, body)

    assert said in description.violations[0]


def test_an_answer_that_is_not_described_is_noted(source, description):
    ask(source, "locations")
    assert description.violations == []

    source.locations[0]["naem"] = "x"
    ask(source, "locations")

    assert "'naem' was unexpected" in description.violations[0]


def test_the_stand_in_grants_tokens_as_they_are_described(source, description):
    granted = source.oauth.grant()
    fields = {
        "client_id": source.oauth.client_id,
        "client_secret": source.oauth.client_secret,
        "grant_type": "refresh_token",
        "refresh_token": granted["refresh_token"],
    }

    answer = requests.post(f"{source.url}/oauth2/token", json=fields, timeout=10)

    assert answer.json().keys() >= {"access_token", "refresh_token", "expires_at", "merchant_id"}
    assert description.violations == []
