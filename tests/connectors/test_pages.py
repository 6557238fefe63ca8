from __future__ import annotations

from functools import partial

import pytest

from connectors.catalogue import BoliBana, CategoryPayload, InventoryAPIError, ProductPayload
from connectors.errors import AnswerError, PaginationError
from connectors.http import links
from connectors.http.pages import MOST_PAGES, walk
from connectors.page import Page
from core.errors import ConfigurationError, SkippableError
from core.payload import details_json, parse
from tests.connectors.source import Call, serving


class Answers:
    """A client that answers from a list, the last for ever, and notes what it was asked."""

    host = "b2b.example.com"

    def __init__(self, *answers: object) -> None:
        self.answers = answers
        self.asked: list[dict[str, str]] = []

    def get(self, path: str, params: dict[str, str]) -> object:
        self.asked.append(dict(params))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        return type("Answer", (), {"data": answer(params) if callable(answer) else answer})


def pages(client, first=None, **options) -> list[Page]:
    return list(walking(client, "api/products/", first or {"page": "1"}, **options))


def walking(client, path, query, keys=("results", "products"), allowed_hosts=(), always=None):
    return walk(
        lambda asked: client.get(path, asked).data,
        query,
        links.Links(path=path, hosts=(client.host, *allowed_hosts), always=always or {}),
        read=partial(links.records, keys=keys, path=path),
        path=path,
    )


def test_a_list_is_one_page():
    client = Answers([{"id": 1}, None, "x"])

    (page,) = pages(client)

    assert page == Page(payloads=[{"id": 1}, None, "x"], query={"page": "1"})


@pytest.mark.parametrize(
    ("link", "query"),
    [
        ("https://b2b.example.com/api/v1/api/products/?page=2&page_size=100",
         {"page": "2", "page_size": "100"}),
        ("http://B2B.example.com:8080/behind/a/proxy/?page=2", {"page": "2"}),
        ("https://cdn.example.com/?page=2", {"page": "2"}),
        ("/api/products/?page=2", {"page": "2"}),
        ("?cursor=a%2Bb%3D&q=%C3%A9&empty=", {"cursor": "a+b=", "q": "é", "empty": ""}),
    ],
)  # fmt: skip
def test_only_the_query_of_next_is_used(link, query):
    client = Answers({"count": 3, "next": link, "results": [1, 2]}, {"next": None, "products": [3]})

    first, second = pages(client, allowed_hosts=["CDN.example.com:443"])

    assert (first.next_query, first.count, first.payloads) == (query, 3, [1, 2])
    assert (second.query, second.next_query, second.count) == (query, None, None)
    assert client.asked == [{"page": "1"}, query]


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example.com/api/products/?page=2",
        "//evil.example.com/?page=2",
        "https://b2b.example.com@evil.example.com/?page=2",
        "https://b2b.example.com.evil.example.com/?page=2",
        "https://127.0.0.1/?page=2",
        "https:\\\\evil.example.com/?page=1",
        "?page=1",
        "?page=0",
        "/api/products/page/2/",
    ],
)
def test_next_may_not_leave_the_source_or_lead_back(link):
    client = Answers({"next": link, "results": [1]})

    with pytest.raises(PaginationError):
        pages(client)

    assert len(client.asked) == 1


@pytest.mark.parametrize("link", [3, True, ["?page=2"], "https://[::1", "?page=2\n", "?a=%00"])
def test_next_is_an_address(link):
    with pytest.raises(AnswerError):
        pages(Answers({"next": link, "results": [1]}))


@pytest.mark.parametrize("nothing", [None, "", "  ", False, 0, [], {}], ids=repr)
def test_an_empty_next_ends_the_list(nothing):
    (page,) = pages(Answers({"count": 1, "next": nothing, "results": [1]}))

    assert (page.next_query, page.payloads) == (None, [1])


def test_a_circle_of_cursors_ends():
    answers = [{"next": f"?cursor={name}", "results": [name]} for name in "aba"]

    client = Answers(*answers)
    with pytest.raises(PaginationError, match="leads back"):
        pages(client)

    assert len(client.asked) == 3


def test_a_number_that_does_not_grow_is_known_without_memory():
    client = Answers({"next": "?offset=100&limit=100", "results": [1]})

    with pytest.raises(PaginationError, match="leads back"):
        pages(client, {"offset": "100", "limit": "50"})


def test_the_same_records_for_ever_end_at_the_third_page():
    client = Answers(
        lambda asked: {"next": f"?page={int(asked['page']) + 1}", "results": [{"id": 1}]}
    )

    with pytest.raises(PaginationError, match="third time"):
        pages(client)

    assert len(client.asked) == 3


def test_empty_pages_are_no_repetition_but_end_too():
    client = Answers(lambda asked: {"next": f"?page={int(asked['page']) + 1}", "results": []})

    with pytest.raises(PaginationError, match="10000 pages"):
        pages(client)

    assert len(client.asked) == MOST_PAGES


