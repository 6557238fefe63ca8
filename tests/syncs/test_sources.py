"""A source is declared once: nothing beside its declaration knows it by name."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import core.settings
from connectors.catalogue import BoliBana
from connectors.connector import Connector
from connectors.http.deadline import Timeouts
from core.errors import ConfigurationError, RefusedError
from syncs import connect, health
from syncs.registry import SOURCES, SYNCS, find_source
from syncs.source import Source

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ("api", "cli", "connectors", "core", "db", "syncs", "tasks", "worker")
EVERY = pytest.mark.parametrize("source", SOURCES.declared.values(), ids=SOURCES.declared)

REASONS = {
    ("syncs/sources/catalogue.py", "b2b"): "declares it",
    ("syncs/sources/template.py", "template"): "declares it",
    ("api/openapi/tags.py", "template"): "a group of operations",
    ("api/ops/template.py", "template"): "a blueprint",
    ("cli/demo/art_site.py", "template"): "a command",
}
"""Where a source's name may stand in the code, and what it names there."""

TOY = """
from dataclasses import replace
from syncs.sources import catalogue

SOURCE = replace(catalogue.SOURCE, name="toy", needs=("PUBLIC_URL",), advice="Give it.")
SYNCS = (replace(catalogue.CATEGORIES, name="toy.shelves", source=SOURCE, aliases=()),)
"""
LOOK = """
import sys
import syncs.sources
syncs.sources.__path__.append(sys.argv[1])
import beat_schedule
from cli.app import commands
from syncs.registry import SOURCES, SYNCS
from tasks.syncs import TASKS
print(*SOURCES)
print(*SYNCS)
print(*(name for name in TASKS if name.startswith("toy")))
print(*(name for name in beat_schedule.entries() if "toy" in name))
print(*(name for name in commands.commands["sync"].commands if name.startswith("toy")))
"""


def product() -> Iterator[tuple[str, ast.AST]]:
    """Every node of the product's code, with the file it stands in."""
    for path in sorted(
        [*ROOT.glob("*.py"), *(p for name in PRODUCT for p in (ROOT / name).rglob("*.py"))]
    ):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield path.relative_to(ROOT).as_posix(), node


def named(node: ast.AST | None) -> set[str]:
    """The sources that an expression names by a text."""
    found = ast.walk(node) if node is not None else ()
    texts = {each.value for each in found if isinstance(each, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and text in SOURCES.declared}


def test_nothing_is_decided_by_a_source_s_name():
    for path, node in product():
        if isinstance(node, ast.Compare | ast.MatchValue):
            assert not named(node), f"{path}:{node.lineno}"


def test_a_source_s_name_is_written_where_it_is_declared():
    places = {
        (path, name)
        for path, node in product()
        if isinstance(node, ast.Constant)
        for name in named(node)
    }

    assert places == REASONS.keys()


@EVERY
def test_a_source_stands_under_its_name_and_its_syncs_under_it(source):
    mine = [sync for sync in SYNCS.values() if sync.source.name == source.name]

    assert SOURCES[source.name] is find_source(source.name) is source
    assert mine
    assert all(sync.source is source for sync in mine)


@EVERY
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_source_s_connector_is_of_its_family(source, store, monkeypatch):
    monkeypatch.setenv("B2B_API_KEY", "k")
    monkeypatch.setenv("TEMPLATE_BASE_URL", "https://art.example")
    monkeypatch.setenv("TEMPLATE_API_KEY", "sk")
    core.settings.reset()
    with connect.to_source(source.name) as connector:
        assert isinstance(connector, Connector)
        assert type(connector).__module__.startswith(f"connectors.{source.family}.")


@EVERY
def test_what_is_watched_can_be_looked_at(source):
    assert source.checks is None or source.probe is not None
    assert (source in health.watched()) is (source.checks is not None)


def test_a_name_that_no_source_has_is_answered_with_the_known_ones():
    with pytest.raises(RefusedError, match="b2b, template"):
        connect.to_source("cheese")


def given(*needs: str) -> "Source[BoliBana]":
    """A source that needs these settings."""
    return Source(
        name="toy",
        family="catalogue",
        vendor="bolibana",
        connector=lambda timeouts: BoliBana.open(
            url="https://toy.example", key="k", timeouts=timeouts
        ),
        timeout=lambda: 40.0,
        needs=needs,
        advice="Give it an address.",
    )


@pytest.mark.parametrize(
    ("needs", "missing", "wanted"),
    [
        ((), (), True),
        (("PUBLIC_URL",), (), True),
        (("PUBLIC_URL", "B2B_API_KEY"), ("B2B_API_KEY",), True),
        (("B2B_API_KEY", "TEMPLATE_API_KEY"), ("B2B_API_KEY", "TEMPLATE_API_KEY"), False),
    ],
    ids=["nothing", "given", "half", "none"],
)
def test_a_source_knows_what_nobody_gave(monkeypatch, needs, missing, wanted):
    monkeypatch.setenv("PUBLIC_URL", "https://shop.example")
    core.settings.reset()
    source = given(*needs)

    assert (source.missing, source.is_wanted) == (missing, wanted)
    assert source.is_configured is not bool(missing)
    if missing:
        with pytest.raises(ConfigurationError, match="Give it an address"):
            source.open()
    else:
        source.open().close()


@pytest.mark.parametrize(
    ("seconds", "total", "lease"), [(1, 45, 60), (30, 45, 60), (40, 60, 80), (600, 900, 1200)]
)
def test_a_call_ends_before_the_lease_that_covers_it(seconds, total, lease):
    found = Timeouts.of(seconds)

    assert (found.read, found.total, found.lease) == (seconds, total, lease)
    assert Timeouts.once(seconds) == Timeouts(read=seconds, total=seconds, retries=0)


def test_a_call_and_a_run_s_lease_follow_the_source_s_own_timeout():
    source = given()

    assert source.timeouts == Timeouts.of(40)
    assert source.timeouts.lease == 80


@pytest.mark.processes
@pytest.mark.parametrize("wanted", [True, False], ids=["configured", "not configured"])
def test_a_source_is_added_by_one_module(tmp_path, wanted):
    # In a process of its own: what is declared is read once, when the registry is imported.
    (tmp_path / "toy.py").write_text(TOY, "utf-8")
    more = {"PUBLIC_URL": "https://shop.example"} if wanted else {}
    told = subprocess.run(
        [sys.executable, "-c", LOOK, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, **more, "MOULIN_DOTENV": "", "VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert told[0] == " ".join([*SOURCES, "toy"])
    assert told[1] == " ".join([*SYNCS, "toy.shelves"])
    assert told[2] == "toy.shelves"
    assert told[3] == ("sync.toy.shelves" if wanted else "")
    assert told[4] == "toy.shelves"
