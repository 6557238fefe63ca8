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


DJANGO = """
import os

def get_wsgi_application():
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "shop.settings"
    assert os.environ["DATABASE_URL"] == "postgres://the-sites-own/shop"
    from shop import shop
    return shop
"""
"""As far as a site's ``wsgi.py`` sees it: it reads the site's settings and gives its pages."""


@pytest.fixture
def folder(tmp_path):
    """The page's Python code in a folder of its own, with a Django for the second piece."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    shop, wsgi = blocks
    found = tmp_path / "shop"
    (found / "django" / "core").mkdir(parents=True)
    (found / "shop.py").write_text(shop)
    (found / "wsgi.py").write_text(wsgi)
    (found / "django" / "core" / "wsgi.py").write_text(DJANGO)
    return found


@pytest.fixture
def serve(family, folder):
    """Serves one of the two as the page says, in an environment; its address."""

    def start(application, **environment):
        port = free_port()
        running = family.start(
            "sh", "-c", 'cd "$0" && exec "$@"', str(folder),
            str(Path(sys.executable).with_name("waitress-serve")),
            f"--listen=127.0.0.1:{port}", application,
            env={**family.env, "PYTHONPATH": str(ROOT), **environment},
        )  # fmt: skip
        running.says("Serving on")
        return f"http://127.0.0.1:{port}"

    return start


@pytest.fixture
def site(serve, store):
    """The first piece."""
    return serve("shop:application", DATABASE_URL=store.database_url)


def test_its_readers_wake_what_is_stale_and_see_their_page(site):
    synced(hours_ago=3)
    requests.post(f"{site}/", timeout=30)
    requests.get(f"{site}/about", timeout=30)
    assert woken() == []

    # A reader's look comes after the answer, so these two come last: theirs may see the next line.
    synced(hours_ago=1)
    fresh = requests.get(site, timeout=30)
    assert requests.get(f"{site}/catalogue/rice", timeout=30).status_code == 200
    assert woken() == []

    synced(hours_ago=3)
    stale = requests.get(f"{site}/catalogue/rice", timeout=30)

    until(lambda: woken() == list(NAMES), what="the runs")
    for answer in (fresh, stale):
        assert answer.status_code == 200
        assert answer.text == "<h1>Ma Boutique</h1>"
        assert answer.headers["Content-Length"] == str(len(answer.content))


def test_a_site_with_settings_of_the_same_names_wakes_moulins_syncs(serve, store, tmp_path):
    synced(hours_ago=3)
    dotenv = tmp_path / "moulin.env"
    dotenv.write_text(f"DATABASE_URL={store.database_url}\n")
    own = {"DATABASE_URL": "postgres://the-sites-own/shop", "SECRET_KEY": "s", "LOG_LEVEL": "debug"}
    url = serve("wsgi:application", MOULIN_DOTENV=str(dotenv), **own)

    answer = requests.get(url, timeout=30)

    assert (answer.status_code, answer.text) == (200, "<h1>Ma Boutique</h1>")
    until(lambda: woken() == list(NAMES), what="the runs")
