"""What a vendor of tills keeps, as far as one recorded page can show it."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import ClassVar

import pytest

from connectors.families import PointOfSale
from tests.contracts.pos.refusals import Refusals
from tests.contracts.recording import recorded


class Recorded(Refusals):
    """The part of the suite for ``connector``, at the page ``<vendor>.json`` beside the module."""

    connector: ClassVar[type[PointOfSale]]

    @pytest.fixture
    def account(self):
        page = Path(inspect.getfile(type(self))).with_name(f"{self.connector.vendor}.json")
        with recorded(self.connector, page) as account:
            yield account
