"""Pages as sources really cut them: overlapping, looping, leading elsewhere, never ending."""

import pytest

import core.settings
from connectors.errors import PaginationError, RequestError
from sandbox.faults import Duplicates, NextElsewhere, NextEndless, NextLoop, NextProxied, Status
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, movements, product, run
from tests.syncs.running import counts, sync_now


def test_a_record_on_two_pages_is_counted_once(b2b):
    b2b.faults.add(Duplicates(page=2, records=2))

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 25, "duplicates": 2}
    assert (done["status"], done["total"]) == ("succeeded", 25)


def test_records_on_two_pages_are_counted_once_in_later_runs(b2b):
    sync_now(PRODUCTS)
    b2b.faults.add(Duplicates(records=2))

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25, "duplicates": 4}
    assert (done["status"], done["total"]) == ("succeeded", 25)


@pytest.mark.parametrize("position", [8, 15], ids=["within a page", "across pages"])
def test_of_a_record_that_comes_twice_the_last_wins(b2b, position):
    b2b.catalogue.products.add_raw(
        '{"id": 7, "name": "Dernier", "price": 3, "stock": 2}', position=position
    )

    done = sync_now(PRODUCTS)

    assert counts(done) == {"created": 25, "duplicates": 1}
    assert (product(7).title, product(7).stock) == ("Dernier", 2)
    assert sum(delta for _, delta, _ in movements(7)) == 2
    assert mismatches() == []


@pytest.mark.parametrize("position", [8, 15], ids=["within a page", "across pages"])
def test_of_a_known_record_that_comes_twice_the_last_wins(b2b, position):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, stock=70)
    b2b.catalogue.products.add_raw(
        '{"id": 7, "name": "Dernier", "price": 3, "stock": 2}', position=position
    )

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24, "duplicates": 1}
    assert (product(7).title, product(7).stock) == ("Dernier", 2)
    assert mismatches() == []


@pytest.mark.parametrize("position", [3, 0], ids=["before it", "first of all"])
def test_what_comes_again_to_the_letter_wins_over_what_came_before_it(b2b, position):
    sync_now(PRODUCTS)
    before = product(7).title
    b2b.catalogue.products.add_raw('{"id": 7, "name": "Premier", "price": 3}', position=position)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 25, "duplicates": 1}
    assert product(7).title == before
    assert mismatches() == []


def test_what_comes_again_to_the_letter_wins_over_what_came_a_page_before(b2b):
    sync_now(PRODUCTS)
    before = product(17).title
    b2b.catalogue.products.add_raw('{"id": 17, "name": "Premier", "price": 3}', position=3)

    done = sync_now(PRODUCTS)

    assert counts(done) == {"updated": 1, "unchanged": 24, "duplicates": 1}
    assert (product(17).title, product(17).stock) == (before, 17)
    assert mismatches() == []


def test_a_record_that_comes_twice_in_two_versions_does_so_again_next_time(b2b):
    b2b.catalogue.products.add_raw('{"id": 7, "name": "Dernier", "price": 3}', position=15)
    sync_now(PRODUCTS)

    sync_now(PRODUCTS)

    assert product(7).title == "Dernier"
    assert mismatches() == []


@pytest.mark.parametrize("to", [None, 1, 2])
def test_a_next_that_leads_back_ends_the_run_before_another_request(b2b, to):
    b2b.faults.add(NextLoop(page=2, to=to))

    with pytest.raises(PaginationError, match="leads back"):
        sync_now(PRODUCTS)

    assert b2b.log.requested_pages("products") == [1, 2]
    assert run(1).status == "failed"


def test_a_next_that_leaves_the_host_ends_the_run_before_another_request(b2b):
    b2b.faults.add(NextElsewhere(page=2))

    with pytest.raises(PaginationError, match=r"another host, elsewhere\.invalid"):
        sync_now(PRODUCTS)

    assert b2b.log.requested_pages("products") == [1, 2]


def test_the_next_of_a_proxy_is_followed_on_our_own_address(b2b):
    b2b.faults.add(NextProxied())

    done = sync_now(PRODUCTS)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 25})


def test_pages_without_end_are_noticed(b2b):
    b2b.faults.add(NextEndless())

    with pytest.raises(PaginationError, match="for the third time"):
        sync_now(PRODUCTS)

    assert len(b2b.log) <= 8


@pytest.mark.parametrize("fault", [NextEndless(), NextLoop(page=3, to=1), NextElsewhere(page=2)])
def test_pages_that_lead_astray_delete_nothing(b2b, fault):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(fault)

    with pytest.raises(PaginationError):
        sync_now(PRODUCTS)

    assert living() == set(range(1, 26))


def test_a_run_that_was_led_astray_goes_on_when_the_source_is_healed(b2b):
    b2b.faults.add(NextElsewhere(page=2))
    with pytest.raises(PaginationError):
        sync_now(PRODUCTS)
    b2b.faults.clear()
    b2b.log.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["status"], counts(done)) == ("succeeded", {"created": 25})
    assert b2b.log.requested_pages("products") == [2, 3]


def test_a_wrong_path_is_named(b2b, monkeypatch):
    monkeypatch.setenv("B2B_PRODUCTS_PATH", "api/articles/")
    core.settings.reset()

    with pytest.raises(RequestError, match=r"404 .*/api/articles/.*check the address and the path"):
        sync_now(PRODUCTS)

    assert len(b2b.log) == 1


def test_a_list_that_shrank_below_the_next_page_ends_the_run_badly_and_deletes_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.faults.add(Status(status=404, page=3))

    with pytest.raises(RequestError):
        sync_now(PRODUCTS)

    assert living() == set(range(1, 26))
