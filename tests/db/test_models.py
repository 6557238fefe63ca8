"""Tables that nobody lists."""

import sys
from pathlib import Path

import pytest

import db
from db import models


def test_a_module_that_a_source_brought_is_loaded_with_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "brought.py").write_text("HERE = True\n")
    monkeypatch.setattr(db, "__path__", [*db.__path__, str(tmp_path)])
    monkeypatch.delitem(sys.modules, "db.brought", raising=False)

    models.load()

    assert sys.modules["db.brought"].HERE
    monkeypatch.delattr(db, "brought")
