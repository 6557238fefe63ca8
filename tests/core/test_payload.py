from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import SkippableError
from core.payload import (
    Code,
    ExternalId,
    Payload,
    Quantity,
    Text,
    details_json,
    parse,
    parse_all,
)

FINE: dict[str, Any] = {"id": 12, "name": "Riz", "pieces": 3}


class Item(Payload):
    pieces: Quantity


class Article(Payload):
    id: ExternalId
    name: Text
    pieces: Quantity = 0
    sku: Code = None
    items: tuple[Item, ...] = ()


def named(value: object) -> str:
    """A short name for a case: some values are too long to be one, or cannot be written out."""
    if isinstance(value, int):
        return f"{value:#x}"[:12] + f"_{value.bit_length()}_bits"
    return ascii(value)[:12] + (f"_{len(value)}" if isinstance(value, str) else "")


def refusal(**changes: object) -> tuple[str, str]:
    with pytest.raises(SkippableError) as error:
        parse(Article, FINE | changes)
    assert len(str(error.value)) < 500
    return error.value.code, error.value.field


def bottomless() -> dict[str, Any]:
    top: dict[str, Any] = {}
    inner = top
    for _ in range(100_000):
        inner["x"] = {}
        inner = inner["x"]
    return top


def test_what_is_not_mapped_is_kept_as_received_in_one_order():
    record = parse(Article, {"z": [1, {"b": None, "a": "é"}], **FINE, "a": 1.5})

    assert details_json(record) == '{"a":1.5,"z":[1,{"a":"é","b":null}]}'
    assert record.model_extra == {"z": [1, {"b": None, "a": "é"}], "a": 1.5}
    assert details_json(parse(Article, FINE)) == "{}"


def test_a_record_is_frozen_and_survives_copies():
    record = parse(Article, {**FINE, "unit": "kg"})

    with pytest.raises(ValueError, match="frozen"):
        record.name = "Mil"  # type: ignore[misc]  # what the test tries
    for copy in (record.model_copy(), pickle.loads(pickle.dumps(record))):  # noqa: S301 - our own
        assert copy == record
        assert details_json(copy) == '{"unit":"kg"}'
    assert record.model_dump() == {
        "id": "12", "name": "Riz", "pieces": 3, "sku": None, "items": (), "unit": "kg",
    }  # fmt: skip


@pytest.mark.parametrize("raw", [None, [], "text", 3, True])
def test_a_record_is_an_object(raw):
    with pytest.raises(SkippableError) as error:
        parse(Article, raw)

    assert (error.value.code, error.value.field) == ("NOT_AN_OBJECT", "")


def test_all_problems_are_told_and_the_first_gives_the_code():
    with pytest.raises(SkippableError) as error:
        parse(Article, {"id": 12, "pieces": "beaucoup", "items": [{}, {"pieces": 1.5}]})

    assert (error.value.code, error.value.field) == ("MISSING_FIELD", "name")
    assert str(error.value) == (
        "name: is missing; pieces: a text is no whole number; send one like 12; "
        "items.0.pieces: is missing; and 1 more."
    )


def test_many_are_parsed_as_each_alone_or_not_at_all():
    good = [FINE | {"id": key, "x": [key]} for key in range(3)]

    assert parse_all(Article, good) == [parse(Article, raw) for raw in good]
    assert parse_all(Article, []) == []
    refused: list[object] = [{"id": 3}, FINE | {"x": "\x00"}, {"x": bottomless()}, None, [], "text"]
    for bad in refused:
        assert parse_all(Article, [*good, bad]) is None


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(12, "12"), ("12", "12"), (-3, "-3"), ("é/1", "é/1"), (" 12\n", "12"), ("e\u0301", "é")],
    ids=named,
)
def test_an_id_is_a_text(sent, kept):
    assert parse(Article, FINE | {"id": sent}).id == kept


@pytest.mark.parametrize(
    "sent",
    [True, 1.0, None, "", "  ", "a\nb", "\x00", "\ud800", "x" * 65, 10**64, -(10**5000), [], {}],
    ids=named,
)
def test_what_is_no_id_is_refused(sent):
    code, field = refusal(id=sent)

    assert field == "id"
    assert code in {"INVALID_FIELD", "INVALID_TEXT"}


@pytest.mark.parametrize(
    "name", ["Mil 🌾", "أرز", "\u202eabc", "a\nb", "x" * 500, "é" * 500], ids=named
)
def test_names_of_every_script_are_kept(name):
    assert parse(Article, FINE | {"name": f"  {name}\n"}).name == name


