"""What the art site does not say, or says in a way that no column can hold."""

import json

import pytest
from sqlalchemy import select

from core import personal
from db.models import TemplateOrder
from db.session import reading
from syncs.running import dry_run
from tests.syncs.running import counts, sync_now
from tests.syncs.template.exported import drifts, items, resource, said

UNREAD = "cannot be read; it is empty here, and what came is kept beside it"


def pick(name: str, ident: str, *columns: str) -> tuple[object, ...]:
    """Some columns of one record."""
    record = said(name)[ident]
    return tuple(record[column] for column in columns)


def extra(ident: str) -> dict[str, object]:
    """What is kept of an order beside its columns."""
    query = select(TemplateOrder.extra).where(TemplateOrder.external_id == ident)
    with reading() as session:
        text = personal.reveal(session.scalars(query).one())
    found: dict[str, object] = json.loads(text or "{}")
    return found


@pytest.mark.parametrize("field", ["price", "status", "category", "image", "name", "description"])
def test_a_painting_keeps_what_the_site_does_not_say(template, field):
    template.gallery.paintings.edit(3, image="lune.jpg", category="Huile")
    sync_now(resource("paintings"))
    before = said("paintings")["3"]
    template.gallery.paintings.edit(3, without=(field,))

    foreseen, done = dry_run.compare(resource("paintings"), {}), sync_now(resource("paintings"))

    assert done["status"] == "succeeded"
    assert counts(foreseen) == counts(done)
    after = said("paintings")["3"]
    before["extra"].pop("updated_at", None)
    after["extra"].pop("updated_at", None)
    assert after == before


@pytest.mark.parametrize(("field", "kept"), [("price", True), ("status", False), ("name", False)])
def test_null_is_unknown_for_a_price_and_none_for_a_word(template, field, kept):
    sync_now(resource("paintings"))
    (before,) = pick("paintings", "3", field)
    template.gallery.paintings.edit(3, **{field: None})

    sync_now(resource("paintings"))

    assert pick("paintings", "3", field) == (before if kept else None,)


def test_an_exhibition_may_lose_its_end(template):
    sync_now(resource("exhibitions"))
    template.gallery.exhibitions.edit(1, end_date=None)

    sync_now(resource("exhibitions"))

    assert pick("exhibitions", "1", "ends_at") == (None,)


def test_a_user_keeps_a_number_that_is_not_said_and_loses_one_that_is_null(template):
    template.gallery.users.edit(1, phone="+33 6 00 00 00 01")
    template.gallery.users.edit(2, phone="+33 6 00 00 00 02")
    sync_now(resource("users"))
    template.gallery.users.edit(1, without=("phone",))
    template.gallery.users.edit(2, phone=None)

    sync_now(resource("users"))

    assert pick("users", "1", "phone") == ("+33 6 00 00 00 01",)
    assert pick("users", "2", "phone", "phone_mark") == (None, None)


def test_a_price_that_is_read_again_leaves_nothing_behind(template):
    template.gallery.paintings.edit(3, price="sur demande")
    sync_now(resource("paintings"))
    assert said("paintings")["3"]["extra"]["price"] == "sur demande"
    template.gallery.paintings.edit(3, price=90)

    sync_now(resource("paintings"))

    assert pick("paintings", "3", "price") == (90,)
    assert "price" not in said("paintings")["3"]["extra"]


@pytest.mark.parametrize("title", [..., None, "", "  "], ids=repr)
def test_a_painting_without_a_title_is_taken(template, title):
    template.gallery.paintings.edit(5, without=("name",))
    if title is not ...:
        template.gallery.paintings.edit(5, name=title)

    done = sync_now(resource("paintings"))

    assert (done["status"], done["created"], done["warnings"]) == ("succeeded", 25, [])
    assert pick("paintings", "5", "name") == (None,)


def test_a_painting_s_title_may_have_another_name(template):
    template.gallery.paintings.edit(5, without=("name",), titre="Lune &amp; mer")

    sync_now(resource("paintings"))

    assert pick("paintings", "5", "name") == ("Lune & mer",)


def test_a_title_that_is_too_long_is_kept_beside(template):
    template.gallery.paintings.edit(5, name="a" * 501)

    done = sync_now(resource("paintings"))

    assert done["warnings"] == [f"painting 5: name {UNREAD}"]
    assert (pick("paintings", "5", "name"), done["status"]) == ((None,), "succeeded")


