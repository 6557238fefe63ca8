"""What processes share about a source holds for all of them together, also while Redis is away."""

from __future__ import annotations

import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from connectors import errors
from connectors.limits.circuit import FAILURES
from connectors.limits.shared import Shared
from connectors.limits.shared_circuit import SharedCircuit
from tests.faults.callers import NAME
from tests.servers.process import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 10


def start(kind: str, seconds: float, number: float, url: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.callers", kind, str(seconds), str(number)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,  # noqa: PLW1509, no threads hold locks here
    )
    assert process.stdin is not None
    process.stdin.write(f"{url}\n")
    process.stdin.flush()
    return process


def first_moments(*processes: subprocess.Popen[str]) -> list[float]:
    """When each of them asked for the first time, as soon as all have."""
    found = []
    for process in processes:
        assert process.stdout is not None
        found.append(float(process.stdout.readline()))
    return found


def moments(*processes: subprocess.Popen[str]) -> list[float]:
    """When they asked from then on; none of them failed."""
    found = []
    for process in processes:
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        found += [float(line) for line in out.split()]
    return sorted(found)


def busiest(at: list[float], seconds: float = 1.0) -> int:
    """The most in any window."""
    return max(sum(1 for each in at if start <= each < start + seconds) for start in at)


@pytest.mark.timeout(90)
def test_two_processes_keep_to_one_limit_with_redis_without_it_and_with_it_again(empty_redis):
    two = [start("ask", 17, LIMIT, empty_redis.url) for _ in range(2)]
    # Nobody can reckon with a process that Redis never saw.
    both = max(first_moments(*two))
    time.sleep(6)
    killed = time.monotonic()
    empty_redis.kill()
    time.sleep(4)
    empty_redis.start()
    back = time.monotonic()
    at = moments(*two)

    assert busiest(at) <= LIMIT + 1
    shared = [each for each in at if both <= each < killed]
    # Of the first second one of them may have had it all before.
    assert len(shared) >= 0.9 * LIMIT * (killed - both - 1)
    alone = [each for each in at if killed <= each < back]
    # A second passes until they notice, and one of silence: in the last one the other may have
    # used up everything.
    assert len(alone) >= 0.8 * LIMIT * (back - killed - 2.2)
    assert len([each for each in at if each >= back]) >= 0.8 * LIMIT * (at[-1] - back)


@pytest.mark.timeout(60)
def test_eight_threads_of_two_processes_send_one_probe_at_a_time(empty_redis):
    breaker = SharedCircuit(NAME, Shared(lambda: empty_redis.url), rest=1.0)
    for _ in range(FAILURES):
        breaker.note(errors.ServerError("500"))
    opened = time.monotonic()
    two = [start("probe", 4.5, 1.0, empty_redis.url) for _ in range(2)]

    probes = moments(*two)

    assert 2 <= len(probes) <= 6
    assert probes[0] >= opened + 1.0 - 0.05
    # A probe takes a tenth of a second, and after it the source is left alone again.
    assert min(b - a for a, b in pairwise(probes)) >= 1.05
