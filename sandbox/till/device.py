"""The till itself: what it has sold, what it has sent, and what it was told of that.

It believes the server only where the guide says so: a sale is synchronised when it stands in
``ventes_creees``, and until then it is the till's to send, again and again.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Self
from urllib.parse import urljoin
from uuid import UUID

import requests

from sandbox.till.wire import Line, Loss

ROOT = "/api/v2/simple/"
SYNC = f"{ROOT}ventes/sync/"
ARTICLES = f"{ROOT}articles/"


@dataclass
class Sale:
    """A sale as the till keeps it: ``body`` is what it sends, ``recorded`` what it was told."""

    body: dict[str, Any]
    recorded: dict[str, Any] | None = None
    refused: dict[str, Any] | None = None
    """Why, the last time."""

    @property
    def number(self) -> str | None:
        """The till's own, or the one that the server gave; None as long as there is none."""
        found: str | None = (self.recorded or self.body).get("numero_facture")
        return found

    @property
    def numbered(self) -> bool:
        """Whether the till gave the number."""
        return self.body.get("numero_facture") is not None

    @property
    def total(self) -> Decimal | None:
        """What the customer paid; None when a price was left to the server."""
        lines = self.body["lignes"]
        if any(line.get("prix_unitaire") is None for line in lines):
            return None
        whole = sum(
            (Decimal(str(line["prix_unitaire"])) * line["quantite"] for line in lines), Decimal(0)
        )
        # A discount has the sign of the lines' sum: what was taken off is given back with them.
        return whole - abs(Decimal(str(self.body.get("remise") or 0))).copy_sign(whole)


@dataclass
class Parcel:
    """One request: its sales, its bytes and its key. ``page`` tells of a batch that is in (202)."""

    sales: list[Sale]
    body: bytes
    key: str | None = None
    page: str | None = None
    tries: int = 0
    heard: bool = False


