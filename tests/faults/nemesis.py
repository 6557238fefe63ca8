"""Whoever wishes us ill: kills, freezes and empties in a random order that a seed fixes."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field

import psutil
import psycopg
from sqlalchemy.exc import OperationalError

from tests.faults import shopfloor
from tests.faults.stage import Process, Stage, Web
from tests.servers import PostgreSQL, Redis

MID_TRANSACTION = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND xact_start IS NOT NULL AND datname LIKE 'moulin_%'"
)
SLACK = 1.0
"""Seconds a server that answers us may need until it answers everybody."""
Windows = list[tuple[float, float]]


@dataclass(frozen=True)
class Cast:
    """The processes of a shop chain, and its servers; ``postgresql`` None on SQLite."""

    web: Web
    sales: Process
    sync: Process
    redis: Redis
    postgresql: PostgreSQL | None = None

    @property
    def processes(self) -> tuple[Process, ...]:
        """Ours."""
        return self.web.process, self.sales, self.sync


def raise_curtain(
    stage: Stage, redis: Redis, postgresql: PostgreSQL | None, *, sweeper: bool
) -> Cast:
    """All processes as the Procfile starts them, ready; no till has to wait for more than 2 s."""
    extra = {"REMAP_SIGTERM": "SIGQUIT"}
    extra |= {} if sweeper else {"celery": "tests.faults.without_sweeper"}
    sales = stage.start_worker("-n", "main@%h", "-Q", "sales,outbox,upkeep", **extra)
    sync = stage.start_worker("-n", "sync@%h", "-Q", "sync", **extra)
    web = stage.web(SALES_WAIT_SECONDS="2")
    sales.says("ready.")
    sync.says("ready.")
    return Cast(web, sales, sync, redis, postgresql)


@dataclass
class Nemesis:
    """Each act hurts one thing and lets it come back, as a supervisor or a machine would."""

    cast: Cast
    random: random.Random
    done: list[str] = field(default_factory=list)
    web_away: Windows = field(default_factory=list)
    store_away: Windows = field(default_factory=list)

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        """By name; the store can be restarted only where it is a server."""
        found = {
            "child": self.child,
            "worker": self.worker,
            "sweeper": self.sweeper,
            "web": self.web,
            "redis": self.redis,
            "leases": self.leases,
        }
        return found if self.cast.postgresql is None else found | {"store": self.store}

    def rage(self, seconds: float, *, pause: tuple[float, float] = (0.2, 2.0)) -> None:
        """Acts in random order for ``seconds``, and each of them once at least."""
        end = time.monotonic() + seconds
        first = True
        while first or time.monotonic() < end:
            for name in self.random.sample(sorted(self.acts), len(self.acts)):
                if not first and time.monotonic() >= end:
                    break
                self.act(name)
                time.sleep(self.random.uniform(*pause))
            first = False
        time.sleep(max(0.0, end - time.monotonic()))

    def act(self, *names: str) -> None:
        """These, one after the other."""
        for name in names:
            self.done.append(name)
            self.acts[name]()

    def child(self) -> None:
        """``kill -9`` of a pool's child."""
        children = self.cast.sales.children() or self.cast.sync.children()
        if children:
            with suppress(psutil.NoSuchProcess):
                self.random.choice(children).kill()

    def worker(self) -> None:
        """``kill -9`` of the worker of sales, its children with it."""
        self.cast.sales.replace()

    def sweeper(self) -> None:
        """``kill -9`` of a worker's main process, where its sweeper lives; its children go on for a
        moment without it.
        """
        victim = self.random.choice([self.cast.sync, self.cast.sales])
        victim.kill_alone()
        time.sleep(self.random.uniform(0, 0.3))
        victim.replace()

    def web(self) -> None:
        """``kill -9`` of the web process."""
        with self.away_web():
            self.cast.web.process.replace()
            self.cast.web.wait()

    def redis(self) -> None:
        """``kill -9`` of Redis, which comes back with nothing."""
        self.cast.redis.kill()
        time.sleep(self.random.uniform(0, 2))
        self.cast.redis.start()

    def store(self) -> None:
        """PostgreSQL ends in the middle of somebody's transaction, without a goodbye."""
        server = self.cast.postgresql
        assert server is not None
        _wait_for_transaction(server)
        with self._away(self.store_away):
            server.restart(immediate=True)

    def leases(self) -> None:
        """A minute passes at once: who works on a batch is a zombie now."""
        with suppress(OperationalError):
            shopfloor.expire_leases()

    def away_web(self) -> AbstractContextManager[None]:
        """Inside it, connections may break."""
        return self._away(self.web_away)

    @contextmanager
    def _away(self, windows: Windows) -> Iterator[None]:
        begin = time.monotonic()
        # Open from now on, so that who looks meanwhile sees it.
        windows.append((begin, float("inf")))
        yield
        windows[-1] = begin, time.monotonic() + SLACK


def restart_softly(processes: Sequence[Process], *, patience: float = 40.0) -> None:
    """As a deployment does: SIGTERM, wait until it has gone by itself, start the next one."""
    for process in processes:
        process.process.send_signal(signal.SIGTERM)
        process.process.wait(patience)
        process.replace()


def _wait_for_transaction(server: PostgreSQL) -> None:
    """Return when somebody is in the middle of one, or after a second."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline:
            found = connection.execute(MID_TRANSACTION).fetchone()
            if found is not None and found[0]:
                return
