"""How each answer that an operation describes itself is brought about."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from typing import Any

import pytest
from werkzeug.test import TestResponse

import core.settings
from core.errors import SyncError
from db.models import Reject, SyncRun
from db.session import writing
from db.work import failures, rejects, runs, states
from db.work.rejects import Refusal
from sandbox import template as site
from syncs import engine
from syncs.registry import find
from tests import sold
from tests.api import page_recipes
from tests.servers import free_port

Ask = Callable[..., TestResponse]

PRODUCTS = "b2b.products"
RUN = f"POST /api/ops/syncs/{PRODUCTS}/run"
RETRY = "POST /api/ops/failures/retry"
REPLAY = "POST /api/ops/rejects/replay"
ALL: dict[str, Any] = {"filter": {}}
WHY = {"why": "so it is"}
RICE = {"id": 1, "name": "Rice", "price": "2.50", "stock": 3}


def run(status: str = "succeeded") -> int:
    counts = {"rejected": 0, "deleted": 0}
    with writing() as session:
        row = SyncRun(sync=PRODUCTS, options={}, trigger="cli", status=status, counts=counts)
        session.add(row)
        session.flush()
        return row.id


def failure(*, of_sync: bool = True) -> int:
    run_id = run("failed") if of_sync else None
    attempts = [{"type": "FatalError", "code": "FATAL", "message": "It broke."}]
    with writing() as session:
        return failures.record(
            session, task=f"sync.{PRODUCTS}" if of_sync else "upkeep.forget", task_id="t", args=[],
            kwargs={}, queue="sync", attempts=attempts, run_id=run_id,
        )  # fmt: skip


def reject(payload: dict[str, Any]) -> int:
    refusal = Refusal(
        external_id="1", code="MISSING", field="name", message="is missing", payload=payload
    )
    with writing() as session:
        rejects.keep(session, PRODUCTS, None, [refusal])
        return max(ident for (ident,) in session.query(Reject.id))


def while_paused(ask: Ask) -> TestResponse:
    with writing() as session:
        states.pause(session, PRODUCTS, paused=True)
    return ask(RUN)


def twice(ask: Ask, what: str, **options: Any) -> TestResponse:
    ask(what, **options)
    return ask(what, **options)


def behind_a_canary(ask: Ask) -> TestResponse:
    failure()
    ask(RETRY, json={**ALL, "canary": 1})
    failure(of_sync=False)
    return ask(RETRY, json=ALL)


def after(_: object, ask: Ask) -> Ask:
    """``ask``, once something is in the store."""
    return ask


@contextmanager
def away() -> Iterator[None]:
    """The store is at an address where nobody answers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"postgresql://u:p@127.0.0.1:{free_port()}/moulin")
        core.settings.reset()
        yield
    core.settings.reset()


def while_away(ask: Ask, what: str) -> TestResponse:
    with away():
        return ask(what, role=None)


TEMPLATE = "POST /admin/api/sync-template"


@contextmanager
def art_site() -> Iterator[site.Template]:
    """A small one, which the settings name."""
    with site.serve(paintings=3, orders=2, users=2, custom_requests=1) as source:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("TEMPLATE_BASE_URL", source.url)
            patch.setenv("TEMPLATE_API_KEY", source.key)
            core.settings.reset()
            yield source
        core.settings.reset()


