"""The page of the source's keys: kept sealed, never shown, one of them in use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import select

from core import crypto
from db.access import audit, keys
from db.models import APIKey
from db.session import reading
from tests.api.pages import (
    ADD,
    APIKEYS,
    every_page,
)
from tests.api.visitor import Visitor


def test_a_key_is_kept_sealed_and_never_shown(admin):
    secret = "b2b_k3y-s3cret~"
    seen = [
        admin.post(ADD, {"name": "first", "key": f" {secret} ", "active": "1"}),
        *every_page(admin),
        admin.post(ADD, {"name": "first", "key": secret}),
        admin.post(ADD, {"name": "", "key": secret}),
    ]

    assert [answer.status_code for answer in seen] == [303, 200, 200, 200, 200, 200, 422, 422]
    for answer in seen:
        assert secret not in answer.text + str(answer.headers)
    assert "La clé first est enregistrée." in seen[1].text
    with reading() as session:
        (kept,) = session.scalars(select(APIKey))
        assert crypto.unseal(kept.sealed) == secret
        assert keys.active(session) == secret
        assert secret not in str([vars(event) for event in audit.recent(session)])


def test_one_key_is_in_use_at_a_time(admin):
    def active():
        with reading() as session:
            return [key.name for key in keys.every(session) if key.is_active]

    admin.post(ADD, {"name": "a", "key": "1", "active": "1"})
    admin.post(ADD, {"name": "b", "key": "2"})
    assert active() == ["a"]
    admin.post(f"{APIKEYS}switch/", {"name": "b"})
    assert active() == ["b"]
    admin.post(f"{APIKEYS}switch/", {"name": "b", "deactivate": "1"})
    assert active() == []
    assert admin.post(f"{APIKEYS}switch/").status_code == 409
    for nobody in ("c", "\x00", "a\x00", "\u202e"):
        assert admin.post(f"{APIKEYS}switch/", {"name": nobody}).status_code == 409
    with reading() as session:
        acts = [(event.what, event.subject) for event in audit.recent(session)]
    assert acts[:-1] == [
        ("apikey.deactivate", "keys"),
        ("apikey.activate", "key b"),
        ("apikey.add", "key b"),
        ("apikey.add", "key a"),
    ]


@pytest.mark.parametrize(
    ("name", "key", "sentence"),
    [
        ("", "k", "1 à 100 caractères"),
        (" ", "k", "1 à 100 caractères"),
        ("n" * 101, "k", "1 à 100 caractères"),
        ("a\nb", "k", "1 à 100 caractères"),
        ("a\x00", "k", "1 à 100 caractères"),
        ("a", "", "Donnez la clé"),
        ("a", "clé", "Donnez la clé"),
        ("a", "k\r\nHost: evil", "Donnez la clé"),
        ("a", "k" * 1001, "Donnez la clé"),
    ],
)
def test_a_wrong_field_is_told_and_the_choice_kept(admin, name, key, sentence):
    answer = admin.post(ADD, {"name": name, "key": key})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert " checked" not in answer.text
    with reading() as session:
        assert keys.every(session) == []


def test_two_keys_at_the_same_moment_are_kept_one_after_the_other(app, tokens):
    people = [Visitor(app) for _ in range(4)]
    for person in people:
        person.log_in(tokens["admin"])

    def add(person, name):
        together.wait()
        return person.post(ADD, {"name": name, "key": "k", "active": "1"}).status_code

    for turn in range(5):
        together = Barrier(4)
        with ThreadPoolExecutor(4) as pool:
            same = f"same {turn}"
            found = list(pool.map(add, people, [same, same, f"one {turn}", f"other {turn}"]))

        assert sorted(found) == [303, 303, 303, 422]
    with reading() as session:
        assert sum(key.is_active for key in keys.every(session)) == 1
