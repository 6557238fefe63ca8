"""An act on thousands of rows survives the web process that took it and the worker at it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import requests
from sqlalchemy import func, select

from db.access import audit, operators
from db.models import Product, StockMovement, SyncRun
from db.session import reading, writing
from db.work import rejects
from db.work.rejects import Refusal
from tests.faults.stage import Stage, tell
from tests.servers import until
from tests.syncs.acts import made
from tests.syncs.acts.made import CODES, act, cause, counts, fail

RECORDS = 600
TASKS = ("-c", "1", "-Q", "upkeep")
LEASE = 30


def refuse() -> None:
    """Records that were refused, and that would be taken now."""
    with writing() as session:
        rejects.keep(session, "b2b.products", None, [
            Refusal(
                external_id=str(ident), code="MISSING_FIELD", field="price", message="is missing",
                payload={"id": ident, "name": f"Rice {ident}", "price": "2.50", "stock": 3},
            )
            for ident in range(1, RECORDS + 1)
        ])  # fmt: skip


def order(url: str, token: str, path: str, which: dict[str, str]) -> int:
    """The id of an act that was asked for."""
    answer = requests.post(
        f"{url}/api/ops/{path}", json={"filter": which, "why": "the key was renewed"},
        headers={"Authorization": f"Bearer {token}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 202, answer.text
    tell(path, f"{answer.elapsed.total_seconds():.3f} s")
    return int(answer.json()["id"])


def ended(acts: Sequence[int]) -> bool:
    return all(act(ident).status == "done" for ident in acts)


def total(model: type[Product | StockMovement | SyncRun]) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.timeout(200)
def test_acts_survive_web_and_worker_and_each_row_is_changed_once(stage: Stage):
    with writing() as session:
        _, token = operators.add(session, name="awa", role="operator")
    run_id = made.run()
    for count, code in zip((3334, 3333, 3333), CODES, strict=True):
        fail(count, code, run_id=run_id)
    refuse()
    web = stage.web()

    retry = order(web.url, token, "failures/retry", {"fingerprint": cause(CODES[0])})
    replay = order(web.url, token, "rejects/replay", {"code": "MISSING_FIELD"})
    # At once: nobody has been rung for, or he who was does not live.
    web.process.kill()
    worker = stage.worker(*TASKS)
    until(lambda: act(replay).done > 20, what="slices", why_not=lambda: worker.output, patience=60)
    worker.kill()
    caught = act(replay)
    assert (caught.status, caught.left > 0) == ("running", True)
    tell(f"killed at {caught.done} of {RECORDS}")
    worker.start()
    until(
        lambda: ended([retry, replay]), what="the ends", why_not=lambda: worker.output,
        patience=LEASE + 60,
    )  # fmt: skip

    assert counts(retry) == (3334, 3334, 0, 0, 0)
    assert made.states(CODES[0]) == {"retried": 3334}
    assert made.states(CODES[1]) == made.states(CODES[2]) == {"open": 3333}
    assert total(SyncRun) == 2
    assert counts(replay) == (RECORDS, RECORDS, 0, 0, 0)
    assert total(Product) == total(StockMovement) == RECORDS
    with reading() as session:
        ends = [event.subject for event in audit.recent(session) if event.what == "act.end"]
    assert sorted(ends) == [f"act {retry}", f"act {replay}"]
