"""The art site's whole export: what counts as one, what it holds, and in how much memory."""

import json
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from connectors.errors import AnswerError, TooLargeError
from connectors.template import SpooledExport, TemplateExport, spool
from sandbox import template
from sandbox.faults import Truncated

Of = Callable[[str], SpooledExport]
ORDER = {"id": 1, "status": "paid"}


@pytest.fixture
def of() -> Iterator[Of]:
    """Makes the export that a site answered with this text."""
    with ExitStack() as opened:

        def make(text: str) -> SpooledExport:
            file = opened.enter_context(tempfile.TemporaryFile())
            file.write(text.encode())
            source = opened.enter_context(TemplateExport.open(url="http://127.0.0.1:1", key="k"))
            return opened.enter_context(SpooledExport(source, file))

        yield make


@pytest.fixture
def holding(of: Of) -> Callable[..., SpooledExport]:
    """Makes an export of these tables."""
    return lambda **tables: of(json.dumps({"data": tables}))


def orders(export: SpooledExport) -> list[Any]:
    return [order for page in export.orders() for order in page.payloads]


@pytest.mark.parametrize(
    "head",
    [
        {},
        {"tables_count": 2, "total_records": 3},
        {"tables_count": None, "total_records": "many"},
    ],
)
def test_counts_that_agree_or_are_none_are_fine(of, head):
    export = of(json.dumps({**head, "data": {"users": [{"id": 1}, 2], "orders": [ORDER]}}))

    assert export.tables == {"users": 2, "orders": 1}


@pytest.mark.parametrize(
    ("head", "told"),
    [({"total_records": 900}, "total_records is 900, and 3"), ({"tables_count": 7}, "is 7, and 2")],
)
@pytest.mark.parametrize("first", [True, False])
def test_an_export_that_is_cut_short_by_its_own_count_is_none(of, head, told, first):
    data = {"data": {"users": [{"id": 1}, {"id": 2}], "orders": [ORDER]}}

    with pytest.raises(AnswerError, match=told):
        of(json.dumps(head | data if first else data | head))


@pytest.mark.parametrize(
    "text", ['{"data": null, "total_records": 900}', '{"data": []}', '{"error": "no"}', "[]", "7"]
)
def test_without_an_object_of_tables_it_is_no_export(of, text):
    with pytest.raises(AnswerError, match="'data' is expected"):
        of(text)


@pytest.mark.parametrize("text", ["", '{"data": {"users": [{"id": 1', '{"data": {"users": [NaN]}}'])
def test_what_is_broken_is_no_export_and_is_not_quoted(of, text):
    with pytest.raises(AnswerError, match="broken JSON") as error:
        of(text)
    assert "users" not in str(error.value)


@pytest.mark.parametrize("text", [r"\ud83d", r"\udc00\ud800", r"x\uDE00", r"\\\ud83dx", r"é\ud83d"])
def test_half_a_character_is_refused_as_the_tables_alone_refuse_it(of, text):
    # Of a second half our reader knows itself that it is none.
    with pytest.raises(AnswerError, match=r"half a character|UnicodeDecodeError"):
        of('{"data": {"users": [{"id": 1, "name": "' + text + '"}]}}')


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (r"\ud83d\ude00", "😀"),
        (r"\\ud83d", r"\ud83d"),
        (r"\u00e9\n\"", 'é\n"'),
        (r"\\\uD83D\uDE00", "\\😀"),
    ],
)
def test_whole_characters_are_read_however_they_are_written(of, text, name):
    export = of('{"data": {"users": [{"id": 1, "name": "' + text + '"}]}}')

    (page,) = export.users()
    assert page.payloads == [{"id": 1, "name": name}]


ITEM_FIELDS = [{"id": 2, "order_id": 1}, {"id": 1, "order_id": "1"}]


