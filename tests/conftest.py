"""What every test may ask for: a fresh migrated store on both databases, real servers, no leaks.

A skip is a failure when ``CI`` is set: what is skipped is not proven.
"""

from __future__ import annotations

import gc
import logging
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool

import core.settings
from core import logs
from db import migrate, session
from tests import stages
from tests.art_site import template  # noqa: F401, a fixture
from tests.servers import WATCH, Database, PostgreSQL, Redis, memory

pytest_plugins = ["tests.described"]
CI = os.environ.get("CI", "").lower() not in {"", "0", "false"}
TEMPLATE = "moulin_template"
ONCE = """A test that never reaches its store runs once:
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)"""
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# A shell that starts us in the background ignores Ctrl-C for us and for all that we start,
# and some of that is there to be stopped by it.
signal.signal(signal.SIGINT, signal.default_int_handler)

sys.addaudithook(stages.watch)

# What is imported and collected stays, and is much: look through it more rarely.
gc.set_threshold(10_000, 20, 50)

# The programs that tests start, some six hundred, need not compile ours each time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Pytest's own setting for where the tests' directories are.
if place := memory():
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", place)


def raise_again(self: logging.Handler, record: logging.LogRecord) -> None:
    """Fail where a line cannot be written, instead of a traceback between other tests' dots."""
    raise  # noqa: PLE0704, called while the error is handled


logging.Handler.handleError = raise_again  # type: ignore[method-assign]  # for all tests

# How long an example takes says nothing on a busy machine; pytest-timeout catches what hangs.
hypothesis.settings.register_profile("moulin", deadline=None)
hypothesis.settings.load_profile("moulin")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """None of our settings comes from the developer's environment or ``.env``."""
    forget_settings(monkeypatch, tmp_path)
    # Whoever runs a sync in this process works under its id from then on.
    logs._correlation.set(None)
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    # Whoever sets up logging does it for all that come after, on a stream that is closed by then.
    root.handlers[:] = handlers
    root.setLevel(level)
    core.settings.reset()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database, on SQLite and again on PostgreSQL; for each of the
    two the same in all tests of a worker.
    """
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = template.with_name("test.db")
        # Removed first: whoever still has the last one open keeps that one.
        for old in template.parent.glob(f"{path.name}*"):
            old.unlink()
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
    else:
        database: Database = request.getfixturevalue("postgresql_database")
        yield database.empty()
        database.server.start()  # a fault test may have left it down


@pytest.fixture
def store(
    request: pytest.FixtureRequest,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    bare_environment: None,
) -> Iterator[core.settings.Settings]:
    """The product at work on ``database_url``, with a key to seal and a ``var/`` of its own."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("INVENTORY_ENCRYPTION_KEY", Fernet.generate_key().decode())
    core.settings.reset()
    with reached() as was_reached:
        yield core.settings.settings()
    is_server = database_url.startswith("postgresql")
    is_second = is_server and "processes" not in request.keywords
    assert was_reached() or not is_second, ONCE
    # The engine is kept for the next test, with the statements that it compiled and, where the
    # database stays the same, with its connections.
    kept = session._ENGINES.pop(database_url, None)
    session.dispose()
    if kept is not None:
        if not is_server:
            kept.dispose()
        session._ENGINES[database_url] = kept


@contextmanager
def reached() -> Iterator[Callable[[], bool]]:
    """Says whether any database was asked for inside the block: a new connection or a kept one."""
    connections: list[object] = []

    def note(*connecting: object) -> None:
        connections.append(connecting)

    event.listen(Engine, "do_connect", note)
    event.listen(Pool, "checkout", note)
    yield lambda: bool(connections)
    event.remove(Pool, "checkout", note)
    event.remove(Engine, "do_connect", note)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSQL]:
    """This worker's PostgreSQL; a test that stops it starts it again."""
    with PostgreSQL() as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """This worker's Redis, with what other tests left in it."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(redis_server: Redis) -> str:
    """The address of ``redis_server``."""
    return redis_server.url


@pytest.fixture
def empty_redis(redis_server: Redis) -> Iterator[Redis]:
    """``redis_server``, running and empty; a test may kill and freeze it."""
    redis_server.start()
    redis_server.empty()
    yield redis_server
    redis_server.start()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once, to copy."""
    path = tmp_path_factory.mktemp("template") / "moulin.db"
    bring_to_head(f"sqlite:///{path}", path.parent)
    return path


@pytest.fixture(scope="session")
def postgresql_database(
    postgresql_server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """This worker's migrated database, with what the last test left in it."""
    postgresql_server.create(TEMPLATE)
    bring_to_head(postgresql_server.url(TEMPLATE), tmp_path_factory.mktemp("template"))
    postgresql_server.execute(WATCH, database=TEMPLATE)
    with closing(Database(postgresql_server, TEMPLATE, migrate.head())) as database:
        yield database


def bring_to_head(url: str, directory: Path) -> None:
    """Migrate the database at ``url`` as the product does."""
    with pytest.MonkeyPatch.context() as patch:
        forget_settings(patch, directory)
        patch.setenv("DATABASE_URL", url)
        patch.setenv("VAR_DIR", str(directory))
        migrate.upgrade()
        session.dispose()
    core.settings.reset()


def forget_settings(patch: pytest.MonkeyPatch, directory: Path) -> None:
    """Take every setting of ours out of the environment, and ``.env`` out of sight."""
    ours = {name.upper() for name in core.settings.Settings.model_fields}
    for name in os.environ:
        if name.removesuffix("_FILE") in ours or name.startswith(
            ("SYNC_INTERVAL_", "SYNC_SCHEDULE_")
        ):
            patch.delenv(name)
    patch.setattr(core.settings, "ROOT", directory / "without-dotenv")
    core.settings.reset()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each test knows its stage, and the longest come first."""
    stages.arrange(items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Who starts a process is known."""
    stages.enter(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one."""
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI a skipped module is a failed one."""
    return refuse_skip((yield))


def refuse_skip(report: Report) -> Report:
    """The report, failed when it was skipped in CI (an expected failure is no skip)."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"A skip is a failure in CI: {report.longrepr}"
    return report
