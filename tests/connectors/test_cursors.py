"""Walking by cursor, over searches that are posted: three vendors' shapes."""

from __future__ import annotations

import json

import pytest

from connectors.errors import AnswerError, PaginationError
from connectors.http import links
from connectors.http.client import HTTPClient
from connectors.http.cursors import Cursors
from connectors.http.pages import walk
from connectors.page import Page
from tests.connectors.source import Call, serving

SHAPES = {
    "square": (("cursor",), lambda word: {"cursor": word} if word else {}),
    "hubspot": (
        ("paging", "next", "after"),
        lambda word: {"paging": {"next": {"after": word}}} if word else {},
    ),
    "zoho": (("info", "next_page_token"), lambda word: {"info": {"next_page_token": word or None}}),
}


def searched(source, at, start=None) -> list[Page]:
    client = HTTPClient(source.url)
    return list(
        walk(
            lambda query: client.post("search", {"limit": 2, **query}, idempotent=True).data,
            start or {},
            Cursors(path="search", name="after", at=at),
            read=lambda data: links.records(data, keys=("results",), path="search"),
            path="search",
        )
    )


def site(shape):
    words = {"": "b", "b": "c", "c": ""}

    def answer(call: Call) -> None:
        asked = json.loads(call.body).get("after", "")
        call.answer({"results": [{"id": asked or "a"}], **shape(words[asked])})

    return answer


@pytest.mark.parametrize("nothing", [None, "", "  ", False, 0, [], {}], ids=repr)
def test_an_empty_cursor_ends_the_walk(nothing):
    answer = {"results": [{"id": 1}], "cursor": nothing}

    with serving(lambda call: call.answer(answer)) as source:
        (page,) = searched(source, ("cursor",))

    assert page.next_query is None


@pytest.mark.parametrize(("at", "shape"), SHAPES.values(), ids=SHAPES)
def test_a_search_is_walked_to_its_end_and_from_where_it_was(at, shape):
    with serving(site(shape)) as source:
        pages = searched(source, at)
        resumed = searched(source, at, {"after": "c"})

    assert [page.payloads for page in pages] == [[{"id": "a"}], [{"id": "b"}], [{"id": "c"}]]
    assert [page.next_query for page in pages] == [{"after": "b"}, {"after": "c"}, None]
    assert [page.payloads for page in resumed] == [[{"id": "c"}]]
    assert json.loads(source.calls[1].body) == {"limit": 2, "after": "b"}


def test_a_cursor_that_comes_back_ends_the_walk():
    with (
        serving(lambda call: call.answer({"results": [], "cursor": "x"})) as source,
        pytest.raises(PaginationError, match="leads back"),
    ):
        searched(source, ("cursor",))


@pytest.mark.parametrize("word", [7, ["x"], "a\nb", True])
def test_what_is_no_cursor_is_no_answer(word):
    with (
        serving(lambda call: call.answer({"results": [], "cursor": word})) as source,
        pytest.raises(AnswerError, match="'cursor' must be a cursor"),
    ):
        searched(source, ("cursor",))
