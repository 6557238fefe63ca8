"""The pages: who sees what, in which words, and that nobody else's words become markup."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select, update

import core.settings
from core import crypto
from db import audit, bulk, keys, operators, rejects, states
from db.models import APIKey, SyncRun, SyncState
from db.rejects import Refusal
from db.session import reading, writing
from sandbox import b2b
from syncs.registry import SYNCS
from syncs.status import State
from tests.api.test_access import PAGES
from tests.api.test_sessions import STATUS
from tests.api.visitor import Visitor
from tests.syncs.running import sync_now

HOME, LOGIN, APIKEYS, ADD = (
    "/",
    "/login",
    "/admin/inventory/apikey/",
    "/admin/inventory/apikey/add/",
)
RUN = "/inventory/status/run"
PRODUCTS = "b2b.products"
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&lt;b&gt;{{7*7}}\u202eevil"
VOID = {"meta", "link", "br", "input"}


class Page(HTMLParser):
    """What stands on a page; fails when a tag is closed that is not open."""

    def __init__(self, answer):
        super().__init__()
        self.tags, self.links, self.sources = [], [], []
        self.open: list[str] = []
        self.ids: list[str] = []
        self.forms, self.fields, self.labels, self.attributes = [], [], [], set()
        self.words = ""
        self.text = answer.get_data(as_text=True)
        self.feed(self.text)
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.append(tag)
        self.attributes |= told.keys()
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if "href" in told else []
        self.sources += [told["src"]] if "src" in told else []
        if tag == "form":
            self.forms.append((told["method"], told["action"], []))
        if tag == "input":
            self.fields.append(told)
            self.forms[-1][2].append(told.get("name"))
        if tag == "label":
            self.labels.append(told.get("for"))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


@pytest.fixture
def visitor(app, tokens):
    return Visitor(app)


@pytest.fixture
def admin(app, tokens):
    found = Visitor(app)
    found.log_in(tokens["admin"])
    return found


@pytest.fixture
def source(store, monkeypatch):
    """An inventory of three products, one of them hostile."""
    with b2b.serve(products=3) as served:
        served.catalogue.products.edit(1, name=EVIL)
        monkeypatch.setenv("B2B_API_URL", served.url)
        monkeypatch.setenv("B2B_API_KEY", served.key)
        core.settings.reset()
        yield served


def run(status="succeeded", *, ago, sync=PRODUCTS, **columns):
    """A run that began so long ago, and what the sync's state says of it."""
    with writing() as session:
        now = bulk.now(session)
        began = now - ago
        over = status not in ("due", "running")
        row = SyncRun(sync=sync, options={}, trigger="cli", status=status, started_at=began,
                      finished_at=began if over else None, **columns)  # fmt: skip
        session.add(row)
        state = states.locked(session, sync)
        state.last_attempt_at = began
        if status in ("succeeded", "partial"):
            state.last_success_at = began
        if status == "failed":
            state.failures = 1
            if state.last_success_at is not None:
                state.last_success_at = began - timedelta(hours=1)
        if status == "running":
            state.lease_until = now + timedelta(minutes=5)
        session.flush()
        return row.id


def every_page(visitor):
    return [visitor.get(path) for path in (HOME, STATUS, LOGIN, APIKEYS, ADD)]


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


def test_everybody_sees_counts_and_ages_and_nothing_more(visitor, source):
    source.catalogue.products.edit(2, price="free")
    sync_now(SYNCS["b2b.categories"])
    sync_now(SYNCS[PRODUCTS])
    run("failed", ago=timedelta(hours=2), error="secret inside")

    page = Page(visitor.get(STATUS))

    assert "2 en vente" in page.words
    assert "Dernière mise à jour\u00a0: il y a 3 heures" in page.words
    assert "à corriger : 1" in page.words.replace("\u00a0", " ")
    assert "En échec" in page.words
    assert "en échec depuis 2\u00a0heures" in page.words
    for detail in ("free", "price", "secret inside", "script>alert", "evil"):
        assert detail not in page.words
    assert page.forms == []
    assert "connectez-vous" in page.words


def test_who_is_logged_in_sees_errors_with_field_and_code_and_the_latest(app, tokens, source):
    source.catalogue.products.edit(2, price="free")
    sync_now(SYNCS["b2b.categories"])
    sync_now(SYNCS[PRODUCTS])
    run("failed", ago=timedelta(hours=2), error="the source said 500")
    for role in operators.ROLES:
        visitor = Visitor(app)
        visitor.log_in(tokens[role])

        page = Page(visitor.get(STATUS))

        assert "the source said 500" in page.words
        assert re.search(r"<td><bdi>2</bdi></td><td><bdi>price</bdi></td><td><code>\w+</code>",
                         page.text)  # fmt: skip
        assert EVIL in page.words
        buttons = [action for _, action, _ in page.forms if action.startswith(RUN)]
        assert len(buttons) == (0 if role == "viewer" else len(SYNCS))
        assert (APIKEYS in page.text) == (role == "admin")


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
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("text/html", "text/html"),
        ("image/png", "application/json"),
    ],
)
def test_the_home_page_is_for_people_and_json_for_machines(app, tokens, accepted, media_type):
    answer = app.test_client().get("/", headers={"Accept": accepted} if accepted else {})

    assert (answer.status_code, answer.mimetype) == (200, media_type)


