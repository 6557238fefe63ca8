"""All pages: whole, guarded, in two languages, and nobody else's words become markup."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from db.access import operators
from db.session import writing
from db.work import rejects
from db.work.rejects import Refusal
from syncs.registry import SYNCS
from tests.api.pages import (
    ADD,
    APIKEYS,
    EVIL,
    HOME,
    LOGIN,
    PRODUCTS,
    RUN,
    STATUS,
    Page,
    every_page,
    run,
)
from tests.api.test_access import PAGES
from tests.api.visitor import Visitor
from tests.syncs.running import sync_now


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    # Reading the home page here has no run begin, which the other pages would then tell.
    monkeypatch.setenv("AUTO_SYNC_PATHS", "")


def test_every_page_is_whole_and_needs_nothing_from_elsewhere(app, admin, source):
    sync_now(SYNCS["b2b.categories"])
    sync_now(SYNCS[PRODUCTS])
    admin.post(ADD, {"name": "b2b", "key": "k"})
    for answer in every_page(admin):
        page = Page(answer)

        assert answer.status_code == 200
        assert page.tags.count("h1") == page.tags.count("main") == 1
        assert "main" in page.ids
        assert not {"style", "iframe", "base", "object"} & set(page.tags)
        assert not any(each == "style" or each.startswith("on") for each in page.attributes)
        assert set(page.sources) <= {"/static/live.js"}
        for link in page.links:
            assert re.match(r"/(?!/)|#", link), link
            if link.startswith("/"):
                assert admin.get(link).status_code in (200, 303), link
        for field in page.fields:
            hidden = field["type"] == "hidden" if "type" in field else False
            checked = field.get("type") == "checkbox"
            assert hidden or checked or field["id"] in page.labels, field
        for method, action, fields in page.forms:
            assert (method, fields[0]) == ("post", "csrf"), action


def test_every_page_and_every_error_is_guarded_by_its_headers(app, visitor, admin, tokens):
    viewer = Visitor(app)
    viewer.log_in(tokens["viewer"])
    answers = [
        *every_page(admin),
        viewer.get(APIKEYS),
        visitor.post(LOGIN, {"token": "x"}),
        visitor.post(LOGIN),
        admin.post(RUN, {"sync": "nothing"}),
        admin.post(ADD, {"name": ""}),
        admin.post(ADD, {"name": "n" * 3_000_000}),
    ]
    assert {answer.status_code for answer in answers} == {200, 403, 413, 422}
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.mimetype == "text/html"
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; ")
        assert "unsafe" not in policy
        for part in ("form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            assert part in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        # no-referrer would have browsers say that our own forms come from nowhere.
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        Page(answer)


def test_nobody_elses_words_become_markup(app, admin, source):
    sync_now(SYNCS["b2b.categories"])
    sync_now(SYNCS[PRODUCTS])
    run("failed", ago=timedelta(hours=2), error=EVIL)
    with writing() as session:
        refusal = Refusal(external_id=EVIL[:60], code="MISSING", field=EVIL[:90], message=EVIL,
                          payload={})  # fmt: skip
        rejects.keep(session, PRODUCTS, None, [refusal])
        _, token = operators.add(session, name=EVIL[:60], role="admin")
    answer = admin.post(ADD, {"name": EVIL.partition("\u202e")[0], "key": "k"})
    assert answer.status_code == 303
    evil = Visitor(app)
    evil.log_in(token)

    pages = [
        *every_page(admin), evil.get(STATUS), admin.post(ADD, {"name": EVIL, "key": ""}),
        evil.get(LOGIN, query_string={"then": f"/{EVIL}"}),
        evil.get(STATUS, query_string={"lang": EVIL}),
    ]  # fmt: skip

    for answer in pages:
        page = Page(answer)
        assert "img" not in page.tags
        assert page.tags.count("script") == ("live.js" in page.text)
    assert pages[1].text.count("&lt;script&gt;alert(1)") == 5


def test_a_page_speaks_french_or_english_to_its_end(admin):
    for path in (HOME, STATUS, LOGIN, APIKEYS, ADD):
        french, english = admin.get(path), admin.get(f"{path}?lang=en")

        assert '<html lang="fr">' in french.text
        assert '<html lang="en">' in english.text
        assert f'href="{path}?lang=en" lang="en"' in french.text
        assert f'href="{path}?lang=fr" lang="fr"' in english.text
        assert not re.search(r"[éèêàçû«»]", Page(english).words.replace("Français", ""))
        for link in Page(english).links:
            if not link.startswith(("/static/", "#", "/docs")) and "lang=fr" not in link:
                assert link.endswith("lang=en"), link
    said = admin.post(f"{RUN}?lang=en", {"sync": PRODUCTS})
    assert said.headers["Location"] == f"{STATUS}?lang=en"
    assert "The sync is on its way." in admin.get(said.headers["Location"]).text


def test_the_login_keeps_where_to_go_on_in_the_other_language(visitor):
    page = Page(visitor.get(LOGIN, query_string={"then": f"{STATUS}?a=1&b=2"}))

    (other,) = [link for link in page.links if link.endswith("lang=en")]
    assert 'name="then" value="/inventory/status/?a=1&amp;b=2"' in visitor.get(other).text


@pytest.mark.parametrize(
    ("accepted", "media_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*;q=0.8", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html", "text/html"),
        ("image/png", "text/html"),
    ],
)
def test_the_home_page_is_for_people_and_json_for_machines(app, tokens, accepted, media_type):
    answer = app.test_client().get("/", headers={"Accept": accepted} if accepted else {})

    assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_whom_the_page_is_not_for_is_told_so_on_a_page(app, tokens, visitor):
    for role in ("viewer", "operator"):
        person = Visitor(app)
        person.log_in(tokens[role])
        answer = person.get(APIKEYS)

        assert (answer.status_code, answer.mimetype) == (403, "text/html")
        assert "Votre rôle ne permet pas cela" in answer.text
    for door, role in PAGES.items():
        method, _, path = door.partition(" ")
        if role != "public":
            location = visitor.client.open(path, method=method).headers["Location"]
            assert location == (f"/login?then={path}" if method == "GET" else "/login")
