"""Sessions: what a cookie holds and may do, and how it ends."""

from __future__ import annotations

import stat
import time

import pytest
import time_machine
from flask.sessions import SecureCookieSessionInterface

import core.settings
from api.web.secret import KEY_FILE, secret_key
from core.errors import ConfigurationError
from db.access import operators
from db.models import Operator
from db.session import reading, writing
from tests.api.given import away
from tests.api.pages import RUN, STATUS
from tests.api.visitor import Visitor, another, flags, inside, is_in

SYNCS = "/api/ops/syncs"


def test_a_token_begins_a_session_that_logs_out(visitor, tokens):
    assert not is_in(visitor)

    answer = visitor.log_in(tokens["viewer"])

    assert (answer.status_code, answer.headers["Location"]) == (303, STATUS)
    assert is_in(visitor)
    assert "a-viewer" in visitor.get(STATUS).text
    assert visitor.post("/logout").status_code == 303
    assert not is_in(visitor)
    assert visitor.cookie() == ""


def test_its_cookie_is_for_this_site_and_no_script(visitor, tokens):
    answer = visitor.log_in(tokens["admin"])

    assert flags(answer) == {"moulin", "HttpOnly", "Path=/", "SameSite=Lax"}


@pytest.mark.parametrize(
    "settings",
    [
        {"PUBLIC_URL": "https://moulin.example.com"},
        {
            "MOULIN_ENV": "production",
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "SECRET_KEY": "s" * 32,
            "FLOWER_BASIC_AUTH": "a:b",
        },
    ],
    ids=["public_url", "production"],
)
def test_over_https_it_is_bound_to_https_and_to_the_host(app, tokens, settings, monkeypatch):
    visitor = Visitor(another(settings, monkeypatch))
    secure = {"base_url": "https://moulin.example.com"}
    visitor.get("/login", **secure)

    answer = visitor.post("/login", {"token": tokens["admin"]}, **secure)

    assert flags(answer) == {"__Host-moulin", "HttpOnly", "Path=/", "SameSite=Lax", "Secure"}
    # A proxy that ends TLS speaks plain HTTP to us.
    assert (
        "max-age"
        in Visitor(visitor.client.application).get("/livez").headers["Strict-Transport-Security"]
    )


def test_on_plain_http_nothing_promises_https(visitor):
    assert "Strict-Transport-Security" not in visitor.get("/").headers


def test_the_cookie_tells_nothing_about_a_person_and_no_secret(admin, tokens):
    told = inside(admin.cookie())

    assert told.keys() == {"_permanent", "operator", "token", "until", "csrf"}
    with reading() as session:
        found = session.get_one(Operator, told["operator"])
        assert found.token_hash not in str(told)
    assert tokens["admin"] not in str(told)
    assert "a-admin" not in str(told)


def test_who_only_reads_gets_no_cookie(visitor):
    for path in ("/", STATUS, "/docs", "/static/pages.css"):
        assert "Set-Cookie" not in visitor.get(path).headers


def test_what_was_planted_before_is_forgotten_at_the_login(visitor, tokens):
    visitor.get("/login")
    planted, word = visitor.cookie(), visitor.csrf

    visitor.log_in(tokens["admin"])

    assert visitor.cookie() != planted
    assert visitor.post(RUN, {"sync": "b2b.products"}, csrf=word).status_code == 403
    stranger = Visitor(visitor.client.application)
    stranger.keep(planted)
    assert not is_in(stranger)


def test_a_revoked_operator_is_out_at_once(admin):
    with writing() as session:
        operators.revoke(session, "a-admin")

    assert admin.get(SYNCS).status_code == 401
    assert admin.get("/admin/inventory/apikey/").status_code == 303
    assert admin.post(RUN, {"sync": "b2b.products"}).headers["Location"] == "/login"
    assert "a-admin" not in admin.get(STATUS).text


def test_a_role_that_was_lowered_is_lower_at_once(admin):
    with writing() as session:
        session.query(Operator).filter_by(name="a-admin").one().role = "viewer"

    assert admin.get("/admin/inventory/apikey/").status_code == 403
    assert admin.post(RUN, {"sync": "b2b.products"}).status_code == 403


def test_another_token_of_the_same_operator_ends_the_session(admin):
    with writing() as session:
        session.query(Operator).filter_by(name="a-admin").one().token_hash = "0" * 64

    assert not is_in(admin)


def test_a_cookie_signed_by_another_key_is_none(app, tokens, monkeypatch):
    other = another({"SECRET_KEY": "o" * 32}, monkeypatch)
    stranger = Visitor(other)
    stranger.log_in(tokens["admin"])
    visitor = Visitor(app)

    visitor.keep(stranger.cookie())

    assert is_in(stranger)
    assert not is_in(visitor)


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(app, admin):
    began = time.time()
    with time_machine.travel(began + 11 * 3600, tick=True):
        admin.keep(admin.cookie())
        # An answer that is left for the next page signs the cookie anew.
        assert admin.post(RUN, {"sync": "b2b.products"}).status_code == 303
        late = admin.cookie()
        assert is_in(admin)
    with time_machine.travel(began + 12 * 3600 + 60, tick=True):
        visitor = Visitor(app)
        visitor.keep(late)

        assert not is_in(visitor)


def test_a_page_that_reads_itself_again_prolongs_nothing(admin):
    assert "Set-Cookie" not in admin.get(STATUS).headers


def test_what_an_older_release_left_is_passed_over(app, admin):
    for left in ({"key": "no.such", "named": {}}, {"key": "keys.saved", "named": {}}):
        with admin.client.session_transaction() as kept:
            kept["notice"] = left

        answer = admin.get(STATUS)

        assert answer.status_code == 200
        assert 'class="notice"' not in answer.text
    for number in ("1", None, 0):
        signed = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signed is not None
        visitor = Visitor(app)
        visitor.keep(str(signed.dumps({"operator": number, "until": 2**40, "token": None})))
        assert visitor.get(STATUS).status_code == 200
        assert not is_in(visitor)


def test_a_store_that_is_away_is_told_on_a_page(admin, visitor, tokens):
    stranger = Visitor(visitor.client.application)
    stranger.get("/login")
    with away():
        told = [
            admin.get("/login"),
            admin.get(STATUS),
            admin.get("/"),
            admin.get("/admin/inventory/apikey/"),
            admin.post(RUN, {"sync": "b2b.products"}),
            stranger.post("/login", {"token": tokens["admin"]}),
        ]
        machine = admin.client.get("/", headers={"Accept": "application/json"})
        assert machine.status_code == 200  # it asks no store
        assert admin.post("/logout").status_code == 303

    for answer in told:
        assert (answer.status_code, answer.mimetype) == (503, "text/html")
        assert answer.headers["Retry-After"] == "5"
        assert "La base de données ne répond pas" in answer.text
        assert answer.headers["X-Request-ID"] in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_developments_own_key_is_kept_for_its_owner_alone(store):
    path = store.var_dir / KEY_FILE

    assert secret_key() == secret_key() == path.read_text("ascii")
    assert len(secret_key()) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match="others may read"):
        secret_key()


def test_a_key_that_cannot_be_kept_names_its_setting(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "file"))
    core.settings.reset()

    with pytest.raises(ConfigurationError, match="set SECRET_KEY"):
        secret_key()
