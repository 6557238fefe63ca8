"""The document says what the application does: every route, every answer, who may."""

from __future__ import annotations

import json

import jsonschema_rs
import pytest
from pydantic import TypeAdapter

from api.openapi import shared
from api.openapi.document import document, operations
from api.openapi.parameters import templated
from api.web import access, paging
from api.web.body import Body, load
from api.web.describe import Answer, describe, of
from tests.api import held
from tests.api.test_access import DOORS, PAGES
from tests.api.test_body import HOSTILE


@pytest.fixture
def told(app):
    return held.described(app)


def found(told):
    """Every operation of the document, by its door."""
    return {
        f"{method.upper()} {path}": operation
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    }


def test_every_route_is_described(app, told):
    bare = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if of(app.view_functions[rule.endpoint]) is None
    ]

    assert bare == []
    doors = {f"{door.split()[0]} {templated(door.split()[1])}" for door in DOORS}
    assert found(told).keys() == doors


def test_every_operation_says_who_may(app, told):
    for door, role in DOORS.items():
        method, path = door.split()
        operation = found(told)[f"{method} {templated(path)}"]
        ways = operation["security"]

        if role == "public":
            assert ways == [], door
        elif role == "terminal":
            assert all("deviceSerial" in way for way in ways), door
            assert ways, door
        else:
            assert ways[:2] == [{"bearer": [role]}, {"session": [role]}], door
        nobody = "303" if door in PAGES else "401"
        assert set(operation["responses"]) >= ({nobody} if ways else set()), door


def test_only_metrics_let_this_machine_in_without_a_token(told):
    assert [door for door, one in found(told).items() if {} in one["security"]] == ["GET /metrics"]


def test_every_operation_is_told_in_words(told):
    idents = [one["operationId"] for one in found(told).values()]
    tags = {tag["name"] for tag in told["tags"]}

    assert len(idents) == len(set(idents))
    for door, one in found(told).items():
        assert one["summary"].endswith("."), door
        assert "``" not in json.dumps(one), door
        assert set(one["tags"]) <= tags, door
    assert tags == {tag for one in found(told).values() for tag in one["tags"]}


def test_every_body_and_every_component_is_a_schema(told):
    for name, schema in told["components"]["schemas"].items():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})
        assert schema.get("description"), f"{name} has no description"
        assert "__" not in name, "two models of one name"


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_every_example_is_one(app, told):
    for operation in operations(app):
        example = operation.description.example
        if example is not None:
            TypeAdapter(operation.description.body).validate_python(example)
            schema = found(told)[f"{operation.method} {templated(operation.route.rule)}"]
            schema = schema["requestBody"]["content"]["application/json"]["schema"]
            whole = {**schema, "components": told["components"]}
            assert jsonschema_rs.is_valid(whole, example), operation.ident


def test_every_order_that_needs_fields_has_an_example(told):
    for door, one in found(told).items():
        body = one.get("requestBody")
        if body is not None and body["required"]:
            assert "example" in body["content"]["application/json"], door


def test_the_document_is_served_and_is_the_one(ask, told):
    answer = ask("GET /openapi.json", role=None)

    assert answer.get_json() == json.loads(json.dumps(told))
    assert answer.get_json()["openapi"] == "3.1.0"


def test_the_loaders_codes_are_all_told():
    codes = {code for _, code in HOSTILE.values()}

    assert codes == {*shared.OF_TEXTS, *shared.OF_VALUES}


def test_a_new_route_without_a_description_is_seen(app):
    app.add_url_rule("/new", view_func=access.allow("public")(lambda: "new"))

    with pytest.raises(AssertionError):
        test_every_route_is_described(app, document(app))


class Order(Body):
    """Another order."""


class Other(paging.Page):
    """Another query."""


@pytest.mark.parametrize(
    "reads", [lambda: load(Order), lambda: paging.asked(Other)], ids=["body", "query"]
)
def test_a_view_reads_only_what_it_is_described_with(app, ask, reads):
    view = describe(Answer(kind=Order), query=paging.Page, body=Body)(lambda: reads() and "")
    app.add_url_rule("/new", view_func=access.allow("public")(view))

    assert ask("GET /new").status_code == 500