@pytest.mark.parametrize("none", [None, "", False, {}, []], ids=repr)
def test_an_order_whose_items_are_nothing_is_an_order(template, none):
    template.gallery.orders.edit(2, items=none)

    done = sync_now(resource("orders"))

    assert (done["status"], done["created"], done["warnings"]) == ("succeeded", 12, [])
    assert "2" in said("orders")
    assert "2" not in items()


def test_an_order_without_the_field_is_one_too(template):
    template.gallery.orders.edit(2, without=("items",))

    assert sync_now(resource("orders"))["errors"] == 0
    assert "2" not in items()


def test_items_under_another_name_count_where_the_first_is_null(template):
    things = template.gallery.orders.get(2)["items"]
    template.gallery.orders.edit(2, items=None, order_items=things)

    sync_now(resource("orders"))

    assert len(items()["2"]) == len(things)


@pytest.mark.parametrize("wrong", ["two", [1], {"0": {}}, 3], ids=repr)
def test_items_that_are_something_else_are_refused(template, wrong):
    template.gallery.orders.edit(2, items=wrong)

    done = sync_now(resource("orders"))

    assert [(each["order_id"], each["field"]) for each in done["errors_list"]] == [("2", "items")]


@pytest.mark.parametrize("absent", [..., None], ids=repr)
def test_an_order_whose_items_are_no_longer_said_has_not_drifted(template, absent):
    sync_now(resource("orders"))
    before = items()
    template.gallery.orders.edit(2, without=("items", "status", "total_price", "email"))
    if absent is None:
        template.gallery.orders.edit(2, items=None, total_price=None)

    done = sync_now(resource("orders"))

    assert (counts(done), drifts(), items()) == ({"unchanged": 12}, [], before)


def test_an_order_that_says_it_has_no_items_has_drifted(template):
    sync_now(resource("orders"))
    template.gallery.orders.edit(2, items=[])

    sync_now(resource("orders"))

    assert [drift.fields for drift in drifts()] == [["items"]]


UNREADABLE = [1.5, "1,5", "2 pcs", "deux", "", True, [2], 10**12]


def test_a_quantity_that_cannot_be_read_is_unknown_and_never_one(template):
    for n, quantity in enumerate(UNREADABLE, 1):
        template.gallery.orders.edit(n, items=[{"painting_id": 1, "quantity": quantity}])

    done = sync_now(resource("orders"))

    assert [items()[str(n)][0]["quantity"] for n in range(1, len(UNREADABLE) + 1)] == [None] * 8
    assert json.loads(items()["3"][0]["extra"]) == {"quantity": "2 pcs"}
    assert done["warnings"] == [
        f"order 1, 2, 3, 4, 5: items.quantity {UNREAD}",
        f"order 6, 7, 8: items.quantity {UNREAD}",
    ]
    assert done["status"] == "succeeded"
    assert sync_now(resource("orders"))["warnings"] == []


def test_a_quantity_under_its_other_name_counts(template):
    template.gallery.orders.edit(1, items=[{"quantity": "deux", "qty": 2}, {"qty": "deux"}])

    done = sync_now(resource("orders"))

    assert [one["quantity"] for one in items()["1"]] == [2, None]
    assert done["warnings"] == [f"order 1: items.qty {UNREAD}"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("order_date", "hier"), ("order_date", 20260501), ("total_price", "gratuit"),
     ("total_price", "12,50"), ("status", 3)],
)  # fmt: skip
def test_what_cannot_be_read_of_an_order_is_a_warning_that_names_it(template, field, value):
    template.gallery.orders.edit(4, **{field: value})

    foreseen, done = dry_run.compare(resource("orders"), {}), sync_now(resource("orders"))

    assert done["warnings"] == foreseen["warnings"] == [f"order 4: {field} {UNREAD}"]
    assert done["status"] == "succeeded"
    assert extra("4")[field] == value


@pytest.mark.parametrize("value", ["", None])
def test_an_empty_total_is_unknown_and_no_warning(template, value):
    template.gallery.orders.edit(4, total_price=value, total=value)

    done = sync_now(resource("orders"))

    assert done["warnings"] == []
    assert pick("orders", "4", "total") == (None,)


@pytest.mark.parametrize(
    ("name", "column", "field"),
    [("paintings", "name", "name"), ("paintings", "category", "category"),
     ("exhibitions", "title", "title"), ("users", "name", "name")],
)  # fmt: skip
def test_entities_in_names_are_decoded_once(template, name, column, field):
    records = getattr(template.gallery, name)
    records.edit(1, without=("full_name",), **{field: "L&eacute;a &amp;amp; fils"})

    sync_now(resource(name))

    assert pick(name, "1", column) == ("Léa &amp; fils",)
