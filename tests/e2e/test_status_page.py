"""The status page in a real browser, as shopkeepers and operators see it."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product

import pytest
from playwright.sync_api import expect

from db import bulk
from db.models import SyncRun
from db.session import reading, writing
from db.work import rejects, states
from db.work.rejects import Refusal
from sandbox.faults import Slow
from tests.servers import until

pytestmark = pytest.mark.timeout(400)

# Whatever asks the store is tested on both where it stands; here it is the browser that counts.
ONE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
STATUS = "/inventory/status/"
CATEGORIES, PRODUCTS = "b2b.categories", "b2b.products"
PATIENCE = 90_000
CONTRAST = """
() => {
  const part = (value) => {
    const share = value / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const found = numbers(getComputedStyle(each).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || element.closest("svg, .skip, .hidden")) continue;
    const one = light(numbers(getComputedStyle(element).color)), other = light(behind(element));
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} ${element.className}: ${ratio.toFixed(2)}`);
  }
  return poor;
}
"""


def ended():
    """How the runs ended that were asked for."""
    with reading() as session:
        asked = session.query(SyncRun).filter_by(trigger="api")
        return sorted((run.sync, run.status) for run in asked if run.finished_at is not None)


def is_readable(reader):
    assert reader.overflows() <= 0
    assert reader.page.evaluate(CONTRAST) == []


@ONE
def test_an_operator_starts_a_sync_and_sees_it_go_on_and_end(site, browse, token):
    fourteen_days()
    with browse(width=390) as reader:
        reader.open(STATUS)
        expect(reader.page.locator("html")).to_have_attribute("lang", "fr")
        expect(reader.page.get_by_role("heading", level=1)).to_have_text("Fraîcheur des données")
        is_readable(reader)
        reader.page.get_by_role("navigation").get_by_role("link", name="Connexion").click()
        is_readable(reader)
        reader.shoot("login")
        reader.open(STATUS)
        reader.log_in(token)
        assert reader.page.url.startswith(site + STATUS)
        is_readable(reader)

        for sync in (CATEGORIES, PRODUCTS):
            reader.section(sync).get_by_role("button", name="Synchroniser").click()
            expect(reader.page.locator(".notice")).to_have_text("La synchronisation est lancée.")
        loads = list(reader.loads)
        progress = reader.section(PRODUCTS).locator(".progress")
        expect(progress).to_be_visible(timeout=PATIENCE)
        expect(progress).to_contain_text(re.compile(r"[1-5]00 sur 600"), timeout=PATIENCE)
        expect(reader.section(PRODUCTS).locator(".badge")).to_have_text("En cours")
        is_readable(reader)
        expect(progress).to_be_hidden(timeout=PATIENCE)
        expect(reader.section(PRODUCTS)).to_contain_text("Dernier passage\u00a0: réussi")
        expect(reader.section(PRODUCTS).locator(".badge")).to_have_text("À jour")
        expect(reader.page.locator(".figure").first).to_have_text("600 en vente")
        expect(reader.page.locator("tbody tr")).to_have_count(10)
        assert reader.loads == loads, "the page was loaded again"
        is_readable(reader)
        reader.is_content()
    assert ended() == [(CATEGORIES, "succeeded"), (PRODUCTS, "succeeded")]

    trouble()
    for width, language in product((390, 1280), ("fr-FR", "en-GB")):
        for scheme in ("light", "dark"):
            with browse(width=width, language=language, color_scheme=scheme) as reader:
                is_readable_everywhere(reader, token, f"status-{language[:2]}-{width}", scheme)


def is_readable_everywhere(reader, token, name, scheme):
    reader.open("/")
    is_readable(reader)
    reader.open("/login?then=/inventory/status/")
    is_readable(reader)
    # Ten logins a minute are too many for one address.
    if scheme == "light":
        reader.page.locator("#token").fill(token)
        reader.page.locator("main button").click()
        expect(reader.page.locator("#latest")).to_be_visible()
    else:
        reader.open(STATUS)
    expect(reader.page.locator("html")).to_have_attribute("lang", name[7:9])
    is_readable(reader)
    if scheme == "light":
        reader.shoot(name)
    reader.is_content()


def fourteen_days():
    """Runs of two weeks, most of them good."""
    bad = {3: "partial", 7: "failed", 8: "failed"}
    with writing() as session:
        now = bulk.now(session)
        for sync in (CATEGORIES, PRODUCTS):
            for day in range(1, 13):
                began = now - timedelta(days=day)
                status = bad.get(day, "succeeded") if sync == PRODUCTS else "succeeded"
                session.add(SyncRun(sync=sync, options={}, trigger="beat", status=status, counts={},
                                    started_at=began, finished_at=began))  # fmt: skip


def trouble():
    """What waits for a person."""
    with writing() as session:
        refused = [
            Refusal(external_id="1042", code="INVALID", field="price", payload={},
                    message="must be a number, not “gratuit”"),
            Refusal(external_id="1187", code="MISSING", field="name", payload={},
                    message="is missing"),
        ]  # fmt: skip
        rejects.keep(session, PRODUCTS, None, refused)
        states.locked(session, PRODUCTS).last_success_at = bulk.now(session) - timedelta(hours=4)


@ONE
def test_the_page_does_without_a_script(site, browse, token, source):
    source.faults.clear()
    with browse(java_script_enabled=False, language="en-GB") as reader:
        reader.open(STATUS)
        reader.page.get_by_role("link", name="Log in", exact=True).click()
        reader.page.get_by_label("Token").fill("mln_wrong")
        reader.page.get_by_role("button", name="Log in").click()
        expect(reader.page.get_by_role("alert")).to_contain_text("unknown or was revoked")
        reader.page.get_by_label("Token").fill(token)
        reader.page.get_by_role("button", name="Log in").click()
        reader.section(CATEGORIES).get_by_role("button").click()
        expect(reader.page.locator(".notice")).to_have_text("The sync is on its way.")

        until(lambda: ended() == [(CATEGORIES, "succeeded")], what="the run", patience=90)

        reader.page.reload()
        expect(reader.section(CATEGORIES)).to_contain_text("Last run: good")
        reader.page.get_by_role("link", name="Keys").click()
        reader.page.get_by_role("link", name="Add a key").click()
        reader.page.get_by_label("Name").fill("supplier")
        reader.page.get_by_label("API key").fill("s3cret")
        reader.page.get_by_role("button", name="Save").click()
        expect(reader.page.locator(".notice")).to_have_text("Key supplier is saved.")
        expect(reader.page.locator("tbody")).not_to_contain_text("s3cret")
        reader.page.get_by_role("button", name="Log out").click()
        expect(reader.page.get_by_role("link", name="Log in", exact=True)).to_be_visible()
        # The form that was refused is told by its status, and that is no error of the page.
        assert [each for each in reader.complaints if "422" not in each] == []
        assert reader.elsewhere == []


@ONE
def test_a_look_again_keeps_the_place(site, browse, token, source):
    source.faults.clear()
    with browse(width=390) as reader:
        reader.open(STATUS)
        reader.log_in(token)
        progress, table = reader.section(PRODUCTS).locator(".progress"), "#wide-latest"
        reader.section(PRODUCTS).get_by_role("button").click()
        expect(reader.page.locator(table)).to_be_visible(timeout=PATIENCE)
        source.faults.add(Slow(endpoint=PRODUCTS.partition(".")[2], seconds=1))
        for runs, place in ((2, f"#begin-{CATEGORIES}".replace(".", "\\.")), (3, table)):
            reader.section(PRODUCTS).get_by_role("button").click()
            expect(progress).to_be_visible(timeout=PATIENCE)
            reader.page.locator(place).focus()
            expect(progress).to_be_hidden(timeout=PATIENCE)

            expect(reader.page.locator(place)).to_be_focused()
            assert len(ended()) == runs
        reader.is_content()


@ONE
def test_nothing_is_taken_from_who_marks_it(site, browse, token, source):
    marked = "getSelection().toString()"
    with browse() as reader:
        reader.open(STATUS)
        reader.log_in(token)
        progress = reader.section(PRODUCTS).locator(".progress")
        reader.section(PRODUCTS).get_by_role("button").click()
        expect(progress).to_be_visible(timeout=PATIENCE)
        reader.page.evaluate("getSelection().selectAllChildren(document.querySelector('#live h2'))")
        until(lambda: ended() != [], what="the run", patience=90)

        expect(progress).to_be_visible()
        assert "Articles" in reader.page.evaluate(marked)
        reader.page.evaluate("getSelection().removeAllRanges()")
        expect(progress).to_be_hidden(timeout=PATIENCE)
        reader.is_content()
