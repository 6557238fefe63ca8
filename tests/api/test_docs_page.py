"""``/docs``: all of the document, for people, with nothing from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.api import held

VOID = {"meta", "link", "br"}


class Page(HTMLParser):
    """The ids, links and tags of a page; fails when a tag is closed that is not open."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.tags, self.attributes = [], [], set(), set()
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.add(tag)
        self.attributes |= told.keys()
        self.ids += [told["id"]] if "id" in told else []
        self.links += [told["href"]] if "href" in told else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture
def answer(app):
    with app.test_client() as client:
        return client.get("/docs")


@pytest.fixture
def page(answer):
    return Page(answer.text)


def test_every_operation_and_every_answer_is_on_it(app, answer, page):
    for path, methods in held.described(app)["paths"].items():
        assert f"<code>{path}</code>" in answer.text
        for operation in methods.values():
            start = answer.text.index(f'<article id="{operation["operationId"]}"')
            article = answer.text[start : answer.text.index("</article>", start)]

            assert "curl" in article
            assert re.findall(r'<b class="s\d">(\d+)</b>', article) == list(operation["responses"])
            for parameter in operation["parameters"]:
                assert "$ref" in parameter or f"<code>{parameter['name']}</code>" in article


def test_it_says_who_may(answer):
    for door, who in (("ops_audit_index", "admin"), ("till_sales_take", "a till")):
        start = answer.text.index(f'<article id="{door}"')

        assert f"Who may: <b>{who}</b>" in answer.text[start : start + 700]


def test_it_needs_no_script_and_nothing_from_elsewhere(answer, page):
    assert answer.headers["Content-Security-Policy"].startswith(
        "default-src 'none'; style-src 'self';"
    )
    assert page.tags.isdisjoint({"script", "style", "img", "iframe", "form", "base"})
    assert not any(name == "style" or name.startswith("on") for name in page.attributes)
    assert not any(re.match(r"\w+:|//", link) for link in page.links)


def test_every_link_leads_somewhere(app, page):
    assert len(page.ids) == len(set(page.ids))
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            with app.test_client() as client:
                assert client.get(link).status_code == 200


def test_what_a_description_says_is_text(app):
    marked = app.jinja_env.filters["marked"]

    assert str(marked('`a<b>` & "c"')) == "<code>a&lt;b&gt;</code> &amp; &#34;c&#34;"
