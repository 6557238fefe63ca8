"""The page on waking syncs from another site: its code, in front of that site, on waitress."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import requests

from tests.api.catalogue import NAMES, synced, woken
from tests.servers import free_port, until

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "wake-syncs-from-another-site.md"


@pytest.fixture
def site(family, store, tmp_path):
    """The page's Python code in a folder of its own, served there as the page says."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "shop.py").write_text(blocks[0])
    port = free_port()
    serve = str(Path(sys.executable).with_name("waitress-serve"))
    running = family.start(
        "sh", "-c", 'cd "$0" && exec "$@"', str(folder),
        serve, f"--listen=127.0.0.1:{port}", "shop:application",
        env={**family.env, "DATABASE_URL": store.database_url, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    running.says("Serving on")
    return f"http://127.0.0.1:{port}"


def test_its_readers_wake_what_is_stale_and_see_their_page(site):
    synced(hours_ago=1)
    fresh = requests.get(site, timeout=30)
    assert requests.get(f"{site}/catalogue/rice", timeout=30).status_code == 200
    assert woken() == []

    synced(hours_ago=3)
    requests.post(f"{site}/", timeout=30)
    requests.get(f"{site}/about", timeout=30)
    assert woken() == []

    stale = requests.get(f"{site}/catalogue/rice", timeout=30)

    until(lambda: woken() == list(NAMES), what="the runs")
    for answer in (fresh, stale):
        assert answer.status_code == 200
        assert answer.text == "<h1>Ma Boutique</h1>"
        assert answer.headers["Content-Length"] == str(len(answer.content))