@pytest.mark.parametrize("count", [True, -1, "12", 1.5, None, float("nan")])
def test_a_count_that_is_no_number_is_none(count):
    (page,) = pages(Answers({"count": count, "results": []}))

    assert page.count is None


@pytest.mark.parametrize(
    "data", [None, "x", 3, {}, {"results": None}, {"items": []}, {"results": {}}]
)
def test_another_shape_is_no_answer(data):
    with pytest.raises(AnswerError):
        pages(Answers(data))


def test_pages_are_asked_one_by_one():
    client = Answers(lambda asked: {"next": f"?page={int(asked['page']) + 1}", "results": [asked]})
    begun = walking(client, "x", {"page": "1"})

    next(begun)
    next(begun)

    assert [asked["page"] for asked in client.asked] == ["1", "2"]


def test_products_are_asked_a_hundred_a_page_and_resume_where_told():
    def page(call: Call) -> None:
        number = int(call.query["page"])
        following = f"http://proxy:99/?page={number + 1}&page_size=100" if number < 3 else None
        call.answer({"count": 3, "next": following, "results": [{"id": number}]})

    with serving(page) as source, opened(source.url, hosts=["proxy"]) as b2b:
        assert [found.payloads for found in b2b.products()] == [[{"id": n}] for n in (1, 2, 3)]
        resumed = list(b2b.products(start={"page": "3", "page_size": "100"}))
        list(b2b.products(site_id=4, start=None))

    assert source.queries[0] == {"page": "1", "page_size": "100"}
    assert [found.query["page"] for found in resumed] == ["3"]
    assert source.queries[4] == {"page": "1", "page_size": "100", "site_id": "4"}
    assert {call.path for call in source.calls} == {"/api/v1/api/products/"}


@pytest.mark.parametrize(
    "answer", [[{"id": 1}], {"results": [{"id": 1}]}, {"categories": [{"id": 1}]}]
)
def test_categories_are_one_request(answer):
    with serving(lambda call: call.answer(answer)) as source, opened(source.url) as b2b:
        (page,) = b2b.categories()

    assert page.payloads == [{"id": 1}]
    assert [(call.path, call.query) for call in source.calls] == [("/api/v1/b2c/categories/", {})]


def test_the_key_goes_where_the_template_says():
    with (
        serving(lambda call: call.answer([])) as source,
        opened(source.url, auth_header="X-API-Key: k {key}", key=" {b2c}_1\n") as b2b,
    ):
        list(b2b.categories())

    assert source.calls[0].headers["x-api-key"] == "k {b2c}_1"
    assert "authorization" not in source.calls[0].headers


def test_a_refused_key_stops_at_once_and_tells_where_to_look():
    refuse = lambda call: call.answer(status=401, body=b"")  # noqa: E731 - one answer
    with serving(refuse) as source, opened(source.url) as b2b:
        with pytest.raises(InventoryAPIError, match="check the active key or B2B_API_KEY"):
            list(b2b.products())

        assert len(source.calls) == 1


@pytest.mark.parametrize("key", ["", " ", "secret\nX-Evil: 1", "clé", "\x00"])
def test_a_key_that_no_header_carries_is_never_shown(key):
    with pytest.raises(ConfigurationError, match="B2B_API_KEY") as error:
        opened("https://b2b.example.com", key=key)

    assert key.strip() == "" or key not in str(error.value)


@pytest.mark.parametrize("template", ["Bearer {key}", "Authorization: Bearer", "A: {key}\r\nB: 1"])
def test_a_template_must_be_a_header(template):
    with pytest.raises(ConfigurationError, match="must look like"):
        opened("https://b2b.example.com", auth_header=template)


def test_a_product_is_typed_and_the_rest_kept():
    record = parse(
        ProductPayload,
        {
            "id": 7,
            "name": " Riz ",
            "price": "12500.00",
            "stock": None,
            "category_id": 3,
            "unit": "kg",
        },
    )

    assert (record.id, record.name, str(record.price), record.stock) == (
        "7",
        "Riz",
        "12500.0000",
        None,
    )
    assert (record.sku, record.barcode, record.category_id, record.site_id) == (
        None,
        None,
        "3",
        None,
    )
    assert details_json(record) == '{"unit":"kg"}'


def test_a_category_may_stand_at_the_root():
    assert (
        parse(CategoryPayload, {"id": "a", "name": "Épices", "parent_id": None}).parent_id is None
    )
    assert parse(CategoryPayload, {"id": "a", "name": "Épices", "parent_id": 4}).parent_id == "4"
    with pytest.raises(SkippableError) as error:
        parse(CategoryPayload, {"id": "a", "name": "Épices", "parent_id": True})
    assert error.value.field == "parent_id"


def opened(url: str, *, key: str = "k", **options: object) -> BoliBana:
    return BoliBana.open(url=url, key=key, **options)  # type: ignore[arg-type]  # as given
