"""One refresh over all processes, and a connection that survives whoever is killed in it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Timer

import pytest

from connectors.errors import ReauthorizeError
from connectors.tokens import FileTokens, TokenStore
from sandbox import oauth
from syncs.tokens import StoredTokens
from tests.connectors.granting import NAME, asking, authorised, credentials

ROOT = Path(__file__).parents[2]
KILLS = 20

Order = Callable[..., str]


@pytest.fixture
def vendor() -> Iterator[oauth.Vendor]:
    with oauth.serve() as served:
        yield served


@contextmanager
def process(vendor: oauth.Vendor, given: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.processes.oauth_client", vendor.url, given],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as started:  # fmt: skip
        assert read(started) == "ready"
        yield started
        assert started.stdin is not None
        started.stdin.close()


def order(started: subprocess.Popen[str], line: str) -> None:
    assert started.stdin is not None
    started.stdin.write(f"{line}\n")
    started.stdin.flush()


def read(started: subprocess.Popen[str]) -> str:
    assert started.stdout is not None
    return started.stdout.readline().strip()


def storms_are_one_refresh_each(vendor: oauth.Vendor, kept: TokenStore, given: str) -> None:
    authorised(vendor, kept)
    with process(vendor, given) as one, process(vendor, given) as other:
        for storm in range(1, 4):
            vendor.oauth.end_access()
            for each in (one, other):
                order(each, "storm 25")
            ends = Counter(read(one).split() + read(other).split())
            assert ends == {"200": 50}
            assert vendor.oauth.refreshes == storm


@pytest.mark.timeout(120)
def test_a_storm_in_two_processes_is_one_refresh_in_the_store(store, vendor):
    storms_are_one_refresh_each(vendor, StoredTokens(NAME), "database")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_storm_in_two_processes_is_one_refresh_in_a_file(store, vendor, tmp_path):
    path = tmp_path / "tokens.json"
    storms_are_one_refresh_each(vendor, FileTokens(path), str(path))


def whoever_is_killed_the_connection_lives_or_says_so(
    vendor: oauth.Vendor, kept: TokenStore, given: str
) -> None:
    """Kill who refreshes, at moments around the answer, of a vendor with and without grace."""
    fared = Counter[tuple[str, int]]()
    authorised(vendor, kept)
    with process(vendor, given) as started:
        for number in range(KILLS):
            vendor.oauth.end_access()
            pids = SimpleQueue[int]()
            vendor.oauth.granted = killer(vendor, pids, late=number // 4 * 0.001)
            vendor.oauth.grace = number % 2 * 60.0
            order(started, "fork")
            pids.put(int(read(started)))
            read(started)
            fared[fares(vendor, kept), number % 2] += 1
    assert fared.total() == KILLS
    assert fared["reauthorize", 1] == 0
    assert fared["reauthorize", 0] >= 2


def killer(vendor: oauth.Vendor, pids: SimpleQueue[int], *, late: float) -> Callable[[], None]:
    """Kills who is being answered, or ``late`` seconds after: it may be kept by then, or not."""

    def kill() -> None:
        vendor.oauth.granted = lambda: None
        pid = pids.get(timeout=10)
        if late:
            Timer(late, end, (pid,)).start()
        else:
            end(pid)

    return kill


def end(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def fares(vendor: oauth.Vendor, kept: TokenStore) -> str:
    before = len(vendor.oauth.asked)
    with asking(vendor.url, credentials(vendor.url, kept)) as client:
        try:
            client.get("me")
        except ReauthorizeError:
            asked = vendor.asked("me")
            for _ in range(3):
                with pytest.raises(ReauthorizeError):
                    client.get("me")
            assert vendor.asked("me") == asked
            authorised(vendor, kept)
            return "reauthorize"
        finally:
            assert len(vendor.oauth.asked) <= before + 1
    return "lives"


@pytest.mark.timeout(120)
def test_killed_between_the_answer_and_the_store(store, vendor):
    kept = StoredTokens(NAME, lease=0.3)
    whoever_is_killed_the_connection_lives_or_says_so(vendor, kept, "database 0.3")


@pytest.mark.timeout(120)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_killed_between_the_answer_and_the_file(store, vendor, tmp_path):
    path = tmp_path / "tokens.json"
    whoever_is_killed_the_connection_lives_or_says_so(vendor, FileTokens(path), str(path))