def test_the_button_asks_for_a_run_and_says_so_once(admin):
    answer = admin.post(RUN, {"sync": PRODUCTS})

    assert (answer.status_code, answer.headers["Location"]) == (303, STATUS)
    assert "La synchronisation est lancée." in admin.get(STATUS).text
    page = admin.get(STATUS)
    assert "La synchronisation est lancée." not in page.text
    assert "dès qu’un worker est libre" in page.text
    assert 'data-running="yes"' in page.text
    with reading() as session:
        found = session.scalars(select(SyncRun)).one()
        event = audit.recent(session)[0]
    assert (found.sync, found.status) == (PRODUCTS, "due")
    assert (event.who, event.what, event.subject) == ("operator:a-admin", "sync.run", PRODUCTS)


def test_the_button_says_why_nothing_begins(admin):
    def pressed():
        admin.post(RUN, {"sync": PRODUCTS})
        found = re.search(r'class="notice" role="status">([^<]+)', admin.get(STATUS).text)
        assert found
        return found[1].replace("\u00a0", " ")

    run("running", ago=timedelta(seconds=5), counts={"fetched": 1}, checkpoint={"page": 2})
    assert pressed() == "Une synchronisation est déjà en cours ; une autre la suivra."
    with reading() as session:
        assert [event.what for event in audit.recent(session)] == ["sync.run", "session.begin"]
    with writing() as session:
        session.execute(update(SyncRun).values(status="succeeded"))
        session.execute(update(SyncState).values(follow_up=None))
        states.pause(session, PRODUCTS, paused=True)
    assert pressed() == "Cette synchronisation est en pause."
    with writing() as session:
        states.pause(session, PRODUCTS, paused=False)
        later = bulk.now(session) + timedelta(hours=1)
        session.execute(update(SyncState).values(source_wait_until=later))
    assert re.fullmatch(
        r"Pas avant \d\d/\d\d/\d{4} \d\d:\d\d : la source demande d’attendre\.", pressed()
    )


def test_a_button_for_no_sync_is_a_page_that_says_so(admin):
    answer = admin.post(RUN, {"sync": EVIL})

    assert (answer.status_code, answer.mimetype) == (422, "text/html")
    assert f'href="{STATUS}?lang=en"' in answer.text  # the form's own address has no page


def test_a_running_sync_shows_how_far_it_is(visitor):
    counts = {"fetched": 250, "created": 200, "unchanged": 50, "last": 1000}
    run("running", ago=timedelta(seconds=5), counts=counts, checkpoint={"page": 4})

    page = Page(visitor.get(STATUS))

    assert 'max="1000" value="250"' in page.text
    assert "250 sur 1\u202f000" in page.words
    assert "En cours" in page.words
    assert 'data-running="yes"' in page.text
    with writing() as session:
        session.execute(update(SyncRun).values(counts={"fetched": 2500}))
    assert "2\u202f500 jusqu’ici" in Page(visitor.get(STATUS)).words


ADVICE: dict[State, str] = {
    "late": "vérifiez qu’un worker tourne",
    "failing": "Lisez l’erreur",
    "partial": "Des enregistrements ont été refusés",
    "needs_approval": "runs approve 1",
    "paused": "syncs resume b2b.products",
    "never_run": "Elle n’a jamais été lancée",
}


@pytest.mark.parametrize("state", ADVICE)
def test_the_page_says_what_to_do(visitor, state):
    hour = timedelta(hours=1)
    if state == "late":
        run(ago=9 * hour)
    elif state == "paused":
        with writing() as session:
            states.pause(session, PRODUCTS, paused=True)
    elif state != "never_run":
        run("failed" if state == "failing" else state, ago=hour)

    text = visitor.get(STATUS).text
    section = text.partition(f'id="{PRODUCTS}"')[2].partition("</section>")[0]

    assert f'class="badge {state}"' in section
    assert ADVICE[state] in section


def test_every_sync_has_its_fourteen_days(visitor):
    run("succeeded", ago=timedelta(hours=1))
    run("failed", ago=timedelta(days=2))

    page = Page(visitor.get(STATUS))

    assert page.tags.count("rect") == 14 * len(SYNCS)
    assert "réussis 1, avec problème 1, sans passage 12" in page.words
    assert re.search(
        r'class="failed"><title>\w+ \d+ \S+ \d{4}\s: échoué \(passages\s: 1\)', page.text
    )


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
    assert admin.post(f"{APIKEYS}switch/", {"name": "c"}).status_code == 409
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