@pytest.mark.parametrize(
    ("tables", "held"),
    [
        ({"orders": []}, True),
        ({"orders": [], "order_items": []}, True),
        ({"orders": [{**ORDER, "items": []}]}, True),
        ({"orders": [{**ORDER, "lines": [{}]}]}, True),
        ({"orders": [ORDER], "order_items": ITEM_FIELDS}, True),
        ({"orders": [{"status": "no id"}, "text"]}, True),
        ({"orders": [ORDER]}, False),
        ({"orders": [{**ORDER, "items": None}]}, False),
        ({"orders": [{**ORDER, "items": []}, {"id": 2}]}, False),
        ({"orders": [ORDER], "order_items": []}, False),
        ({"orders": [ORDER, {"id": 2}], "order_items": ITEM_FIELDS}, False),
        ({"orders": [ORDER], "order_items": [{"id": 1, "orderId": 1}]}, False),
        ({"orders": [ORDER], "order_items": [*ITEM_FIELDS, {"id": 3, "orderId": 1}]}, False),
        ({"orders": [ORDER], "order_items": [*ITEM_FIELDS, "text"]}, False),
        ({"orders": [ORDER], "order_items": [{"id": 1, "order_id": 77}]}, False),
        (
            {"orders": [ORDER], "order_items": [*ITEM_FIELDS, {"order_id": 1, "x": [[]] * 100}]},
            False,
        ),
        ({"users": []}, False),
    ],
)
def test_orders_are_held_only_if_each_comes_with_its_things(holding, tables, held):
    with holding(**tables) as export:
        assert export.holds("orders") is held


def test_things_apart_come_with_their_orders_sorted_by_their_ids(holding):
    many = [{"id": place, "order_id": key, "n": 0.1} for place in (10, 9, 2) for key in (1, 2)]
    with holding(orders=[ORDER, {"id": "2", "items": [{"id": "b"}, {"id": "a"}]}, {"id": 2}],
                 order_items=many) as export:  # fmt: skip
        first, nested, last = orders(export)

    assert [thing["id"] for thing in first["items"]] == [2, 9, 10]
    assert first["items"][0] == {"id": 2, "order_id": 1, "n": 0.1}
    assert [thing["id"] for thing in nested["items"]] == ["a", "b"]
    assert {thing["order_id"] for thing in last["items"]} == {2}


def test_things_of_which_one_has_no_id_stay_as_they_came(holding):
    things = [{"id": 2}, {"name": "x"}, {"id": 1}]
    with holding(orders=[{**ORDER, "items": things}]) as export:
        assert orders(export) == [{**ORDER, "items": things}]


def test_an_export_beyond_the_cap_is_refused(monkeypatch):
    with template.serve(key="k") as site, TemplateExport.open(url=site.url, key="k") as source:
        monkeypatch.setattr(spool, "LARGEST", 10_000)
        with pytest.raises(TooLargeError, match="over 10000 bytes"):
            SpooledExport.fetch(source)
        assert [entry.status for entry in site.log] == [200]
        monkeypatch.setattr(spool, "LARGEST", 1_000_000)
        SpooledExport.fetch(source).close()


def test_an_export_that_breaks_off_is_refused():
    with template.serve(key="k") as site, TemplateExport.open(url=site.url, key="k") as source:
        site.faults.add(Truncated(endpoint="full"))
        with pytest.raises(AnswerError, match="broken JSON"):
            SpooledExport.fetch(source)


def test_things_apart_cost_no_memory(of):
    things = [
        {"id": n, "order_id": n % 5_000, "name": f"Tableau n° {n}", "note": "x" * 200}
        for n in range(20_000)
    ]
    text = json.dumps(
        {"data": {"orders": [{"id": n} for n in range(5_000)], "order_items": things}}
    )
    del things
    with of(text) as export:
        del text
        tracemalloc.start()
        try:
            assert export.holds("orders")
            assert sum(len(page.payloads) for page in export.orders()) == 5_000
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    # Two pages of orders with their items, and not the six megabytes of the table.
    assert most < 3_000_000
