"""Rows as runs, tills and workers leave them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from db import bulk
from db.models import AuditEvent, ExternalProduct, Product, StockMovement, SyncRun
from db.session import reading, writing
from db.work import failures, rejects, runs, states
from db.work.rejects import Refusal
from syncs.running.progress import Progress

ATTEMPT = {
    "at": "2026-03-01T10:00:00+00:00",
    "type": "APIError",
    "code": "HTTP_500",
    "message": "The source answered 500.",
    "traceback": "Traceback (most recent call last): …",
    "task_id": "11111111-1111-1111-1111-111111111111",
}


def now() -> datetime:
    with reading() as session:
        return bulk.now(session)


def product(external_id: str | None = "100", *, stock: int = 5, **values: Any) -> int:
    """A product with its opening movement and, unless told otherwise, a link; its id."""
    with writing() as session:
        made = Product(
            **{"title": "Rice", "price": Decimal("12500.00"), "sku": "R-1", "stock": stock} | values
        )
        session.add(made)
        session.flush()
        session.add(
            StockMovement(product_id=made.id, delta=stock, stock_after=stock, kind="opening")
        )
        if external_id is not None:
            link = ExternalProduct(
                external_id=external_id, source="b2b", product_id=made.id, external_sku="R-1",
                upstream_title="Rice 5 kg", upstream_price=Decimal(13000), upstream_stock=8,
                payload_hash="0" * 32, last_synced_at=bulk.now(session), seen_run=1,
            )  # fmt: skip
            session.add(link)
        return made.id


def link(product_id: int) -> ExternalProduct:
    with reading() as session:
        query = select(ExternalProduct).where(ExternalProduct.product_id == product_id)
        return session.scalars(query).one()


def run(sync: str = "b2b.products", status: str = "succeeded", **columns: Any) -> int:
    """A run that began two minutes ago and, unless it is active, ended one minute ago; its id."""
    at = now()
    values: dict[str, Any] = {"started_at": at - timedelta(minutes=2), "options": {}}
    if status not in ("due", "running"):
        values["finished_at"] = at - timedelta(minutes=1)
        values["checkpoint"] = {"phase": "done"}
        values["counts"] = Progress(fetched=12, created=3, unchanged=9).columns()["counts"]
    with writing() as session:
        made = SyncRun(sync=sync, trigger="cli", status=status, **values | columns)
        session.add(made)
        session.flush()
        return made.id


def state(sync: str = "b2b.products", **columns: Any) -> None:
    with writing() as session:
        row = states.locked(session, sync)
        for name, value in columns.items():
            setattr(row, name, value)


def failure(task: str = "sync.b2b.products", **values: Any) -> int:
    """A failed task with one attempt; its id."""
    with writing() as session:
        return failures.record(
            session,
            **{
                "task": task, "task_id": ATTEMPT["task_id"], "args": [], "kwargs": {},
                "queue": "sync", "attempts": [ATTEMPT],
            } | values,
        )  # fmt: skip


def failed_run(**values: Any) -> tuple[int, int]:
    """A run of the products that failed, and its failure: their ids."""
    run_id = run(status="failed", **values)
    return run_id, failure(args=[run_id], run_id=run_id)


def reject(payload: object, external_id: str | None = "7", code: str = "INVALID_FIELD") -> int:
    """An open reject of the products; its id."""
    refusal = Refusal(
        external_id=external_id, code=code, field="price", message="price: is missing.",
        payload=payload,
    )  # fmt: skip
    with writing() as session:
        rejects.keep(session, "b2b.products", None, [refusal])
        return rejects.recent(session, limit=1)[0].id


def read_run(run_id: int) -> SyncRun:
    with reading() as session:
        return runs.find(session, run_id)


def read_product(product_id: int) -> Product:
    with reading() as session:
        return session.get_one(Product, product_id)


def audited() -> list[tuple[str, str, str | None]]:
    """What the audit says, oldest first: what, subject, why."""
    with reading() as session:
        events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert all(event.who.startswith("cli:") and event.correlation_id for event in events)
    return [(event.what, event.subject, event.why) for event in events]
