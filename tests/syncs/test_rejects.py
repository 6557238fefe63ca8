"""Refused records: kept once, closed by themselves, replayed without asking the source."""

import pytest

from core.errors import RefusedError
from db.session import writing
from db.work import rejects as kept
from syncs.acts.by import By
from syncs.acts.rejects import replay
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, product, products, rejects, run
from tests.syncs.running import counts, sync_now


def test_many_runs_keep_one_open_reject_a_record(b2b):
    b2b.catalogue.products.edit(7, price="free")

    for _ in range(3):
        last = sync_now(PRODUCTS)

    [reject] = rejects()
    assert reject.run_id == last["run_id"]


def test_many_runs_keep_one_open_reject_of_a_record_without_id(b2b):
    b2b.catalogue.products.put_raw(7, '{"name": "Riz"}')

    for _ in range(3):
        sync_now(PRODUCTS)

    assert len(rejects()) == 1


def test_two_records_without_id_are_two_rejects(b2b):
    b2b.catalogue.products.put_raw(7, '{"name": "Riz"}')
    b2b.catalogue.products.put_raw(8, '{"name": "Mil"}')

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 23, "errors": 2}
    assert len(rejects()) == 2


def test_a_reject_tells_what_its_newest_run_saw(b2b):
    b2b.catalogue.products.edit(7, price="free")
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="12,50")

    sync_now(PRODUCTS)

    [reject] = rejects()
    assert kept.payload(reject)["price"] == "12,50"


def test_a_record_refused_for_another_reason_is_an_open_reject_of_that_reason(b2b):
    b2b.catalogue.products.edit(7, price="free")
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, without=("price",))

    sync_now(PRODUCTS)

    assert "MISSING_FIELD" in {reject.code for reject in rejects()}


def test_a_reject_is_closed_by_the_run_that_writes_its_record(b2b):
    b2b.catalogue.products.edit(7, price="free")
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="1")

    done = sync_now(PRODUCTS)

    assert done["status"] == "succeeded"
    assert rejects() == []
    [closed] = rejects(state=None)
    assert (closed.state, closed.reason) == ("replayed", f"written by run {done['run_id']}")


def test_a_reject_is_closed_when_its_record_is_again_what_it_was(b2b):
    sync_now(PRODUCTS)
    before = b2b.catalogue.products.text(7)
    b2b.catalogue.products.edit(7, price="free")
    sync_now(PRODUCTS)
    b2b.catalogue.products.put_raw(7, before)

    assert counts(sync_now(PRODUCTS)) == {"unchanged": 25}
    assert rejects() == []


def test_a_closed_reject_does_not_stop_a_new_one(b2b):
    for price in ("free", "1", "free"):
        b2b.catalogue.products.edit(7, price=price)
        sync_now(PRODUCTS)

    assert [reject.state for reject in rejects(state=None)] == ["replayed", "open"]


def test_a_record_that_becomes_bad_keeps_its_last_good_values(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="free", name="Autre")

    sync_now(PRODUCTS)

    assert str(product(7).price) == "7.5000"
    assert product(7).title != "Autre"
    assert product(7).active


def test_a_reject_with_an_id_protects_its_product_from_deletion(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="free")
    b2b.catalogue.products.delete(8)

    done = sync_now(PRODUCTS)

    assert done["deleted"] == 1
    assert living() == set(range(1, 26)) - {8}


def test_a_reject_without_an_id_protects_every_product(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.put_raw(7, '{"name": "Riz"}')
    b2b.catalogue.products.delete(8)

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("partial", 0)
    assert living() == set(range(1, 26))


def strict_once(b2b, price: str = "free") -> int:
    """A reject of product 7, its id; the source has forgotten what was asked."""
    b2b.catalogue.products.edit(7, price=price)
    sync_now(PRODUCTS)
    b2b.log.clear()
    [reject] = rejects()
    return reject.id


def test_a_replay_of_what_is_still_bad_is_refused_and_the_reject_stays_open(b2b):
    reject_id = strict_once(b2b)

    with pytest.raises(RefusedError, match=r"still refused \(price\)"):
        replay(reject_id, by=By("Awa"))

    assert [reject.id for reject in rejects()] == [reject_id]
    assert "7" not in products()


def test_a_discarded_reject_is_closed_for_good(b2b):
    reject_id = strict_once(b2b)

    with writing() as session:
        kept.settle(session, kept.find(session, reject_id), "discarded", "seasonal")

    [closed] = rejects(state=None)
    assert (closed.state, closed.reason) == ("discarded", "seasonal")
    with pytest.raises(RefusedError, match="discarded already"):
        replay(reject_id, by=By("Awa"))


def test_a_discarded_reject_comes_back_while_its_record_is_bad(b2b):
    reject_id = strict_once(b2b)
    with writing() as session:
        kept.settle(session, kept.find(session, reject_id), "discarded", "seasonal")

    sync_now(PRODUCTS)

    assert [reject.state for reject in rejects(state=None)] == ["discarded", "open"]


def test_nobody_replays_what_does_not_exist(store):
    with pytest.raises(RefusedError, match="no reject 99"):
        replay(99, by=By("Awa"))


def test_a_partial_run_is_never_called_a_success(b2b):
    b2b.catalogue.products.edit(7, price="free")

    done = sync_now(PRODUCTS)

    assert run(done["run_id"]).status == "partial"
    assert mismatches() == []


def test_a_refused_record_on_every_page_never_costs_its_page_the_quick_way(b2b, caplog):
    # PostgreSQL makes one plan for any value of a statement that a connection repeats.
    b2b.catalogue.products.replace(
        {"id": n, "name": "Riz", "price": 1 if n % 10 else "free"} for n in range(1, 251)
    )

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 225, "errors": 25}
    assert "page.refused" not in caplog.text
