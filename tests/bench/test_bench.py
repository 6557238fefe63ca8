"""The benchmarks run and judge. How fast anything is, no test says."""

import json
import subprocess
import sys

import pytest

from bench.promises import PROMISES, Finding, Promise, table

PARTS = ("walks", "catalogue")
TINY = ("--products", "200", "--rounds", "1", "--walks", "100", "200", "--json")
START = """
import sys
from bench.__main__ import main
from bench.promises import Promise
names = ("first/bare", "unchanged/bare", "growth")
bound = Promise(**{sys.argv[1]: float(sys.argv[2])})
sys.exit(main(sys.argv[3:], promises=dict.fromkeys(names, bound)))
"""


def bench(bound, value, *options):
    return subprocess.run(
        [sys.executable, "-c", START, bound, str(value), *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_measures_both_databases_and_whole_runs_and_prints_ratios():
    done = bench("at_most", 1e9, *PARTS, *TINY)

    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    for database in ("sqlite", "postgresql"):
        for against in ("bare", "prepared"):
            for run in ("first", "unchanged"):
                assert found[f"{database}: {run}/{against}"]["value"] > 0
        assert found[f"{database}: first/bare"]["kept"]
    assert found["peak memory, 200 products"]["value"] > 1
    assert found["first run over HTTP"]["value"] > 0


def test_a_broken_promise_is_named_and_ends_with_1():
    done = bench("at_least", 1e9, *PARTS, "--databases", "sqlite", *TINY)

    assert done.returncode == 1
    broken = json.loads(done.stdout)["broken"]
    assert broken == ["growth of the peak", "sqlite: first/bare", "sqlite: unchanged/bare"]


@pytest.mark.parametrize(
    ("name", "kept", "broken"),
    [
        ("first/bare", 0.5, 0.499),
        ("unchanged/bare", 0.7, 0.699),
        ("growth", 30.0, 30.1),
        ("tickets first/bare", 0.5, 0.499),
        ("tickets' growth", 30.0, 30.1),
        ("first/fetched alone", 0.9, 0.899),
        ("sqlite: sales/loop", 4.0, 3.99),
        ("postgresql: sales/loop", 5.0, 4.99),
        ("postgresql: p99/median", 8.0, 8.01),
        ("many/few", 1.3, 1.31),
        ("hook p99", 5.0, 5.01),
        ("hook woken", 25.0, 25.1),
    ],
)
def test_what_is_promised(name, kept, broken):
    assert PROMISES[name].kept(kept)
    assert not PROMISES[name].kept(broken)


def test_the_table_has_the_promise_and_the_verdict_beside_the_number():
    text = table(
        [
            Finding("rate", 12345.6, "products/s"),
            Finding("ratio", 0.456, spread=(0.4, 0.5), promise=Promise(at_least=0.5)),
            Finding("growth", 4.0, "MB", promise=Promise(at_most=30)),
        ]
    )

    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "rate 12,346 products/s",
        "ratio 0.46 (0.40 to 0.50) ≥ 0.5 BROKEN",
        "growth 4.0 MB ≤ 30 kept",
    ]


def test_tickets_are_measured_from_memory_and_over_http():
    tiny = ("--tickets", "20", "--fetched", "10", "20", "--rounds", "1", "--json")
    done = bench("at_most", 1e9, "connectors", *tiny)

    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["what"]: finding["value"] for finding in json.loads(done.stdout)["findings"]}
    for database in ("sqlite", "postgresql"):
        assert found[f"{database}: first/bare"] > 0
        assert found[f"{database}: unchanged/bare"] > 0
    assert found["first/bare, over HTTP"] > 0
    assert found["first/fetched alone, late"] > 0


def test_acts_are_measured_and_nothing_is_promised_of_them():
    done = bench("at_most", 1e9, "acts", "--failures", "30", "--rounds", "1", "--json")

    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["what"]: finding["value"] for finding in json.loads(done.stdout)["findings"]}
    for database in ("sqlite", "postgresql"):
        assert found[f"{database}: an act asked for"] > 0
        assert found[f"{database}: failures retried"] > 0
