"""A worker that has the vendor of the toys among its sources."""

from __future__ import annotations

import os

from tests import toy
from worker import app

__all__ = ["app"]

toy.SOURCES["toy"] = toy.source(toy.KeyedToy, os.environ["TOY_URL"])
