"""No other site acts by a session: every order needs a word of a form of ours."""

from __future__ import annotations

from api.web import sessions
from tests.api.test_access import DOORS, filled
from tests.api.visitor import Visitor, another, is_in

SYNCS = "/api/ops/syncs"
RUN = "/inventory/status/run"
HERE = "http://localhost"
POSTS = [
    door for door, role in DOORS.items() if door.startswith("POST") and role != "terminal"
    # A vendor has no session: it signs.
    and "/webhooks/<name>/" not in door
]  # fmt: skip


def refused(answer):
    """A form that is none of ours; as JSON or as a page."""
    assert answer.status_code == 403, answer.request.path
    if answer.mimetype == "text/html":
        assert "rechargez-la" in answer.text
    else:
        assert answer.get_json()["code"] == "FOREIGN_FORM"


def send(visitor, door, csrf, **headers):
    path = filled(door).partition(" ")[2]
    return visitor.post(path, csrf=csrf, headers=headers)


def test_no_order_is_taken_from_a_session_without_a_form_of_its_own(app, admin, tokens):
    stranger = Visitor(app)
    stranger.log_in(tokens["admin"])
    foreign = ("", "x", stranger.csrf, admin.csrf + "x", "\x00é")
    for door in POSTS:
        for csrf in foreign:
            refused(send(admin, door, csrf))
        for origin in ("https://evil.example", "null", "http://localhost:81", "", "http://["):
            refused(send(admin, door, admin.csrf, Origin=origin))
    assert is_in(admin)


def test_with_a_form_of_its_own_the_session_is_as_good_as_the_token(admin, queues):
    for door in POSTS:
        if door not in ("POST /login", "POST /logout"):
            answer = send(admin, door, admin.csrf, Origin=HERE)

            assert answer.status_code not in (401, 403), door
            assert answer.status_code < 500, door


def test_the_guides_address_takes_a_form(admin):
    answer = admin.post("/inventory/sync/products/", {"force": "1"})

    assert (answer.status_code, answer.get_json()["status"]) == (202, "enqueued")


def test_json_carries_the_word_in_a_header(admin):
    def order(**headers):
        return admin.client.post(f"{SYNCS}/b2b.products/run", json={"force": True}, headers=headers)

    assert order().status_code == 403
    assert order(**{sessions.CSRF_HEADER: admin.csrf}).status_code == 202


def test_a_token_needs_no_form_whatever_comes_along(admin, tokens):
    headers = {"Authorization": f"Bearer {tokens['operator']}", "Origin": "https://evil.example"}

    answer = admin.client.post(f"{SYNCS}/b2b.products/run", json={"force": True}, headers=headers)

    assert answer.status_code == 202


def test_a_wrong_token_is_not_saved_by_a_session(admin):
    assert admin.get(SYNCS, headers={"Authorization": "Bearer mln_x"}).status_code == 401


def test_the_public_address_is_here_too(app, tokens, monkeypatch):
    public = {"Origin": "https://moulin.example.com"}
    admin = Visitor(app)
    admin.log_in(tokens["admin"])
    refused(send(admin, "POST /logout", admin.csrf, **public))
    known = Visitor(another({"PUBLIC_URL": "https://moulin.example.com/"}, monkeypatch))
    secure = {"base_url": "https://127.0.0.1:8000"}

    known.get("/login", **secure)
    answer = known.post("/login", {"token": tokens["admin"]}, headers=public, **secure)

    assert answer.status_code == 303


def test_a_login_form_is_ours_too(visitor, tokens):
    refused(visitor.post("/login", {"token": tokens["admin"]}))
    visitor.get("/login")
    refused(
        visitor.post(
            "/login", {"token": tokens["admin"]}, headers={"Origin": "https://evil.example"}
        )
    )
