"""The acts of the demo, in order, and what must come of each."""

from __future__ import annotations

import os
import signal

import click
import requests

from cli.demo.account import Account
from cli.demo.art_site import ArtSite
from cli.demo.pages import Pages
from cli.demo.sales import Tills
from cli.demo.source import Source, session
from cli.demo.square import SquareTills
from cli.demo.stage import Stage
from cli.demo.waiting import state, until, until_answers, until_finished
from core.errors import FatalError
from db.session import reading
from db.work import states
from syncs.registry import find
from syncs.running.progress import Progress

PRODUCTS = 1000
CHANGED = 40
BROKEN = 700
CHANGED_BEFORE_KILL = 300
SLOW = 0.4
"""Seconds a page, so that there is a middle of a run to be killed in."""
CATEGORIES_SYNC, PRODUCTS_SYNC = "b2b.categories", "b2b.products"


class Acts:
    """The acts, one after the other; each leans on those before it."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self._stage = stage
        self._account = account
        self._source = Source(stage.source)
        self._http = session()
        self._sold = 0

    def play(self) -> None:
        """All of them."""
        click.echo(
            f"Moulin at work on invented data: a B2B source with {PRODUCTS:,} products, an art "
            "site, Square's tills, a\nstore (SQLite), a Redis, two workers, beat, the web and "
            "Flower, all real processes on this\nmachine. Nothing of yours is touched."
        )
        self.open_the_shops()
        self.first_sync()
        self.nothing_new()
        self.some_changes()
        self.a_bad_record()
        self.a_killed_worker()
        self.the_tills()
        self.the_stock()
        self.the_art_site()
        self.square()
        self.the_pages()
        self.flower()

    def open_the_shops(self) -> None:
        """Migrate, shops, a sealed key, an operator; then everything is started."""
        account, manage = self._account, self._stage.manage
        account.act("A store, two shops, a key")
        self._stage.migrate()
        self._stage.up()
        manage("shop", "add", "--name", "Moulin Belleville", "--site-id", "1")
        manage("shop", "add", "--name", "Moulin Croix-Rousse", "--site-id", "2")
        manage("apikey", "add", "--name", "demo", "--activate", typed=self._stage.key + "\n")
        account.tell("  (the key came by stdin, and is sealed in the store)")
        operator = manage("operator", "add", "--name", "demo", "--role", "operator")
        self._http.headers["Authorization"] = f"Bearer {operator['token']}"
        until_answers(f"{self._stage.web}/livez", what="the web process")
        account.tell("Everything runs, as with 'make run':")
        account.tell(f"  the web {self._stage.web}   Flower {self._stage.flower}")

    def first_sync(self) -> None:
        """Categories and products, by a worker, over HTTP."""
        self._account.act(f"The first sync, by a worker: {PRODUCTS:,} products over real HTTP")
        categories = self._sync(CATEGORIES_SYNC)
        self._account.expect(
            f"{categories['total']:,} categories, all created",
            found=(categories["status"], categories["created"]),
            wanted=("succeeded", categories["total"]),
        )
        self._expect_run(
            f"{PRODUCTS:,} products, all created, each with its stock",
            self._sync(PRODUCTS_SYNC), created=PRODUCTS,
        )  # fmt: skip

    def nothing_new(self) -> None:
        """The same again."""
        self._account.act("The same again, with nothing new at the source")
        self._expect_run(
            f"{PRODUCTS:,} unchanged; nothing written", self._sync(PRODUCTS_SYNC),
            unchanged=PRODUCTS,
        )  # fmt: skip

    def some_changes(self) -> None:
        """Some products change upstream."""
        self._account.act(f"{CHANGED} prices change at the source")
        self._source.change(CHANGED)
        self._expect_run(
            f"exactly these {CHANGED} updated", self._sync(PRODUCTS_SYNC),
            updated=CHANGED, unchanged=PRODUCTS - CHANGED,
        )  # fmt: skip

    def a_bad_record(self) -> None:
        """One record breaks upstream, and is repaired there."""
        account = self._account
        account.act("One record is broken at the source, then repaired")
        price = self._source.product(BROKEN)["price"]
        self._source.edit(BROKEN, price="12,50")
        account.tell(f'Product {BROKEN} now has the price "12,50", which is no number.')
        self._expect_run(
            f"{PRODUCTS - 1:,} products are in; one is refused, and the run is partial, not green",
            self._sync(PRODUCTS_SYNC), status="partial", errors=1, unchanged=PRODUCTS - 1,
        )  # fmt: skip
        rejects = self._stage.manage("rejects", "list")
        named = [(item["external_id"], item["field"]) for item in rejects]
        account.expect(
            f"it is named: product {BROKEN}, price", found=named, wanted=[(str(BROKEN), "price")]
        )
        for item in rejects:
            account.tell(f"  {item['message']}")
        self._repair(price)

    def _repair(self, price: object) -> None:
        account = self._account
        self._source.edit(BROKEN, price=price)
        account.tell("Repaired at the source; the next run finds it well.")
        self._expect_run(
            "all is well; only that one is written", self._sync(PRODUCTS_SYNC),
            updated=1, unchanged=PRODUCTS - 1,
        )  # fmt: skip
        account.expect(
            "the refusal closed itself", found=self._stage.manage("rejects", "list"), wanted=[]
        )

    def a_killed_worker(self) -> None:
        """It dies in the middle of a run; it goes on where it stopped."""
        account, source = self._account, self._source
        account.act("The worker is killed in the middle of a run (kill -9)")
        source.change(CHANGED_BEFORE_KILL)
        source.slow_down(SLOW)
        source.forget()
        run_id = self._ask(PRODUCTS_SYNC)
        progress = self._kill_in_the_middle(run_id)
        source.recover()
        account.tell(
            "The supervisor starts another worker. By itself it takes the run over when the dead "
            "one's lease ends,"
        )
        account.tell(
            "after a minute, for nobody can tell the dead from the slow. We know it is dead, and "
            "resume at once:"
        )
        statistics = self._stage.manage("sync_products_from_inventory", "--resume")
        account.expect("it is the same run", found=statistics["run_id"], wanted=run_id)
        self._expect_run(
            f"it went on after page {progress.pages}, and every product counts once", statistics,
            updated=CHANGED_BEFORE_KILL, unchanged=PRODUCTS - CHANGED_BEFORE_KILL,
        )  # fmt: skip
        queries = source.pages()
        again = len(queries) - len(set(queries))
        account.expect("no page that was written is fetched again", found=again <= 1, wanted=True)

    def _kill_in_the_middle(self, run_id: int) -> Progress:
        until(lambda: state(run_id)[1].pages >= 3, what="three pages")  # noqa: PLR2004, a middle
        os.killpg(os.getpgid(self._worker()), signal.SIGKILL)
        status, progress = state(run_id)
        self._account.tell(
            f"Killed after page {progress.pages}: {progress.fetched} products are in, for each "
            "page is one transaction."
        )
        self._account.expect("the run is not lost", found=status, wanted="running")
        return progress

    def the_tills(self) -> None:
        """A till sells, repeats itself, is refused, and is helped."""
        self._account.act("The tills: two sales, the same again, and one too many")
        self._sold = Tills(self._stage, self._account).play(shop_id=1)

    def the_stock(self) -> None:
        """The ledger agrees."""
        self._account.act("The stock of every product is the sum of its movements")
        result = self._stage.manage("stock", "verify")
        self._account.expect(
            f"{PRODUCTS:,} products, no mismatch",
            found=(result["products"], result["mismatches"]),
            wanted=(PRODUCTS, 0),
        )
        self._account.expect(
            f"{self._sold} sales, each with its movements",
            found=(result["sales"], result["sale_mismatches"]),
            wanted=(self._sold, 0),
        )

    def the_art_site(self) -> None:
        """All of it comes in; an order is never written over."""
        self._account.act("The art site, from its own pages, by one command")
        ArtSite(self._stage, self._account).play()

    def square(self) -> None:
        """Tickets come in, a price goes out once, an event that comes twice is one."""
        self._account.act("Square's tills, connected by a file")
        SquareTills(self._stage, self._account, self._sync).play()

    def the_pages(self) -> None:
        """Somebody looks: stale data is brought up to date, and the page shows how fresh it is."""
        self._account.act("Somebody reads a page while the data is stale")
        pages = Pages(self._stage, self._account)
        pages.wake()
        pages.look()

    def flower(self) -> None:
        """Flower saw the tasks."""
        self._account.act("Flower saw it")

        def seen() -> int:
            answer = self._http.get(
                f"{self._stage.flower}/api/tasks",
                params={"taskname": f"sync.{PRODUCTS_SYNC}", "state": "SUCCESS"},
                auth=self._stage.flower_user,
                timeout=10,
            )
            answer.raise_for_status()
            return len(answer.json())

        until(lambda: seen() > 0, what="Flower")
        self._account.expect(
            f"tasks named sync.{PRODUCTS_SYNC} that ended well", found=seen() > 0, wanted=True
        )

    def _sync(self, sync: str) -> dict[str, object]:
        run_id = self._ask(sync)
        return until_finished(find(sync), run_id)

    def _ask(self, sync: str) -> int:
        path = f"/api/ops/syncs/{sync}/run"
        self._account.tell(f"→ POST {path}")
        url = f"{self._stage.web}{path}"
        answer = self._http.post(url, json={"force": True, "why": "the demo"}, timeout=10)
        if answer.status_code != requests.codes.accepted:
            raise FatalError(f"POST {path} answered {answer.status_code}: {answer.text[:300]}")
        return int(answer.json()["run_id"])

    def _worker(self) -> int:
        with reading() as opened:
            row = states.find(opened, PRODUCTS_SYNC)
            owner = row.lease_owner if row is not None else None
        if owner is None:
            raise FatalError("Nobody holds the lease of the run.")
        return int(owner.rpartition(":")[2])

    def _expect_run(
        self, promise: str, run: dict[str, object], *, status: str = "succeeded", **counts: int
    ) -> None:
        names = ("created", "updated", "unchanged", "deleted", "errors")
        expected = {"status": status, **{name: counts.get(name, 0) for name in names}}
        self._account.expect(promise, found={name: run[name] for name in expected}, wanted=expected)