@pytest.mark.parametrize(
    "name", ["", " \n ", "x" * 501, "x" * 10**6, "a\x00b", "\ud83d"], ids=named
)
def test_names_that_no_store_keeps_are_refused(name):
    assert refusal(name=name) == ("INVALID_TEXT", "name")


@pytest.mark.parametrize("name", [None, 3, True, ["Riz"]])
def test_a_name_is_text(name):
    assert refusal(name=name) == ("INVALID_FIELD", "name")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(12, 12), ("12", 12), (12.0, 12), ("12.000", 12), (" -4 ", -4), (10**9, 10**9)],
    ids=named,
)
def test_a_quantity_is_whole(sent, kept):
    assert parse(Article, FINE | {"pieces": sent}).pieces == kept


@pytest.mark.parametrize(
    "sent",
    ["beaucoup", "", "1_0", "1e3", 1.5, "1.5", True, None, float("nan"), float("inf"), 1e300,
     10**9 + 1, -(10**9) - 1, 10**5000, "9" * 5000, []],
    ids=named,
)  # fmt: skip
def test_what_is_no_quantity_is_refused(sent):
    assert refusal(pieces=sent) == ("INVALID_FIELD", "pieces")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [(None, None), (False, None), ("", None), (" ", None), (7, "7"), (" a ", "a"),
     ("\ufeffa\u200b", "a"), ("e\u0301", "é"), ("a&amp;b", "a&amp;b"), ("A 1", "A 1")],
    ids=named,
)  # fmt: skip
def test_a_code_may_be_none(sent, kept):
    assert parse(Article, FINE | {"sku": sent}).sku == kept


@pytest.mark.parametrize("sent", [True, 1.5, [], "x" * 101, "a\nb"])
def test_what_is_no_code_is_refused(sent):
    assert refusal(sku=sent)[1] == "sku"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("a\x00b", "INVALID_TEXT"),
        ("\udc00", "INVALID_TEXT"),
        (float("nan"), "INVALID_NUMBER"),
        (float("-inf"), "INVALID_NUMBER"),
        (10**5000, "INVALID_NUMBER"),
    ],
    ids=named,
)
def test_what_no_store_keeps_is_found_where_nothing_is_mapped(value, code):
    assert refusal(image=value) == (code, "image")
    assert refusal(deep={"a": [0, {"b": value}]}) == (code, "deep")
    assert refusal(items=[{"pieces": 1, "x": [value]}]) == (code, "items.0.x")


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", float("nan"), 10**5000], ids=named)
def test_a_key_of_what_we_do_not_map_is_told_to_nobody(value):
    for contacts in ({"kanarie@x.example": value}, [{"kanarie@x.example": {"x": value}}]):
        with pytest.raises(SkippableError) as error:
            parse(Article, FINE | {"contacts": contacts})
        assert "kanarie" not in f"{error.value} {error.value.field}"
        assert error.value.field == "contacts"


def test_a_key_is_looked_at_as_well():
    assert refusal(**{"a\x00\n": 1}) == ("INVALID_TEXT", "a\\u0000\\u000a")
    assert len(refusal(**{"\ud800" * 10_000: 1})[1]) <= 120


def test_bottomless_nesting_is_refused_and_names_its_field():
    assert refusal(fine={"x": 1}, tree=bottomless()) == ("TOO_DEEP", "tree")


def test_the_text_backslash_u0000_is_innocent():
    record = parse(Article, FINE | {"path": "C:\\u0000"})

    assert json.loads(details_json(record)) == {"path": "C:\\u0000"}


def test_no_long_value_is_quoted():
    for changes in ({"pieces": "x" * 1000}, {"name": 5, "sku": ["y" * 1000]}, {"id": "z" * 1000}):
        with pytest.raises(SkippableError) as error:
            parse(Article, FINE | changes)
        assert not any(letter * 81 in str(error.value) for letter in "xyz")


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["id", "name", "pieces", "sku", "x", "y"]), anything))
def test_any_json_is_a_record_that_can_be_stored_or_a_refusal(raw):
    try:
        record = parse(Article, raw)
    except SkippableError as error:
        str(error).encode()
        error.field.encode()
    else:
        details_json(record).encode()
        assert "\x00" not in record.name
        json.loads(details_json(record), parse_constant=pytest.fail)
