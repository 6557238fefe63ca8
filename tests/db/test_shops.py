"""Shops: which is the default, which sells from which, and when one may be deactivated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest
from sqlalchemy import select

from core.errors import NotFoundError, RefusedError
from db.catalogue import shop_rules, shops
from db.catalogue.shops import Values
from db.models import Departure, Product
from db.session import reading, writing
from db.tills import terminals
from syncs.views import shops as views
from syncs.views.shops import Shop as View
from tests import sold
from tests.servers import until


def change(shop_id: int, **values: Any) -> dict[str, Any]:
    with writing() as session:
        return shops.change(session, shop_id, cast("Values", values))[1]


def deactivate(shop_id: int, *, move_to: int | None = None) -> int:
    with writing() as session:
        return shops.deactivate(session, shop_id, move_to=move_to)


def add(name: str, **values: Any) -> int:
    with writing() as session:
        return shops.add(session, name=name, **values).id


def shown(shop_id: int) -> View:
    with reading() as session:
        return views.find(session, shop_id)


def default() -> int | None:
    with reading() as session:
        return shop_rules.default_of(shops.every(session))


def shop_of(product_id: int) -> int | None:
    with reading() as session:
        return session.get_one(Product, product_id).shop_id


def departures() -> set[tuple[int, int]]:
    with reading() as session:
        return {(each.product_id, each.shop_id) for each in session.scalars(select(Departure))}


def unsold() -> list[tuple[str, int | None, int]]:
    with reading() as session:
        return [(each.reason, each.shop_id, each.articles) for each in views.unsold(session)]


def test_the_first_shop_is_the_default_until_another_one_is(store):
    one, two, three = (add(name) for name in "ABC")
    assert default() == one

    assert change(two, is_default=True) == {"is_default": True}
    assert change(two, is_default=True) == {}
    assert default() == two
    change(one, is_default=True)
    assert (default(), shown(three).is_default, shown(two).is_default) == (one, False, False)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("values", [{"is_default": True}, {"site_id": "7"}, {"sells_from": 1}])
def test_of_two_changes_at_once_the_second_waits_for_the_first(store, values):
    one, two, three = (add(name) for name in "ABC")
    first = {"sells_from": two} if "sells_from" in values else values
    with ThreadPoolExecutor(1) as pool:
        with writing() as session:
            shops.change(session, one if "sells_from" in values else two, cast("Values", first))
            end = pool.submit(change, three, **values)
            until(somebody_waits, what="a change that waits for the other")
        if "is_default" in values:
            end.result()
            assert (default(), shown(two).is_default) == (three, False)
        else:
            # One site of two shops, or a chain.
            with pytest.raises(RefusedError, match=r"already|itself"):
                end.result()


def somebody_waits() -> bool:
    """Whether PostgreSQL has somebody wait for a lock."""
    with reading() as session:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        return bool(session.connection().exec_driver_sql(waiting).scalar_one())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_till_is_not_let_into_a_shop_that_is_being_deactivated(store):
    add("A")
    two = add("B")
    with ThreadPoolExecutor(1) as pool:
        with writing() as session:
            shops.deactivate(session, two)
            end = pool.submit(let_in, two)
            until(somebody_waits, what="a terminal that waits for its shop")
        with pytest.raises(RefusedError, match="deactivated"):
            end.result()


def let_in(shop_id: int) -> None:
    with writing() as session:
        terminals.add(session, shop_id=shop_id, serial="new", name="Caisse")


def test_a_site_is_one_shops(store):
    one, two = add("A", site_id="1"), add("B")

    with pytest.raises(RefusedError, match=f"Site 1 belongs to shop {one}"):
        change(two, site_id="1")
    change(one, site_id=None)
    change(two, site_id="1")
    assert change(two, site_id="1") == {}


def test_a_shop_sells_from_another_one(store):
    one, two = sold.shop("A"), sold.shop("B")
    sold.article(one), sold.article(one), sold.article(two)

    change(two, sells_from=one)

    assert (shown(one).articles, shown(two).articles) == (2, 3)
    change(two, sells_from=None)
    assert (shown(one).articles, shown(two).articles) == (2, 1)


@pytest.mark.parametrize(
    ("shop", "other", "why"),
    [
        ("A", "A", "its own articles already"),
        ("C", "B", "sells from shop"),
        ("A", "C", "Other shops sell from"),
        ("C", "D", "in CDF"),
        ("C", "E", "is deactivated"),
        ("E", "A", "is deactivated"),
    ],
)
def test_what_a_shop_may_not_sell_from(store, shop, other, why):
    ids = {name: add(name, currency="CDF" if name == "D" else "EUR") for name in "ABCDE"}
    change(ids["B"], sells_from=ids["A"])
    deactivate(ids["E"])

    with pytest.raises(RefusedError, match=why):
        change(ids[shop], sells_from=ids[other])
    with pytest.raises(NotFoundError):
        change(ids["C"], sells_from=999)
    assert shown(ids[shop]).sells_from is None


def test_a_shop_that_is_needed_is_not_deactivated(store):
    one, two, three = add("A"), sold.shop("B"), add("C")
    change(three, sells_from=two)

    with pytest.raises(RefusedError, match="default"):
        deactivate(one)
    with pytest.raises(RefusedError, match=f"Shop {three} .* sells from"):
        deactivate(two)
    change(three, sells_from=None)
    with pytest.raises(RefusedError, match="active terminals: Caisse"):
        deactivate(two, move_to=one)
    with writing() as session:
        terminals.revoke(session, terminals.find(session, sold.serial(two)))
    deactivate(two)
    assert not shown(two).active


def test_a_shop_with_a_stock_gives_it_to_another_one_first(store):
    one, two, abroad = add("A"), add("B"), add("C", currency="CDF")
    article = sold.article(two)

    with pytest.raises(RefusedError, match="in stock: 1"):
        deactivate(two)
    for wrong, why in ((two, "another shop"), (abroad, "CDF"), (999, "no shop 999")):
        with pytest.raises(RefusedError, match=why):
            deactivate(two, move_to=wrong)
    assert shown(two).active

    assert deactivate(two, move_to=one) == 1
    assert (shop_of(article), departures()) == (one, {(article, two)})
    # A sync that began before may still have placed one in it.
    late = sold.article(two)
    assert deactivate(two, move_to=one) == 1
    assert shop_of(late) == one


def test_a_deactivated_shop_gets_no_till(store):
    add("A")
    two = sold.shop("B")
    with writing() as session:
        terminals.revoke(session, terminals.find(session, sold.serial(two)))
    deactivate(two)

    with writing() as session, pytest.raises(RefusedError, match="deactivated"):
        terminals.add(session, shop_id=two, serial="new", name="Caisse")
    with writing() as session, pytest.raises(RefusedError, match="deactivated"):
        terminals.restore(session, terminals.find(session, sold.serial(two)))
    with writing() as session:
        assert (shops.restore(session, two), shops.restore(session, two)) == (True, False)
        terminals.restore(session, terminals.find(session, sold.serial(two)))


def test_articles_that_no_till_can_sell_are_counted_by_why(store):
    one = add("A")
    homeless, idle = sold.article(one), sold.article(one)
    sold.article(one, active=False, stock=0)
    with writing() as session:
        session.get_one(Product, homeless).shop_id = None
    assert unsold() == [("no_site", None, 1)]

    # The first till of all is a reason to miss the others.
    two, three = sold.shop("B"), add("C")
    assert unsold() == [("no_site", None, 1), ("no_terminal", one, 1)]
    change(two, sells_from=one)
    assert unsold() == [("no_site", None, 1)]
    change(two, sells_from=None)

    change(three, is_default=True)
    with writing() as session:
        session.get_one(Product, idle).stock = 0
    deactivate(one)
    assert unsold() == [("no_site", None, 1)]
    with writing() as session:
        session.get_one(Product, idle).stock = 5
    assert unsold() == [("no_site", None, 1), ("deactivated", one, 1)]
