"""The status page: who sees what of the syncs, and its buttons."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select, update

import core.settings
from api.till import answers
from db import bulk
from db.access import audit
from db.models import Reject, SyncRun, SyncState
from db.session import reading, writing
from db.work import claims, rejects, states
from db.work.acts import Claim
from db.work.rejects import Refusal
from syncs.acts.by import By
from syncs.registry import SYNCS
from syncs.views.status import State
from tests import sold
from tests.api.pages import (
    APIKEYS,
    EVIL,
    PRODUCTS,
    RUN,
    STATUS,
    STOP,
    Page,
    run,
)
from tests.api.visitor import Visitor
from tests.syncs.acts import made
from tests.syncs.acts.made import fail, retry
from tests.syncs.running import sync_now


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
    assert "Connectez-vous" in page.words


def test_operators_see_errors_with_field_and_code_and_the_latest(app, tokens, source):
    source.catalogue.products.edit(2, price="free")
    sync_now(SYNCS["b2b.categories"])
    sync_now(SYNCS[PRODUCTS])
    run("failed", ago=timedelta(hours=2), error="the source said 500")
    for role in ("operator", "admin"):
        visitor = Visitor(app)
        visitor.log_in(tokens[role])

        page = Page(visitor.get(STATUS))

        assert "the source said 500" in page.words
        assert re.search(r"<td><bdi>2</bdi></td><td><bdi>price</bdi></td><td><code>\w+</code>",
                         page.text)  # fmt: skip
        # What the source wrote as HTML is text by now, and the page writes it as text.
        assert html.unescape(EVIL) in page.words
        buttons = [action for _, action, _ in page.forms if action.startswith(RUN)]
        # None for the art site, which nobody has configured here.
        assert len(buttons) == 2
        assert (APIKEYS in page.text) == (role == "admin")


def test_operators_see_refused_sales_first_with_the_command_that_cures_each(app, tokens):
    with writing() as session:
        refusals = [
            Refusal(external_id=f"V-{code}", code=code, field="", message=f"Refus {code}",
                    payload={})
            for code in get_args(answers.Refusal)
            if code != "DOUBLON"
        ]  # fmt: skip
        rejects.keep(session, "sales", None, refusals)
        conflict = session.scalars(select(Reject).filter_by(code="CONFLIT_FACTURE")).one().id
    visitor = Visitor(app)
    visitor.log_in(tokens["operator"])

    page = Page(visitor.get(STATUS))

    assert f"Ventes refusées, à traiter\u00a0: {len(refusals)}." in page.words
    assert "#problems" in page.links
    assert f"rejects replay {conflict} --number NOUVEAU" in page.words
    assert page.words.count("python manage.py rejects ") == len(refusals)
    assert "--number NEW" in Page(visitor.get(f"{STATUS}?lang=en")).words
    public = Page(Visitor(app).get(STATUS)).words
    assert "refusées, à traiter" not in public
    assert "V-CONFLIT_FACTURE" not in public


def test_who_only_reads_sees_what_everybody_sees(app, tokens, source):
    source.catalogue.products.edit(2, price="free")
    sync_now(SYNCS[PRODUCTS])
    run("failed", ago=timedelta(hours=2), error="the source said 500")
    reader = Visitor(app)
    reader.log_in(tokens["viewer"])

    page = Page(reader.get(STATUS))

    assert "en échec depuis" in page.words
    assert "the source said 500" not in page.words
    assert "price" not in page.words
    assert "relancez" not in page.words
    assert "réservés aux opérateurs." in page.words
    assert [action for _, action, _ in page.forms] == ["/logout?lang=fr"]


def test_the_button_asks_for_a_run_and_says_so_once(admin):
    answer = admin.post(RUN, {"sync": PRODUCTS})

    assert (answer.status_code, answer.headers["Location"]) == (303, STATUS)
    assert "La synchronisation est lancée." in admin.get(STATUS).text
    page = admin.get(STATUS)
    assert "La synchronisation est lancée." not in page.text
    assert "dès qu’un worker est libre" in page.text
    assert 'data-underway="b2b.products 0"' in page.text
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


def test_the_button_ends_our_own_wait(admin):
    tried(3, wait=timedelta(minutes=14))

    admin.post(RUN, {"sync": PRODUCTS})

    page = Page(admin.get(STATUS))
    assert "elle reprend maintenant." in page.words
    assert "Prochain essai" not in page.words


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
    assert 'data-underway="b2b.products 250"' in page.text
    with writing() as session:
        session.execute(update(SyncRun).values(counts={"fetched": 2500}))
    assert "2\u202f500 jusqu’ici" in Page(visitor.get(STATUS)).words


def test_syncs_without_a_source_are_told_in_one_line(visitor, monkeypatch):
    def sections():
        return re.findall('<section class="sync" id="([^"]+)"', visitor.get(STATUS).text)

    assert sections() == ["b2b.categories", PRODUCTS]
    assert "jamais lancées\u00a0: Réglages du site d’art, Tableaux," in visitor.get(STATUS).text

    monkeypatch.setenv("TEMPLATE_BASE_URL", "https://art.example")
    monkeypatch.setenv("TEMPLATE_API_KEY", "k")
    core.settings.reset()
    assert sections() == list(SYNCS)
    assert "jamais lancées" not in visitor.get(STATUS).text


ADVICE: dict[State, str] = {
    "late": "vérifiez qu’un worker tourne",
    "failing": "Lisez l’erreur",
    "partial": "Des enregistrements ont été refusés",
    "needs_approval": "runs approve 1",
    "paused": "syncs resume b2b.products",
    "never_run": "Elle n’a jamais été lancée",
}


@pytest.mark.parametrize("state", ADVICE)
def test_the_page_says_what_to_do(admin, visitor, state):
    hour = timedelta(hours=1)
    if state == "late":
        run(ago=9 * hour)
    elif state == "paused":
        with writing() as session:
            states.pause(session, PRODUCTS, paused=True)
    elif state != "never_run":
        run("failed" if state == "failing" else state, ago=hour)

    text = admin.get(STATUS).text
    section = text.partition(f'id="{PRODUCTS}"')[2].partition("</section>")[0]

    assert f'class="badge {state}"' in section
    assert ADVICE[state] in section
    assert ADVICE[state] not in visitor.get(STATUS).text


def tried(times, *, wait, **columns):
    """A run that is due again in so long, after tries that failed; the first half an hour ago."""
    with writing() as session:
        now = bulk.now(session)
        states.locked(session, PRODUCTS).last_attempt_at = now - timedelta(hours=1)
        errors = [{"at": (now - timedelta(minutes=30 - each)).isoformat(), "message": f"try {each}"}
                  for each in range(times)]  # fmt: skip
        session.add(SyncRun(sync=PRODUCTS, options={}, trigger="beat", status="due", counts={},
                            started_at=now - timedelta(hours=1), failures=times, errors=errors,
                            not_before=now + wait))  # fmt: skip


def test_a_run_between_its_tries_says_why_since_when_and_when_next(admin, visitor):
    tried(3, wait=timedelta(minutes=14))

    page, public = Page(admin.get(STATUS)), Page(visitor.get(STATUS))

    assert 'class="badge retrying"' in public.text
    for each in (page, public):
        assert re.search(r"en échec depuis 30\sminutes", each.words)
        assert re.search(r"Prochain essai\s: .+ \(dans 14\sminutes\)", each.words)
        assert "dès qu’un worker est libre" not in each.words
        assert 'data-underway=""' in each.text
    assert "try 2" in page.words
    assert "try" not in public.words
    assert [action for _, action, _ in page.forms].count(f"{RUN}?lang=fr") == 2


def test_a_run_that_gives_way_for_a_moment_goes_on(visitor):
    with writing() as session:
        now = bulk.now(session)
        session.add(SyncRun(sync=PRODUCTS, options={}, trigger="beat", status="due",
                            counts={"fetched": 250, "last": 1000}, checkpoint={"page": 4},
                            started_at=now - timedelta(minutes=1), heartbeat_at=now))  # fmt: skip

    page = Page(visitor.get(STATUS))

    assert "En cours" in page.words
    assert 'max="1000" value="250"' in page.text
    assert "dès qu’un worker est libre" not in page.words


def test_why_it_fails_is_told_while_the_next_run_is_on_its_way(admin):
    run("failed", ago=timedelta(hours=1), error="the source said 500")
    with writing() as session:
        session.add(SyncRun(sync=PRODUCTS, options={}, trigger="page", status="due", counts={}))

    page = Page(admin.get(STATUS))

    assert "En échec" in page.words
    assert "the source said 500" in page.words


def test_every_sync_has_its_fourteen_days(visitor):
    run("succeeded", ago=timedelta(hours=1))
    run("failed", ago=timedelta(days=2))

    page = Page(visitor.get(STATUS))

    assert page.tags.count("rect") == 14 * 2
    assert re.search(
        r"réussis 1, avec problème 1, sans passage 12\. Avec problème\s: \d+ \S+ \(échoué\)\.",
        page.words,
    )
    assert re.search(
        r'class="failed"><title>\w+ \d+ \S+ \d{4}\s: échoué \(passages\s: 1\)', page.text
    )


def test_articles_that_no_till_can_sell_are_counted_for_all_and_named_for_operators(
    visitor, admin, source
):
    source.catalogue.products.edit(2, site_id=7)
    source.catalogue.products.edit(3, site_id=None)
    sync_now(SYNCS[PRODUCTS])
    shop = sold.shop(EVIL)
    sold.article(shop)
    sold.revoke(shop)
    sold.shop("Lyon")

    everybody, operators = Page(visitor.get(STATUS)), Page(admin.get(f"{STATUS}?lang=en"))

    assert "qu’aucune caisse ne peut vendre\u00a0: 4" in everybody.words
    assert "--site-id" not in everybody.words
    assert "Articles on sale that no till can sell: 4" in operators.words
    for said in ("1 of site 7, which no shop has", "1 without a site and without a shop"):
        assert said in operators.words
    assert f"terminal add --shop {shop}" in operators.words
    assert "<script>alert" not in operators.text


def test_where_every_article_can_be_sold_nothing_is_said(visitor, store):
    sold.article(sold.shop())

    assert "aucune caisse" not in Page(visitor.get(STATUS)).words


def test_operators_see_an_act_at_work_and_stop_it(app, tokens, visitor):
    fail(3, run_id=made.run())
    ident = retry(by=By("operator:awa", EVIL))
    operator = Visitor(app)
    operator.log_in(tokens["operator"])

    page = Page(operator.get(STATUS))
    english = Page(operator.get(f"{STATUS}?lang=en"))

    assert "Relance de tâches en échec" in page.words
    assert "0 sur 3, refusés\u00a0: 0" in page.words
    assert "operator:awa" in page.words
    assert "Retry of failed tasks" in english.words
    assert "script>alert" not in page.text.replace("&lt;script&gt;", "")
    assert (f"{STOP}?lang=fr", ["csrf", "act"]) in [form[1:] for form in page.forms]
    assert "Opérations groupées en cours" not in Page(visitor.get(STATUS)).words
    assert f'data-underway="{ident} 3"' in page.text

    answer = operator.post(STOP, {"act": str(ident)})

    assert answer.status_code == 303
    assert f"L’opération {ident} est arrêtée" in Page(operator.get(STATUS)).words
    assert made.act(ident).status == "stopped"
    operator.post(STOP, {"act": str(ident)})
    assert f"L’opération {ident} est déjà terminée" in Page(operator.get(STATUS)).words


def test_an_act_that_somebody_is_at_says_that_it_stops(app, tokens):
    fail(1, run_id=made.run())
    ident = retry(by=By("operator:awa"))
    with writing() as session:
        claims.claim(session, Claim, ident, seconds=60)
    operator = Visitor(app)
    operator.log_in(tokens["operator"])

    operator.post(STOP, {"act": str(ident)})

    page = Page(operator.get(STATUS))
    assert f"L’opération {ident} s’arrête après" in page.words
    assert f"{STOP}?lang=fr" not in [action for _, action, _ in page.forms]


@pytest.mark.parametrize("act", ["", "0", "99", "-1", "x", "9" * 30])
def test_an_act_that_there_is_not_is_not_stopped(app, tokens, act):
    operator = Visitor(app)
    operator.log_in(tokens["operator"])

    assert operator.post(STOP, {"act": act}).status_code == 422
