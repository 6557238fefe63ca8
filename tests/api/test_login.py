"""The login: what begins a session, who is slowed, and where it leads."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from db.models import AuditEvent, Operator
from db.session import reading
from tests.api.pages import STATUS
from tests.api.visitor import Visitor, is_in

SYNCS = "/api/ops/syncs"

WRONG = ("", "mln_x", "mln_" + "A" * 43, "A" * 100_000, "\x00", "é", "' OR 1=1 --")


def test_what_is_no_token_begins_nothing(visitor, tokens):
    visitor.get("/login")
    for token in (*WRONG, tokens["admin"].upper()):
        answer = visitor.post("/login", {"token": token})

        assert answer.status_code == 422
        assert "inconnu ou révoqué" in answer.text
        assert not is_in(visitor)
        assert token not in answer.text or len(token) < 3


def test_who_guesses_is_slowed_by_address(app, tokens):
    def guess(address, token):
        visitor = Visitor(app, address=address)
        visitor.get("/login")
        return visitor.post("/login", {"token": token})

    for _ in range(10):
        assert guess("192.0.2.7", "mln_x").status_code == 422
    slowed = guess("192.0.2.7", tokens["admin"])
    assert (slowed.status_code, slowed.headers["Retry-After"]) == (429, "60")
    assert guess("192.0.2.8", tokens["admin"]).status_code == 303

    for number in range(10):
        assert guess(f"2001:db8::{number}", "mln_x").status_code == 422
    assert guess("2001:db8::ffff", tokens["admin"]).status_code == 429
    assert guess("2001:db8:0:1::1", tokens["admin"]).status_code == 303


@pytest.mark.parametrize("then", [STATUS, "/admin/inventory/apikey/", f"{STATUS}?lang=en", "/docs"])
def test_a_login_leads_on(visitor, tokens, then):
    assert visitor.log_in(tokens["admin"], then=then).headers["Location"] == then


@pytest.mark.parametrize(
    "then",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\n/evil.example/",
        "\t//evil.example/",
        " //evil.example/",
        "javascript:alert(1)",
        "evil.example",
        "/x\r\nSet-Cookie: a=b",
        "/\u2028/evil.example",
        "",
    ],
)
def test_a_login_leads_nowhere_else(visitor, tokens, then):
    answer = visitor.log_in(tokens["admin"], then=then)

    assert answer.headers["Location"] == STATUS
    assert 'name="then" value=""' in visitor.get("/login", query_string={"then": then}).text


def test_a_page_for_operators_asks_for_the_token_and_comes_back(visitor, tokens):
    asked = visitor.get("/admin/inventory/apikey/?lang=en").headers["Location"]
    page = visitor.get(asked)
    assert 'lang="en"' in page.text

    answer = visitor.post(asked.replace("then", "x"), {"token": tokens["admin"],
                          "then": "/admin/inventory/apikey/"})  # fmt: skip

    assert answer.headers["Location"] == "/admin/inventory/apikey/"
    assert visitor.get(answer.headers["Location"]).status_code == 200


def test_a_login_is_in_the_audit_and_is_a_use_of_the_token(admin):
    with reading() as session:
        event = session.scalars(select(AuditEvent)).one()
        found = session.query(Operator).filter_by(name="a-admin").one()

    assert (event.who, event.what) == ("operator:a-admin", "session.begin")
    assert found.last_used_at is not None
