"""The page hook's benchmark runs and judges."""

import json
import subprocess
import sys

from api.autosync import AutoSyncB2BMiddleware
from bench import hook, stores
from db.models import SyncRun
from db.session import reading

OPTIONS = ("hook", "--hits", "200", "--rounds", "1", "--json")
START = """
import sys
from bench.__main__ import main
from bench.promises import Promise
bound = Promise(at_most=float(sys.argv[1]))
sys.exit(main(sys.argv[2:], promises={"hook p99": bound, "hook woken": bound}))
"""


def bench(at_most, *options):
    return subprocess.run(
        [sys.executable, "-c", START, str(at_most), *OPTIONS, *options],
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_measures_both_databases_fresh_stale_and_without_redis():
    done = bench(1e9)

    assert (done.returncode, done.stderr) == (0, "")
    found = {finding["what"]: finding for finding in json.loads(done.stdout)["findings"]}
    for database in ("sqlite", "postgresql"):
        for how in ("fresh", "stale", "Redis stopped"):
            assert found[f"{database}: hook, {how}, p99"]["kept"]
            assert found[f"{database}: hook, {how}, p99"]["value"] > 0
        assert found[f"{database}: hook, woken, median"]["kept"]
        assert found[f"{database}: hook, woken, median"]["value"] > 0


def test_a_broken_promise_ends_with_1():
    done = bench(0, "--databases", "sqlite")

    assert done.returncode == 1
    broken = json.loads(done.stdout)["broken"]
    assert len(broken) == 4
    assert "sqlite: hook, woken, median" in str(broken)


def test_what_is_called_stale_is(monkeypatch):
    for name in ("VAR_DIR", "DATABASE_URL", "INVENTORY_ENCRYPTION_KEY", "LOG_LEVEL"):
        monkeypatch.setenv(name, "")
    for name in ("MOULIN_DOTENV", "B2B_API_KEY", "B2B_API_URL"):
        monkeypatch.setenv(name, "")
    with stores.fresh("sqlite", None):
        site = AutoSyncB2BMiddleware(hook._site, paths=["/"])
        hook._synced(hours_ago=1)
        hook._hit(site)
        with reading() as session:
            assert session.query(SyncRun).count() == 0
        hook._synced(hours_ago=3)
        hook._hit(site)
        with reading() as session:
            assert session.query(SyncRun).count() == 2
