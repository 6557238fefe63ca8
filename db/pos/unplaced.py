"""Tickets that are kept without a shop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import PosTransaction


def locations(session: Session) -> Mapping[str, set[str]]:
    """By source, the locations with tickets in no shop of ours."""
    query = select(PosTransaction.source, PosTransaction.location).distinct()
    found = defaultdict[str, set[str]](set)
    for source, location in session.execute(query.where(PosTransaction.shop_id.is_(None))):
        found[source].add(location)
    return found