@dataclass
class Till:
    """An offline-first till of ``serial``, whose server is at ``url``.

    ``drift`` is by how much its clock is ahead; ``clock`` is the right one. The ``seed`` decides
    keys and nonces, and whatever ``play`` leaves to chance.
    """

    url: str
    serial: str
    seed: int = 1
    level: int = 0
    token: str = field(default="", repr=False)
    drift: timedelta = timedelta(0)
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False)

    def __post_init__(self) -> None:
        self.random = Random(f"{self.serial} {self.seed}")
        self.sales: list[Sale] = []
        self.outbox: list[Parcel] = []
        self.journal: list[tuple[object, ...]] = []
        self.contradictions: list[str] = []
        self._line = Line(self.serial, level=self.level, token=self.token)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    @property
    def now(self) -> datetime:
        """What the till's clock says."""
        return self.clock() + self.drift

    @property
    def unsent(self) -> list[Sale]:
        """What the till must still send, in the order in which it was sold."""
        return [sale for sale in self.sales if sale.recorded is None]

    @property
    def synchronised(self) -> list[Sale]:
        """What the server says it has."""
        return [sale for sale in self.sales if sale.recorded is not None]

    def sell(
        self, *lines: tuple[int, int] | tuple[int, int, object], numbered: bool = True, **more: Any
    ) -> Sale:
        """Sell (article, quantity[, price]) lines now, whether or not there is a line."""
        body: dict[str, Any] = {}
        if numbered:
            body["numero_facture"] = f"{self.serial[-20:]}-{len(self.sales) + 1:05}"
        names = ("article_id", "quantite", "prix_unitaire")
        body["lignes"] = [dict(zip(names, line, strict=False)) for line in lines]
        body["date_vente"] = self.now.isoformat(timespec="seconds")
        sale = Sale(body | more)
        self.sales.append(sale)
        self.journal.append(("sold", json.dumps(sale.body, default=str)))
        return sale

    def refund(self, sale: Sale) -> Sale:
        """Take all of it back."""
        lines = [line | {"quantite": -line["quantite"]} for line in sale.body["lignes"]]
        return self.sell(numbered=sale.numbered, lignes=lines)

    def send(
        self, sales: Iterable[Sale] | None = None, *, keyed: bool = False,
        loss: Loss | None = None, prefer: str | None = None,
    ) -> requests.Response | None:  # fmt: skip
        """Send ``sales`` in this order, by default all that is unsent; None: no answer came."""
        chosen = list(self.unsent if sales is None else sales)
        text = json.dumps([sale.body for sale in chosen], default=str)
        key = str(UUID(int=self.random.getrandbits(128), version=4)) if keyed else None
        self.outbox.append(Parcel(chosen, text.encode(), key))
        return self.resend(self.outbox[-1], loss=loss, prefer=prefer)

    def resend(
        self, parcel: Parcel, *, loss: Loss | None = None, prefer: str | None = None
    ) -> requests.Response | None:
        """Send the very same again, under its key if it has one."""
        headers = {"Content-Type": "application/json"}
        if parcel.key is not None:
            headers["Idempotency-Key"] = parcel.key
        if prefer is not None:
            headers["Prefer"] = prefer
        request = requests.Request("POST", self._at(SYNC), headers=headers, data=parcel.body)
        parcel.tries += 1
        self.journal.append(("sent", parcel.body.decode(), parcel.key, loss and loss.value))
        return self._learn(parcel, self._exchange(request, loss))

    def ask(self, parcel: Parcel) -> requests.Response | None:
        """Ask what became of a batch that was in, but not worked off."""
        assert parcel.page is not None, "it was never answered 202"
        request = requests.Request("GET", self._at(parcel.page))
        return self._learn(parcel, self._exchange(request, None))

    def articles(self) -> list[dict[str, Any]]:
        """What its shop sells, every page of it."""
        found: list[dict[str, Any]] = []
        path: str | None = ARTICLES
        while path is not None:
            answer = self._exchange(requests.Request("GET", self._at(path)), None)
            assert answer is not None
            answer.raise_for_status()
            found += answer.json()["results"]
            path = answer.json()["next"]
        return found

    def _at(self, path: str) -> str:
        return urljoin(self.url, path)

    def _exchange(self, request: requests.Request, loss: Loss | None) -> requests.Response | None:
        nonce = f"{self.random.getrandbits(128):032x}"
        return self._line.send(request, at=self.now, nonce=nonce, loss=loss)

    def _learn(self, parcel: Parcel, answer: requests.Response | None) -> requests.Response | None:
        """Mark what stands in ``ventes_creees``, on any 2xx and nowhere else."""
        if answer is None or not answer.ok:
            return answer
        parcel.heard = True
        parcel.page = answer.headers.get("Location", parcel.page)
        told = answer.json()
        errors = {error["index"]: error for error in told["ventes_erreurs"] or ()}
        made = told["ventes_creees"]
        by_number = {each["numero_facture"]: each for each in made}
        # What has no number of the till's is known by its place among those that went well.
        good = iter([each for each in made if "deja_enregistree" not in each])
        finished = "batch_id" not in told
        for index, sale in enumerate(parcel.sales, 1):
            error = errors.get(index)
            mine = next(good, None) if finished and error is None else None
            sale.refused = error
            recorded = by_number.get(sale.number) if sale.numbered else mine
            if recorded is not None:
                self._record(sale, recorded)
        return answer

    def _record(self, sale: Sale, told: dict[str, Any]) -> None:
        sale.refused = None
        amount, total = Decimal(told["montant_total"]), sale.total
        if total is not None and amount != total:
            self.contradictions.append(f"{sale.number}: paid {total}, recorded {amount}")
        before = sale.recorded
        if before is not None and (before["numero_facture"], before["lignes"]) != (
            told["numero_facture"], told["lignes"],
        ):  # fmt: skip
            self.contradictions.append(f"{sale.number}: told otherwise than before")
        sale.recorded = before or told
