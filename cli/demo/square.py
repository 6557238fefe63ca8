"""The act of Square: a file connects it; tickets come in, a price goes out, an event comes."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import select

from cli.demo.account import Account
from cli.demo.source import Source
from cli.demo.stage import SOLD, SQUARE_TOKEN, Stage
from cli.demo.waiting import until
from db.models import OutboxCommand, PosTransaction, WebhookEvent
from db.session import reading

NAME = "square"
TICKETS = f"{NAME}.transactions"
MORE = 2
SKU = "PLAT-QUICHE"
PRICE = {"prices": [{"sku": SKU, "price": "13.50", "currency": "EUR"}]}
WRITE = "/v2/catalog/batch-upsert"


class Seller(Source):
    """Square's stand-in, as the seller and the network treat it."""

    def sell(self, count: int) -> list[str]:
        """Sell so often; the tickets' ids."""
        ids: list[str] = self._send("POST", "sales", {"count": count})["ids"]
        return ids

    def lose_an_answer(self) -> None:
        """Carry the next write of the catalogue out, and hang up."""
        fault = {"kind": "hang", "seconds": 0, "endpoint": "catalog-upsert", "times": 1}
        self._send("POST", "faults", fault)

    def prices(self) -> dict[str, tuple[int, int]]:
        """Each price in cents with its version, by SKU; every write makes the next version."""
        answer = self._http.get(
            f"{self._url}/v2/catalog/list",
            params={"types": "ITEM_VARIATION"},
            headers={"Authorization": f"Bearer {SQUARE_TOKEN}"},
            timeout=10,
        )
        answer.raise_for_status()
        sold = [(each["item_variation_data"], each["version"]) for each in answer.json()["objects"]]
        return {data["sku"]: (data["price_money"]["amount"], number) for data, number in sold}

    def subscribe(self, url: str, key: str) -> None:
        """Send webhooks to ``url``."""
        self._send("PATCH", "knobs", {"webhook_url": url, "webhook_key": key})

    def announce(self, ident: str, *, times: int) -> list[int]:
        """Send an event about a ticket so often; the statuses."""
        order = {"orders": [ident], "times": times}
        statuses: list[int] = self._send("POST", "webhooks", order)["statuses"]
        return statuses

    def asked(self, path: str) -> list[int]:
        """The statuses of requests for ``path`` since; 0: its answer was lost."""
        return [entry["status"] for entry in self._send("GET", "log") if entry["path"] == path]


class SquareTills:
    """Tills of another vendor, which two shops sell with; ``sync`` has a worker run a sync."""

    def __init__(
        self, stage: Stage, account: Account, sync: Callable[[str], dict[str, object]]
    ) -> None:
        self._stage = stage
        self._account = account
        self._sync = sync
        self._seller = Seller(stage.square)

    def play(self) -> None:
        """All of it."""
        self._connect()
        self._bring_in()
        self._push_a_price()
        self._announce()

    def _connect(self) -> None:
        self._account.tell("This file, config/pos.yaml, is all that it takes:")
        for line in self._stage.connectors.read_text("utf-8").splitlines():
            self._account.tell(f"  {line}")
        checked = self._stage.manage("connectors", "check", NAME)["connectors"]
        self._account.expect(
            "Square lets us in", found=[each["state"] for each in checked], wanted=["ok"]
        )

    def _bring_in(self) -> None:
        whole = self._sync(TICKETS)
        self._account.expect(
            f"{SOLD} tickets are in, with their items and payments",
            found=(whole["status"], whole["created"]),
            wanted=("succeeded", SOLD),
        )
        self._account.tell(f"{MORE} more are paid:")
        self._seller.sell(MORE)
        changed = self._sync(TICKETS)
        self._account.expect(
            f"they are asked for, and the one of the last five minutes before; not all {SOLD}",
            found=(changed["total"], changed["created"]),
            wanted=(MORE + 1, MORE),
        )

    def _push_a_price(self) -> None:
        self._account.tell("A price goes out; Square does it, and its answer is lost on the way:")
        self._account.tell(f"  {json.dumps(PRICE)}")
        self._seller.forget()
        self._seller.lose_an_answer()
        last = max(version for _, version in self._seller.prices().values())
        pushed = self._stage.manage(
            "connectors", "do", NAME, "push_prices", "--input", "-", "--enqueue",
            typed=json.dumps(PRICE),
        )  # fmt: skip
        until(lambda: _is_done(pushed["outbox_id"]), what="the command")
        self._account.expect(
            "a worker has sent it twice, under one key",
            found=self._seller.asked(WRITE),
            wanted=[0, 200],
        )
        cents, version = self._seller.prices()[SKU]
        self._account.expect(
            "the price is there, once", found=(cents, version - last), wanted=(1350, 1)
        )

    def _announce(self) -> None:
        self._seller.subscribe(f"{self._stage.web}/webhooks/{NAME}/", self._stage.signature_key)
        (ident,) = self._seller.sell(1)
        self._account.tell("One more is paid; Square announces it, twice:")
        statuses = self._seller.announce(ident, times=2)
        self._account.tell(f"→ POST /webhooks/{NAME}/: {', '.join(map(str, statuses))}")
        until(_events_are_done, what="the event")
        events = self._stage.manage("connectors", "events", "list")
        self._account.expect(
            "it is one event",
            found=[(each["subject"], each["state"]) for each in events],
            wanted=[(f"transactions/{ident}", "done")],
        )
        self._account.expect(
            "the ticket was asked for once, and is in the store",
            found=(self._seller.asked(f"/v2/orders/{ident}"), _is_stored(ident)),
            wanted=([200], True),
        )


def _is_done(command: int) -> bool:
    with reading() as session:
        return session.get_one(OutboxCommand, command).status == "done"


def _events_are_done() -> bool:
    with reading() as session:
        return set(session.scalars(select(WebhookEvent.status))) == {"done"}


def _is_stored(ident: str) -> bool:
    wanted = select(PosTransaction.id).where(PosTransaction.external_id == ident)
    with reading() as session:
        return session.scalar(wanted) is not None
