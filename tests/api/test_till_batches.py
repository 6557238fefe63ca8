"""The page of a batch: how far it is, then its result as the 201 told it, and nobody else's."""

from __future__ import annotations

import pytest

from db.models import SalesBatch
from db.session import writing
from tests.api.till import GUIDE, OTHERS_SERIAL, SYNC, Till, furnish, work, working


@pytest.fixture
def till(app, store):
    furnish()
    return Till(app)


@pytest.mark.parametrize(
    ("status", "told"), [("due", "en_attente"), ("running", "en_cours"), ("failed", "echec")]
)
def test_it_says_how_far_the_batch_is(till, status, told):
    posted = till.post(GUIDE, prefer="respond-async")
    with writing() as session:
        session.query(SalesBatch).one().status = status

    page = till.send(f"GET {posted.headers['Location']}")

    assert (page.status_code, page.mimetype) == (200, "application/json")
    assert page.headers["Retry-After"] == "5"
    assert page.data.decode() == posted.data.decode()[:-1] + f', "statut": "{told}"}}'


def test_it_says_what_the_201_said_or_would_have(till):
    with working():
        told = till.post(GUIDE, idempotency_key="k").data
    posted = till.post(GUIDE, prefer="respond-async")
    work()
    (first, second) = (till.send(f"GET {SYNC}{uuid}/") for uuid in batches())

    assert (first.status_code, first.mimetype) == (200, "application/json")
    assert first.data == told
    assert "Retry-After" not in first.headers
    assert posted.headers["Location"].endswith(f"{batches()[1]}/")
    assert [each["code"] for each in second.get_json()["ventes_erreurs"]] == ["DOUBLON"] * 2


def test_while_a_batch_is_tried_again_its_earlier_result_is_not_told(till):
    till.sold(GUIDE)
    with writing() as session:
        session.query(SalesBatch).one().status = "due"

    page = till.send(f"GET {SYNC}{batches()[0]}/")

    assert page.get_json()["statut"] == "en_attente"


def test_it_is_no_business_of_another_shop(till):
    location = till.post(GUIDE, prefer="respond-async").headers["Location"]
    other = Till(till.app, OTHERS_SERIAL)
    unknown = SYNC + "00000000-0000-4000-8000-000000000000/"

    for answer in (other.send(f"GET {location}"), till.send(f"GET {unknown}")):
        assert answer.status_code == 404
        assert answer.data.decode() == (
            '{"error": "Lot de ventes non trouvé", "code": "BATCH_NOT_FOUND"}'
        )


@pytest.mark.parametrize(
    "name", ["x", "%00", "é", "0" * 36, "A" * 36, "a" * 5000, "-1", "' OR 1=1"]
)
def test_what_is_no_batch_is_not_found(till, name):
    answer = till.send(f"GET {SYNC}{name}/")

    assert (answer.status_code, answer.get_json()["code"]) == (404, "BATCH_NOT_FOUND")


def batches():
    with writing() as session:
        return [row.uuid for row in session.query(SalesBatch).order_by(SalesBatch.id)]