@contextmanager
def working() -> Iterator[None]:
    """A worker, as far as syncs are concerned: a thread that runs what is due."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            with writing() as session:
                due = runs.to_ring(session, quiet=0)
            for run_id, name in due:
                with suppress(SyncError):
                    engine.execute(find(name), run_id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def with_art_site(ask: Ask, what: str, *, key: str | None = None, work: bool = False) -> Any:
    with art_site() as source, working() if work else nullcontext():
        source.key = key or source.key
        return ask(what)


RECIPES: dict[tuple[str, int], Callable[[Ask], TestResponse]] = {
    ("home_home", 200): lambda ask: ask("GET /"),
    ("process_live", 200): lambda ask: ask("GET /livez"),
    ("process_ready", 200): lambda ask: ask("GET /readyz"),
    ("process_health", 200): lambda ask: ask("GET /healthz"),
    ("process_ready", 503): lambda ask: while_away(ask, "GET /readyz"),
    ("process_health", 503): lambda ask: while_away(ask, "GET /healthz"),
    ("metrics_metrics", 200): lambda ask: ask("GET /metrics"),
    ("docs_openapi", 200): lambda ask: ask("GET /openapi.json"),
    ("docs_docs", 200): lambda ask: ask("GET /docs"),
    ("ops_syncs_index", 200): lambda ask: ask("GET /api/ops/syncs"),
    ("ops_syncs_run", 200): while_paused,
    ("ops_syncs_run", 202): lambda ask: ask(RUN, json={"force": True}),
    ("ops_syncs_run", 409): lambda ask: ask("POST /api/ops/syncs/template.users/run"),
    ("template_sync_template", 200): lambda ask: with_art_site(
        ask, f"{TEMPLATE}?wait=1", work=True
    ),
    ("template_sync_template", 202): lambda ask: with_art_site(ask, TEMPLATE),
    ("template_sync_template", 409): lambda ask: ask(TEMPLATE),
    ("template_sync_template", 502): lambda ask: with_art_site(
        ask, f"{TEMPLATE}?wait=1", key="sk_other", work=True
    ),
    ("template_health", 200): lambda ask: with_art_site(ask, "GET /admin/api/template-health"),
    ("template_health", 409): lambda ask: ask("GET /admin/api/template-health"),
    ("ops_syncs_pause", 200): lambda ask: ask(f"POST /api/ops/syncs/{PRODUCTS}/pause"),
    ("ops_syncs_resume", 200): lambda ask: ask(f"POST /api/ops/syncs/{PRODUCTS}/resume"),
    ("ops_runs_index", 200): lambda ask: after(run(), ask)("GET /api/ops/runs"),
    ("ops_runs_show", 200): lambda ask: ask(f"GET /api/ops/runs/{run()}"),
    ("ops_runs_cancel", 200): lambda ask: ask(f"POST /api/ops/runs/{run('due')}/cancel"),
    ("ops_runs_cancel", 202): lambda ask: ask(f"POST /api/ops/runs/{run('running')}/cancel"),
    ("ops_runs_cancel", 409): lambda ask: ask(f"POST /api/ops/runs/{run()}/cancel"),
    ("ops_runs_approve", 200): lambda ask: ask(
        f"POST /api/ops/runs/{run('needs_approval')}/approve", json=WHY
    ),
    ("ops_runs_approve", 409): lambda ask: ask(f"POST /api/ops/runs/{run()}/approve"),
    ("ops_failures_index", 200): lambda ask: after(failure(), ask)("GET /api/ops/failures"),
    ("ops_failures_show", 200): lambda ask: ask(f"GET /api/ops/failures/{failure()}"),
    ("ops_failures_retry", 202): lambda ask: ask(f"POST /api/ops/failures/{failure()}/retry"),
    ("ops_failures_retry", 409): lambda ask: twice(
        ask, f"POST /api/ops/failures/{failure()}/retry"
    ),
    ("ops_failures_retry", 503): lambda ask: ask(
        f"POST /api/ops/failures/{failure(of_sync=False)}/retry"
    ),
    ("ops_failures_dismiss", 200): lambda ask: ask(
        f"POST /api/ops/failures/{failure()}/dismiss", json=WHY
    ),
    ("ops_failures_dismiss", 409): lambda ask: twice(
        ask, f"POST /api/ops/failures/{failure()}/dismiss", json=WHY
    ),
    ("ops_failures_retry_many", 200): lambda ask: ask(RETRY, json={**ALL, "dry_run": True}),
    ("ops_failures_retry_many", 202): lambda ask: after(failure(), ask)(RETRY, json=ALL),
    ("ops_failures_retry_many", 409): behind_a_canary,
    ("ops_rejects_index", 200): lambda ask: after(reject(RICE), ask)("GET /api/ops/rejects"),
    ("ops_rejects_show", 200): lambda ask: ask(f"GET /api/ops/rejects/{reject(RICE)}"),
    ("ops_rejects_replay_one", 200): lambda ask: ask(
        f"POST /api/ops/rejects/{reject(RICE)}/replay"
    ),
    ("ops_rejects_replay_one", 409): lambda ask: ask(
        f"POST /api/ops/rejects/{reject({'id': 1})}/replay"
    ),
    ("ops_rejects_discard", 200): lambda ask: ask(
        f"POST /api/ops/rejects/{reject(RICE)}/discard", json=WHY
    ),
    ("ops_rejects_discard", 409): lambda ask: twice(
        ask, f"POST /api/ops/rejects/{reject(RICE)}/discard", json=WHY
    ),
    ("ops_rejects_replay_many", 200): lambda ask: after(reject({"id": 1}), ask)(REPLAY, json=ALL),
    ("ops_batches_index", 200): lambda ask: after(sold.shop(), ask)("GET /api/ops/batches"),
    ("ops_batches_show", 200): lambda ask: after(sold.shop(), ask)("GET /api/ops/batches/1"),
    ("inventory_synced_products", 200): lambda ask: ask("GET /api/inventory/products/synced/"),
    ("inventory_synced_categories", 200): lambda ask: ask("GET /api/inventory/categories/synced/"),
    ("inventory_summary_index", 200): lambda ask: ask("GET /inventory/api/status/"),
    ("inventory_summary_index", 401): lambda ask: ask(
        "GET /inventory/api/status/", role=None, headers={"Authorization": "Bearer mln_no"}
    ),
    **{
        (f"inventory_doors_{endpoint}{kind}", status): partial(recipe, f"/inventory/sync/{kind}/")
        for kind in ("products", "categories")
        for (endpoint, status), recipe in {
            ("", 200): lambda path, ask: ask(f"GET {path}"),
            ("sync_", 200): lambda path, ask: twice(ask, f"POST {path}"),
            ("sync_", 202): lambda path, ask: ask(f"POST {path}?force=1"),
        }.items()
    },
    ("ops_audit_index", 200): lambda ask: after(while_paused(ask), ask)("GET /api/ops/audit"),
    **page_recipes.ALL,
}
"""By operation and status. What follows from a role, a path or a body has no recipe of its own."""
