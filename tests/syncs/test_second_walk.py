"""What one walk missed is looked for in a second one, and only what both miss is gone."""

import re
from dataclasses import replace

import pytest

from connectors.errors import ForbiddenError
from db.session import writing
from db.work import runs
from sandbox.faults import Drift, Fault, Status
from sandbox.messages import Answer
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, product, run
from tests.syncs.running import counts, sync_now


class Uncounted(Fault):
    """A source that does not say how many records there are."""

    def on_answer(self, answer: Answer) -> Answer:
        body = re.sub(rb'"count":\s*\d+', b'"count":null', bytes(answer.body))
        return replace(answer, body=body)


def test_a_source_that_lost_nothing_is_walked_once(b2b):
    sync_now(PRODUCTS)
    b2b.log.clear()

    sync_now(PRODUCTS)

    assert b2b.log.requested_pages("products") == [1, 2, 3]


def test_a_refused_record_with_an_id_needs_no_second_walk(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.edit(7, price="free")
    b2b.log.clear()

    sync_now(PRODUCTS)

    assert b2b.log.requested_pages("products") == [1, 2, 3]


def test_what_one_walk_missed_is_looked_for_in_a_second(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.log.clear()

    sync_now(PRODUCTS)

    assert b2b.log.requested_pages("products") == [1, 2, 3, 1, 2, 3]


def test_the_second_walk_reads_keys_only(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    source = b2b.catalogue.products

    class Late(Fault):
        """Edits a record when the second walk begins."""

        def on_answer(self, answer: Answer) -> Answer:
            if 9 in source:
                source.edit(9, price="999")
            return answer

    b2b.faults.add(Late(page=1, start=2, times=1))

    done = sync_now(PRODUCTS)

    assert counts(done) == {"unchanged": 24, "deleted": 1}
    assert str(product(9).price) == "9.5000"


def test_a_product_that_was_never_known_is_not_mourned(b2b):
    b2b.faults.add(Drift(page=2, times=1))

    sync_now(PRODUCTS)

    assert 11 not in living()  # skipped by the walk, and brought in by the next run
    assert counts(sync_now(PRODUCTS))["created"] == 1


def test_a_deletion_behind_the_cursor_tombstones_nothing_that_lives(b2b):
    sync_now(PRODUCTS)
    b2b.faults.add(Drift(page=2, times=1))

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("partial", 0)
    assert living() == set(range(1, 26))


def test_a_deletion_behind_the_cursor_is_found_by_the_next_run(b2b):
    sync_now(PRODUCTS)
    b2b.faults.add(Drift(page=2, times=1))
    sync_now(PRODUCTS)

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("succeeded", 1)
    assert living() == set(range(2, 26))


def test_without_a_count_a_deletion_behind_the_cursor_tombstones_nothing_that_lives(b2b):
    b2b.faults.add(Uncounted())
    sync_now(PRODUCTS)
    b2b.faults.add(Drift(page=2, times=1))

    done = sync_now(PRODUCTS)

    assert done["deleted"] == 0
    assert living() == set(range(1, 26))


def test_without_a_count_a_deletion_behind_the_cursor_is_found_by_the_next_run(b2b):
    b2b.faults.add(Uncounted())
    sync_now(PRODUCTS)
    b2b.faults.add(Drift(page=2, times=1))
    sync_now(PRODUCTS)

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("succeeded", 1)
    assert living() == set(range(2, 26))


def test_a_true_deletion_beside_one_behind_the_cursor_is_found_without_a_false_one(b2b):
    b2b.faults.add(Uncounted())
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(25)
    b2b.faults.add(Drift(page=2, times=1))

    done = sync_now(PRODUCTS)

    assert done["deleted"] == 1
    assert living() == set(range(1, 25))


def test_an_insertion_behind_the_cursor_tombstones_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.faults.add(Drift(page=2, change="insert", times=1))

    done = sync_now(PRODUCTS)

    assert done["deleted"] == 0
    assert living() >= set(range(1, 26))


def test_a_source_that_changes_during_the_second_walk_decides_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(Drift(page=2, start=2, times=1))

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("partial", 0)
    assert living() == set(range(1, 26))
    assert any("second look" in warning for warning in done["warnings"])


def test_what_was_undecided_is_decided_by_the_next_run(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(Drift(page=2, start=2, times=1))
    sync_now(PRODUCTS)

    done = sync_now(PRODUCTS)

    assert (done["status"], done["deleted"]) == ("succeeded", 2)
    assert living() == set(range(2, 26)) - {8}


def test_a_second_walk_that_fails_deletes_nothing(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(Status(status=403, page=3, start=2, times=1))

    with pytest.raises(ForbiddenError):
        sync_now(PRODUCTS)

    assert living() == set(range(1, 26))


def test_a_second_walk_that_failed_is_walked_again_and_the_first_is_not(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)
    b2b.faults.add(Status(status=403, page=3, start=2, times=1))
    with pytest.raises(ForbiddenError):
        sync_now(PRODUCTS)
    b2b.log.clear()

    done = sync_now(PRODUCTS, resume=True)

    assert (done["status"], counts(done)) == ("succeeded", {"unchanged": 24, "deleted": 1})
    assert b2b.log.requested_pages("products") == [1, 2, 3]


def test_a_cancel_is_heard_during_the_second_walk(b2b):
    sync_now(PRODUCTS)
    b2b.catalogue.products.delete(8)

    class Cancel(Fault):
        """Somebody cancels the run while its second walk is on its way."""

        def on_answer(self, answer: Answer) -> Answer:
            with writing() as session:
                runs.request_cancel(session, 2)
            return answer

    b2b.faults.add(Cancel(page=2, start=2, times=1))

    sync_now(PRODUCTS)

    assert run(2).status == "cancelled"
    assert living() == set(range(1, 26))
