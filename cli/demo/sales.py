"""The act of the tills: a till follows its guide, loses nothing and sells nothing twice."""

from __future__ import annotations

from typing import Any

from cli.demo.account import Account
from cli.demo.source import session
from cli.demo.stage import Document, Stage
from cli.demo.waiting import until
from core.errors import FatalError

SERIAL = "0a1badae951f8473"
"""The guide's."""
SYNC = "/api/v2/simple/ventes/sync/"
ARTICLES = "/api/v2/simple/articles/"
ENOUGH = 5
WAIT = 30
"""Seconds that the till lets us wait for its result; it takes a moment."""


class Tills:
    """One till of the first shop, and whoever looks after its refused sale."""

    def __init__(self, stage: Stage, account: Account) -> None:
        self._stage = stage
        self._account = account
        self._http = session()
        self._http.headers["X-Device-Serial"] = SERIAL

    def play(self, shop_id: int) -> int:
        """All of it; how many sales there are afterwards."""
        self._stage.manage(
            "terminal", "add", "--shop", str(shop_id), "--serial", SERIAL, "--name", "Caisse 1"
        )
        first, second = self._two_articles()
        self._account.tell(f"→ GET {ARTICLES}: among others {first['nom']}, {second['nom']}")
        guide = [_sale("VENTE-001", first, 1), _sale("VENTE-002", second, 2)]
        self._the_guides_two(guide)
        self._the_same_again(guide, first, second)
        refused = _sale("VENTE-004", second, second["stock"])
        self._one_of_two(first, second, refused)
        self._after_a_correction(second, refused)
        return 4

    def _the_guides_two(self, guide: list[Document]) -> None:
        answer = self._post(*guide)
        self._account.expect("both are sold", found=_counts(answer), wanted=(2, 2, 0))

    def _the_same_again(self, guide: list[Document], first: Document, second: Document) -> None:
        self._account.tell("Its answer is lost on the way, so the till sends the same again:")
        answer = self._post(*guide)
        self._account.expect("nothing is sold twice", found=_counts(answer), wanted=(2, 0, 2))
        self._expect_stock(first, first["stock"] - 1)
        self._expect_stock(second, second["stock"] - 2)

    def _one_of_two(self, first: Document, second: Document, refused: Document) -> None:
        self._account.tell("Two more, one of them of more than is in stock:")
        answer = self._post(_sale("VENTE-003", first, 1), refused)
        self._account.expect(
            "one is sold, the other refused", found=_counts(answer), wanted=(2, 1, 1)
        )
        self._expect_stock(first, first["stock"] - 2)
        self._expect_stock(second, second["stock"] - 2)

    def _after_a_correction(self, second: Document, refused: Document) -> None:
        manage = self._stage.manage
        rejects = manage("rejects", "list", "--sync", "sales")
        self._account.expect(
            "the refused sale is kept",
            found=[(item["external_id"], item["code"]) for item in rejects],
            wanted=[("VENTE-004", "STOCK_INSUFFISANT")],
        )
        self._account.tell("Somebody counts the shelf: there are two more than we thought.")
        manage("stock", "adjust", str(second["id"]), "2", "--reason", "counted: two more")
        reject_id = rejects[0]["id"]
        replayed = manage("rejects", "replay", str(reject_id))
        self._account.expect("now it is sold", found=replayed["replayed"], wanted=[reject_id])
        self._expect_stock(second, 0)
        self._account.tell("The till knows nothing of it, and sends it once more:")
        answer = self._post(refused)
        created = [sale["numero_facture"] for sale in answer["ventes_creees"]]
        self._account.expect("it learns that it is in", found=created, wanted=["VENTE-004"])

    def _two_articles(self) -> list[Document]:
        articles = [
            article for article in self._get(ARTICLES)["results"] if article["stock"] > ENOUGH
        ][:2]
        if len(articles) != 2:  # noqa: PLR2004, the guide sells two
            raise FatalError("The shop has no two articles to sell.")
        return articles

    def _expect_stock(self, article: Document, left: int) -> None:
        now = {item["id"]: item["stock"] for item in self._get(ARTICLES)["results"]}
        name, before = article["nom"], article["stock"]
        self._account.expect(
            f"{name}: {left} of {before} left", found=now[article["id"]], wanted=left
        )

    def _get(self, path: str) -> Any:
        answer = self._http.get(f"{self._stage.web}{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _post(self, *sales: Document) -> Document:
        """The batch's result, printed as the till reads it."""
        response = self._http.post(
            f"{self._stage.web}{SYNC}", json=sales, headers={"Prefer": f"wait={WAIT}"},
            timeout=2 * WAIT,
        )  # fmt: skip
        response.raise_for_status()
        answer: Document = response.json()
        if "batch_id" in answer:
            answer = self._result(response.headers["Location"])
        numbers = ", ".join(sale["numero_facture"] for sale in sales)
        self._account.tell(f"→ POST {SYNC} {numbers}: {response.status_code}")
        self._account.tell(f"  « {answer['message']} »")
        for sale in answer["ventes_creees"]:
            again = ", déjà enregistrée" if sale.get("deja_enregistree") else ""
            self._account.tell(f"  {sale['numero_facture']}: {sale['montant_total']}{again}")
        for error in answer["ventes_erreurs"] or ():
            self._account.tell(f"  {error['index']}. {error['erreur']} ({error['code']})")
        return answer

    def _result(self, page: str) -> Document:
        until(lambda: "batch_id" not in self._get(page), what="the batch")
        result: Document = self._get(page)
        return result


def _sale(number: str, article: Document, quantity: int) -> Document:
    return {
        "numero_facture": number,
        "mode_paiement": "CASH",
        "paye": True,
        "lignes": [
            {
                "article_id": article["id"],
                "quantite": quantity,
                "prix_unitaire": article["prix_vente"],
            }
        ],
    }


def _counts(answer: Document) -> tuple[int, int, int]:
    counts = answer["statistiques"]
    return counts["total_envoyees"], counts["reussies"], counts["erreurs"]
