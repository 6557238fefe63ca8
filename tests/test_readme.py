"""The README, followed to its end as it is written: a till sells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

import api
from tests.api.till import Till, work
from tests.cli.conftest import b2b, cli, told

__all__ = ["b2b", "cli", "told"]

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
PATH = "/api/v2/simple/"
ARTICLES = 12
"""Of the source."""


def commands() -> list[list[str]]:
    """The words of every command for ``manage.py`` in the README's blocks, in their order."""
    lines = re.findall(r"^    python manage\.py (.+)$", README, re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.fixture
def follow(cli, b2b, monkeypatch, tmp_path) -> Callable[..., str]:
    """Runs every command, against a source whose records name this site (None: none);
    the serial of the till that the last command let in.
    """
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))

    def run(*, site: int | None) -> str:
        for key in sorted(b2b.catalogue.products.keys()):
            without = ("site_id",) if site is None else ()
            b2b.catalogue.products.edit(key, without=without, stock=9, site_id=site)
        for words in commands():
            cli(*words, stdin=f"{b2b.key}\n" if words[0] == "apikey" else None)
        # What `make run` does two hours later.
        cli("sync_products_from_inventory", "--force")
        return words[words.index("--serial") + 1]

    return run


def sell(serial: str) -> int:
    """The till reads its articles and sells one of each; how many."""
    till = Till(api.create_app(), serial)
    articles = till.send(f"GET {PATH}articles/").get_json()["results"]
    sales = [
        {"numero_facture": f"V-{each['id']}", "lignes": [{"article_id": each["id"]}]}
        for each in articles
    ]
    posted = till.post(sales, prefer="respond-async")
    work()
    answer = till.send(f"GET {posted.headers['Location']}").get_json()
    assert answer["ventes_erreurs"] is None
    return int(answer["statistiques"]["reussies"])


def test_the_readme_is_read_as_it_is_written():
    first = [words[0] for words in commands()]

    assert first[:4] == ["migrate", "apikey", "shop", "check"]
    assert first[-2:] == ["shop", "terminal"]
    assert "status" in first


def test_at_its_end_a_till_sells(follow, cli, b2b):
    serial = follow(site=None)

    assert sell(serial) == ARTICLES
    cli("check")


def test_a_sync_of_one_site_takes_nothing_away(follow, cli, b2b):
    serial = follow(site=1)
    cli("shop", "set", 1, "--site-id", 1)
    cli("sync_products_from_inventory", "--site-id", 1)
    cli("shop", "set", 1, "--no-site-id")

    cli("sync_products_from_inventory", "--site-id", 1)

    assert sell(serial) == ARTICLES


def test_where_the_source_sends_numbers_the_advice_leads_to_a_till_that_sells(follow, cli, told):
    serial = follow(site=7)
    (problem,) = told("check", exit=3)["problems"]
    assert f"No till sells {ARTICLES} of the articles" in problem
    assert "'shop set ID --site-id 7'" in problem

    cli("shop", "set", 1, "--site-id", 7)
    cli("sync_products_from_inventory")

    assert sell(serial) == ARTICLES
    cli("check")
