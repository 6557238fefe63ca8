"""Redis is a doorbell: without it sales are taken in as before, and worked off when it is back."""

from __future__ import annotations

import threading
import time

import pytest
import redis
import requests
from sqlalchemy import select

from db.models import SalesBatch
from db.session import reading
from tests.faults import shopfloor
from tests.faults.checker import examine
from tests.faults.generator import Habits, Miss, Sent, SentSale, Tills, post
from tests.faults.stage import SECONDS, tell
from tests.servers import until

AWAY = SECONDS or 15
STEADY = Habits(prefer=("respond-async", "wait=20", ""), pace=(0.5, 1.5), hurried=0)
"""Four batches a second, far more than people could sell."""


@pytest.mark.timeout(2 * AWAY + 120)
def test_without_redis_every_post_is_answered_202_and_worked_off_when_it_is_back(
    stage, empty_redis, seed
):
    floor, (web, _) = shopfloor.furnish(), stage.pair()
    empty_redis.kill()
    with Tills(floor, web.url, seed=seed, habits=STEADY) as tills:
        time.sleep(AWAY)
    waiting = len(shopfloor.unfinished())
    empty_redis.start()
    back = time.monotonic()
    shopfloor.drain(patience=15)

    verdict = examine(floor, tills.sent)
    tell(tills, f"{waiting} worked off in {time.monotonic() - back:.1f} s", verdict)
    assert verdict.clean, verdict
    assert tills.misses == []
    assert waiting >= tills.accepted()
    assert max(tills.seconds) < 3


@pytest.mark.timeout(2 * AWAY + 120)
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_frozen_redis_holds_no_till_up(stage, empty_redis, seed):
    floor, (web, _) = shopfloor.furnish(), stage.pair()
    empty_redis.freeze()
    with Tills(floor, web.url, seed=seed, habits=STEADY) as tills:
        time.sleep(AWAY / 3)
    empty_redis.thaw()
    shopfloor.drain(patience=30)

    tell(tills)
    assert examine(floor, tills.sent).clean
    assert tills.misses == []
    assert max(tills.seconds) < 3


def test_the_web_process_dies_between_commit_and_bell(stage, empty_redis):
    """Redis is frozen meanwhile, so that no bell has rung: only the row says that there is work."""
    floor, (web, _) = shopfloor.furnish(), stage.pair()
    counter = floor.counters[0]
    sales = [SentSale(f"CUT-{number}", [(counter.articles[0], 1)]) for number in (1, 2)]
    sent = Sent(counter, sales)
    broken: list[Miss] = []

    def ask() -> None:
        try:
            post(web.url, sent, prefer="wait=30")
        except requests.ConnectionError as error:
            broken.append(Miss(0, 0, None, repr(error)))

    empty_redis.freeze()
    asking = threading.Thread(target=ask)
    asking.start()
    until(lambda: len(shopfloor.unfinished()) == 1, what="committed batch")
    web.process.kill()
    asking.join()
    empty_redis.thaw()

    assert len(broken) == 1, "an answer came"
    with redis.Redis.from_url(empty_redis.url) as client:
        assert client.llen("moulin:sales") == 0
    with reading() as session:
        assert session.scalars(select(SalesBatch.status)).all() == ["due"]
    shopfloor.drain(patience=20)
    web.process.start()
    web.wait()
    again = post(web.url, sent, prefer="wait=10")
    told = again.json()
    assert again.status_code == 201
    assert told["statistiques"] == {"total_envoyees": 2, "reussies": 0, "erreurs": 2}
    assert [item["code"] for item in told["ventes_erreurs"]] == ["DOUBLON"] * 2
    assert [
        (sold["numero_facture"], sold["deja_enregistree"]) for sold in told["ventes_creees"]
    ] == [("CUT-1", True), ("CUT-2", True)]
    sent.accepted = True
    verdict = examine(floor, [sent])
    assert verdict.clean, verdict
    assert verdict.sold == 2
