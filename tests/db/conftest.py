"""A shop and its till."""

from __future__ import annotations

import pytest

from db.catalogue import shops
from db.session import writing
from db.tills import terminals
from tests.db.till import SERIAL


@pytest.fixture
def shop_id(store) -> int:
    with writing() as session:
        return shops.add(session, name="Ma Boutique", currency="CDF", timezone="Africa/Kinshasa").id


@pytest.fixture
def till_id(shop_id) -> int:
    with writing() as session:
        return terminals.add(session, shop_id=shop_id, serial=SERIAL, name="Caisse 1").id
