"""A new source is four files: its syncs are carried out, shown, replayed and documented."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.processes.toys import CONNECTOR, MIGRATION, SOURCE, TABLES, Maker, order, serving

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "cli", "connectors", "core", "db", "syncs", "tasks", "worker")


class House:
    """A copy of the product with the four files, and a store of its own."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        self.url = url

    def manage(self, *words: str) -> Any:
        done = self.run("manage.py", *words, "--json")
        return json.loads(done) if done.strip() else None

    def run(self, *argv: str) -> str:
        done = subprocess.run(
            [sys.executable, *argv],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "MOULIN_DOTENV": "", "TOYS_URL": self.url},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, 3}, done.stderr
        return done.stdout

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.home / "var" / "moulin.db")) as store:
            found = store.execute(statement).fetchall()
            store.commit()
        return found


@pytest.fixture
def maker() -> Maker:
    return Maker()


@pytest.fixture
def house(tmp_path: Path, maker: Maker) -> Iterator[House]:
    home = tmp_path / "house"
    home.mkdir()
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, home / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for path in [*ROOT.glob("*.py"), ROOT / "pyproject.toml"]:
        shutil.copy(path, home)
    versions = home / "db" / "migrations" / "versions"
    head = max(path.name for path in versions.glob("*.py")).partition("_")[0]
    new = {
        home / "connectors" / "toys.py": CONNECTOR,
        home / "db" / "toys.py": TABLES,
        versions / "9999_toys.py": MIGRATION.replace("{head}", head),
        home / "syncs" / "sources" / "toys.py": SOURCE,
    }
    for path, text in new.items():
        assert not path.exists()
        path.write_text(text.lstrip(), "utf-8")
    with serving(maker) as url:
        house = House(home, url)
        house.run("manage.py", "migrate")
        yield house


def test_four_files_are_a_source(house, maker):
    house.rows(
        "CREATE TRIGGER forbidden BEFORE INSERT ON toy_lines WHEN NEW.toy = 'Interdit' "
        "BEGIN SELECT RAISE(ABORT, 'not for sale'); END"
    )

    # Synced, by its own command, page by page; one record is refused and stops no other.
    first = house.manage("sync_toys")
    assert (first["created"], first["errors"], first["status"]) == (2, 1, "partial")
    assert house.rows("SELECT external_id, total FROM toy_orders ORDER BY id") == [
        ("1", 125_000), ("2", 30_000),
    ]  # fmt: skip
    assert house.rows("SELECT order_id, position, toy, quantity FROM toy_lines ORDER BY id") == [
        (1, 1, "Toupie", 2), (1, 2, "Cerf-volant", 1), (2, 1, "Bille", 30),
    ]  # fmt: skip

    # Shown.
    [shown] = [one for one in house.manage("status")["syncs"] if one["sync"] == "toys.orders"]
    assert shown["state"] == "partial"
    [refused] = house.manage("rejects", "list", "--sync", "toys.orders")
    assert (refused["external_id"], refused["code"]) == ("3", "REFUSED_BY_DATABASE")

    # Replayed from what was received; the source is not asked.
    house.rows("DROP TRIGGER forbidden")
    asked = maker.asked
    house.manage("rejects", "replay", str(refused["id"]))
    assert maker.asked == asked
    assert house.rows("SELECT toy FROM toy_lines WHERE order_id = 3") == [("Interdit",)]

    # A change is written with its lines, what is unchanged is not.
    maker.orders[0] = order(1, "6.25", ("Toupie", 1))
    again = house.manage("sync_toys")
    assert (again["updated"], again["unchanged"], again["status"]) == (1, 2, "succeeded")
    assert house.rows("SELECT toy, quantity FROM toy_lines WHERE order_id = 1") == [("Toupie", 1)]

    # Documented: its operations, its command.
    document = json.loads(
        house.run(
            "-c",
            "import api, json; from api.openapi.document import document; "
            "print(json.dumps(document(api.create_app())))",
        )
    )
    [name, *_] = document["paths"]["/api/ops/syncs/{name}/run"]["post"]["parameters"]
    assert "toys.orders" in name["schema"]["enum"]
    assert "Orders from the toy maker" in house.run("manage.py", "sync_toys", "--help")
