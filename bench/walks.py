"""Whole runs over real HTTP: the sandbox is one process, the run another, and we watch.

``python -m bench.walks`` is the process that runs: it prints its peak memory and its time.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench import stores
from bench.catalogue import run
from bench.promises import Finding, Promise
from db.catalogue import shops, stock
from db.session import reading, writing
from syncs.sources.catalogue import PRODUCTS

ROOT = Path(__file__).resolve().parent.parent
KEY = "bench"


def findings(small: int, large: int, promises: Mapping[str, Promise]) -> list[Finding]:
    """How much more memory a run over ``large`` takes than one over ``small``; its rate beside."""
    low, high = _walk(small), _walk(large)
    return [
        Finding(f"peak memory, {small:,} products", low["peak"] / 1e6, "MB"),
        Finding(f"peak memory, {large:,} products", high["peak"] / 1e6, "MB"),
        Finding(
            "growth of the peak",
            (high["peak"] - low["peak"]) / 1e6,
            "MB",
            promise=promises.get("growth"),
        ),
        Finding("first run over HTTP", large / high["seconds"], "products/s"),
    ]


def _walk(products: int) -> dict[str, float]:
    with _sandbox(products) as url:
        done = subprocess.run(
            [sys.executable, "-m", "bench.walks"],
            cwd=ROOT,
            env=os.environ | {"B2B_API_URL": url, "B2B_API_KEY": KEY},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout)
    assert found.pop("products") == products
    return found


@contextmanager
def _sandbox(products: int) -> Iterator[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--key", KEY]
    with subprocess.Popen(  # noqa: S603, our own program
        [*command, "--products", str(products)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _run() -> dict[str, float]:
    with stores.fresh("sqlite", None):
        with writing() as session:
            shops.add(session, name="Bench")
        began = time.perf_counter()
        run(PRODUCTS)
        seconds, most = time.perf_counter() - began, peak()
        with reading() as session:
            products, wrong = stock.verify(session)
        assert not wrong
    return {"products": products, "peak": most, "seconds": seconds}


def peak() -> float:
    """The most memory this process ever held, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not ru_maxrss, which on Linux begins with the memory of whoever started us.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415, does not exist on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    print(json.dumps(_run()))
