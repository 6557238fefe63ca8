"""A batch of sales that waits for a person, as a worker leaves it that died again and again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from core.errors import MoulinError
from db.models import FailedTask, SalesBatch
from db.session import reading, writing
from syncs.sales.process import process
from syncs.trying import MOST_FAILURES
from tests.syncs.sales.conftest import Till


def give_up(till: Till, *sales: Any) -> tuple[int, int]:
    """The batch and its failure: their ids."""
    batch_id = till.receive(*sales).batch_id
    return batch_id, give_up_again(batch_id)


def give_up_again(batch_id: int) -> int:
    """It fails for good; the id of the failure."""
    with writing() as session:
        session.get_one(SalesBatch, batch_id).failures = MOST_FAILURES
    with pytest.raises(MoulinError, match="died without saying why"):
        process(batch_id)
    with reading() as session:
        return session.scalars(select(func.max(FailedTask.id))).one()


def status_of(batch_id: int) -> str:
    with reading() as session:
        return session.get_one(SalesBatch, batch_id).status
