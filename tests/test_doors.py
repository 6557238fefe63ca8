"""What operators see and do is written once, under the doors."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOORS = ("api/ops", "api/console", "cli/commands")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Each call in a file with the name it is called by, as in ``audit.note``."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize("path", modules(*DOORS), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_door_opens_no_transaction_and_keeps_no_audit(path):
    names = {name for name, _ in calls(path)}

    assert not {"writing", "session.writing", "audit.note", "note"} & names
    assert "db.access.audit" not in path.read_text("utf-8")
