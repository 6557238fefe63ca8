"""dlt on the same pages, for comparison only: it is no dependency of ours, and CI has none.

The second half of this file is run by the Python that ``BENCH_DLT_PYTHON`` names, which has dlt and
nothing of ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

VARIABLE = "BENCH_DLT_PYTHON"
DESTINATIONS = ("sqlite", "duckdb")


def measure(pages: Sequence[str]) -> dict[str, float]:
    """Seconds by ``<destination>: first`` and ``unchanged``; empty without ``BENCH_DLT_PYTHON``."""
    python = os.environ.get(VARIABLE)
    if not python:
        return {}
    found: dict[str, float] = {}
    for destination in DESTINATIONS:
        with tempfile.TemporaryDirectory(prefix="moulin-bench-") as directory:
            (Path(directory) / "pages").write_text("\n".join(pages), "utf-8")
            done = subprocess.run(  # noqa: S603, the Python that a person named
                [python, Path(__file__), destination, directory],
                cwd=directory,
                env=os.environ | {"RUNTIME__DLTHUB_TELEMETRY": "false"},
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:]
            print(f"dlt to {destination} was not measured: {' '.join(last)}", file=sys.stderr)
        else:
            told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
            found |= {f"{destination}: {name}": seconds for name, seconds in told.items()}
    return found


def _load(destination: str, directory: str) -> dict[str, float]:
    import dlt  # type: ignore[import-not-found]  # noqa: PLC0415, only where this half is run

    def products() -> Any:
        with (Path(directory) / "pages").open(encoding="utf-8") as pages:
            yield from map(json.loads, pages)

    address = str(Path(directory) / "products.db")
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=directory,
        dataset_name="b2b",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{address}")
        if destination == "sqlite"
        else dlt.destinations.duckdb(address),
    )
    seconds = {}
    for name in ("first", "unchanged"):
        # The nearest to what we do: one row a product, written over by its key.
        resource = dlt.resource(
            products, name="products", primary_key="id", write_disposition="merge"
        )
        began = time.perf_counter()
        pipeline.run(resource).raise_on_failed_jobs()
        seconds[name] = time.perf_counter() - began
    return seconds


if __name__ == "__main__":
    print(json.dumps(_load(*sys.argv[1:])))
