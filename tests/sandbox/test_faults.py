"""Which requests a fault strikes."""

import pytest
from pydantic import ValidationError

from sandbox.faults import KINDS, Fault, Hang, Slow, Status


def statuses(ask, *pages):
    return [ask(page).status_code for page in pages]


def test_a_fault_strikes_every_request_until_it_is_cleared(source, ask):
    source.faults.add(Status(status=500))
    assert statuses(ask, 1, 2, 3) == [500, 500, 500]

    source.faults.clear()
    assert statuses(ask, 1, 2, 3) == [200, 200, 200]


def test_a_fault_of_one_page_leaves_the_others_alone(source, ask):
    source.faults.add(Status(status=500, page=2))

    assert statuses(ask, 1, 2, 3, 2) == [200, 500, 200, 500]


def test_a_fault_of_one_endpoint_leaves_the_other_alone(source, ask, categories):
    source.faults.add(Status(status=500, endpoint="categories"))

    assert (ask().status_code, categories().status_code) == (200, 500)


def test_a_fault_can_begin_late_and_end(source, ask):
    source.faults.add(Status(status=500, start=2, times=3))

    assert statuses(ask, 1, 1, 1, 1, 1, 1) == [200, 500, 500, 500, 200, 200]


def test_a_flapping_source_fails_every_second_time(source, ask):
    source.faults.add(Status(status=500, every=2))

    assert statuses(ask, 1, 1, 1, 1) == [500, 200, 500, 200]


def test_one_fault_is_counted_and_removed_without_the_others(source, ask):
    storm, late = Status(status=503, times=2), Slow(seconds=0)
    source.faults.add(storm, late)
    statuses(ask, 1, 1, 1)

    assert (source.faults.struck(storm), source.faults.struck(late)) == (2, 3)
    source.faults.remove(late)
    assert source.faults.struck(late) == 0
    assert source.faults.struck(storm) == 2


def test_faults_strike_a_request_without_a_key_too(source, session):
    source.faults.add(Status(status=503))

    assert session.get(f"{source.url}/api/products/", timeout=10).status_code == 503


def test_a_fault_of_an_unknown_endpoint_is_refused(source):
    with pytest.raises(ValueError, match="any, products, categories"):
        source.faults.add(Hang(endpoint="product"))


@pytest.mark.parametrize("wrong", [{"page": 0}, {"times": 0}, {"second": 3}])
def test_a_fault_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        Slow.model_validate(wrong)


def test_every_fault_has_a_name():
    # Tests make faults of their own; those have no name to order them by.
    ours = {fault for fault in Fault.__subclasses__() if fault.__module__.startswith("sandbox.")}

    assert set(KINDS.values()) == ours
