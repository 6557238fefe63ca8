"""The list of all claimed work: none is missing, none is rung for in vain, sales come first."""

from __future__ import annotations

import worker
from core import settings
from db.models import Base, SalesBatch
from db.models.work import Work
from syncs.due.kinds import KINDS, ROWS, rows_of


def test_every_table_of_work_is_in_the_list_once():
    tables = [mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Work)]

    assert sorted(kind.table.__name__ for kind in KINDS) == sorted(
        table.__name__ for table in tables
    )


def test_every_kind_has_a_task_that_does_it(monkeypatch):
    # An address is enough: nothing is sent here.
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1/0")
    settings.reset()
    worker.app.loader.import_default_modules()

    for kind in ROWS:
        assert kind.task in worker.app.tasks
        assert rows_of(kind.task) is kind
    assert rows_of("upkeep.forget") is None


def test_a_till_that_waits_comes_first():
    assert KINDS[0].table is SalesBatch
