"""The control door, for tests in other processes."""

from dataclasses import replace

import pytest

from sandbox.messages import Request


@pytest.fixture
def control(source, session):
    """Sends one request to the control door."""

    def send(method, path, **options):
        url = source.url.removesuffix("/api/v1") + f"/_sandbox/{path}"
        return session.request(method, url, timeout=10, **options)

    return send


def test_the_log_is_read_and_forgotten(control, ask):
    ask(2)

    entry = {"method": "GET", "path": "/api/v1/api/products/", "query": "page=2", "status": 200}
    assert control("GET", "log").json() == [entry]
    assert control("DELETE", "log").status_code == 204
    assert control("GET", "log").json() == []


def test_a_fault_is_ordered_and_cleared(control, ask):
    fault = {"kind": "status", "status": 503, "retry_after": 3, "endpoint": "products", "page": 1}
    assert control("POST", "faults", json=fault).status_code == 201

    assert (ask(1).status_code, ask(1).headers["Retry-After"]) == (503, "3")
    assert ask(2).status_code == 200
    assert control("DELETE", "faults").status_code == 204
    assert ask(1).status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"status": 500},
        {"kind": "status"},
        {"kind": "hang", "endpoint": "orders"},
        {"kind": "hang", "minutes": 3},
        {"kind": ["status"]},
        [],
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(control, ask, fault):
    answer = control("POST", "faults", json=fault)

    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert ask().status_code == 200


def test_a_product_is_read_edited_added_and_deleted(control, ask):
    assert control("GET", "products/2").json() == ask().json()["results"][1]

    assert control("PATCH", "products/2", json={"price": "3.00"}).json()["price"] == "3.00"
    assert control("POST", "products", json={"name": "Attiéké"}).json() == {"id": 251}
    assert control("DELETE", "products/1").status_code == 204

    first, *_ = ask().json()["results"]
    assert (first["id"], first["price"], ask().json()["count"]) == (2, "3.00", 250)
    assert control("GET", "products/251").json()["name"] == "Attiéké"


def test_many_products_change_at_once(control, source):
    before = {key: source.catalogue.products.text(key) for key in source.catalogue.products}

    changed = control("POST", "products/change", json={"count": 100}).json()["ids"]

    after = {key: source.catalogue.products.text(key) for key in source.catalogue.products}
    assert len(changed) == 100
    assert {key for key in before if before[key] != after[key]} == set(changed)


def test_categories_are_edited_by_the_same_verbs(control, categories):
    control("PATCH", "categories/1", json={"parent_id": 1})
    control("DELETE", "categories/2")
    added = control("POST", "categories", json={"parent_id": 3}).json()["id"]
    control("POST", "categories/change", json={"count": 1})

    found = {category["id"]: category for category in categories().json()["results"]}
    assert (found[1]["parent_id"], found[added]["parent_id"]) == (1, 3)
    assert 2 not in found


def test_garbage_is_put_in_place_of_a_product_and_beside_it(control, ask):
    assert control("PUT", "products/1", data=b'{"id": 1, "price": NaN}').status_code == 204
    assert control("POST", "products/raw", data=b'{"name": "?"}').json() == {"key": -1}

    assert b'[{"id": 1, "price": NaN},' in ask().content
    assert ask(3).json()["results"][-1] == {"name": "?"}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "products/999", b"{}", 404),
        ("DELETE", "products/999", b"", 404),
        ("GET", "orders/1", b"", 404),
        ("PUT", "log", b"", 404),
        ("GET", "knobs", b"", 404),
        ("PATCH", "knobs", b"{}", 404),
        ("PATCH", "products", b"{}", 404),
        ("PATCH", "products/one", b"{}", 400),
        ("PATCH", "products/1", b"{", 400),
        ("POST", "products", b"[]", 400),
        ("POST", "products/change", b'{"count": 251}', 400),
        ("POST", "products/change", b"{}", 400),
        ("PUT", "products/1", b"", 400),
    ],
)
def test_what_makes_no_sense_is_refused(control, method, path, body, status):
    answer = control(method, path, data=body)

    assert (answer.status_code, list(answer.json())) == (status, ["detail"])


def test_the_control_door_is_not_in_the_log(control, source):
    control("GET", "log")

    assert not source.log


def test_only_this_machine_is_let_in(source):
    request = Request("GET", "/_sandbox/log", "", {}, {}, b"", "127.0.0.1")

    assert source(request).status == 200
    assert source(replace(request, client="192.0.2.7")).status == 403
