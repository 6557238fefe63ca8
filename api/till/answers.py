"""The answers to tills, as types: the document is made of them, tests hold every answer against
them. The words are the wire's.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from api.web.shapes import Missing
from syncs.views.shapes import Amount, Id, Shape, Text

Method = Literal["CASH", "MOBILE_MONEY", "CARTE"]

Refusal = Literal[
    "VENTE_INVALIDE", "ARTICLE_INCONNU", "STOCK_INSUFFISANT", "DOUBLON", "CONFLIT_FACTURE",
    "REFUS_BASE",
]  # fmt: skip


class CreatedLine(Shape):
    """One article of a sale."""

    article_nom: str
    quantite: int
    prix_unitaire: Amount
    sous_total: Amount


class CreatedSale(Shape):
    """A sale that is recorded; `deja_enregistree`: it was before this request."""

    numero_facture: str
    montant_total: Amount
    remise: Amount | Missing = None
    lignes: list[CreatedLine]
    deja_enregistree: Literal[True] | Missing = None


class RefusedSale(Shape):
    """A sale that was not recorded now, by its place in the request, from 1."""

    index: Id
    numero_facture: Text
    erreur: str = Field(description="A French sentence.")
    code: Refusal
    champ: str | Missing = Field(default=None, description="The field, as `lignes.0.quantite`.")
    deja_enregistree: Literal[True] | Missing = None


class Counted(Shape):
    """How many sales there were."""

    total_envoyees: int
    reussies: int
    erreurs: int


class Synced(Shape):
    """The result of a batch. Every sale stands or falls alone; `success` only says that the batch
    was taken in.
    """

    success: Literal[True]
    message: str
    boutique_id: Id
    boutique_nom: str
    terminal: str
    statistiques: Counted
    ventes_creees: list[CreatedSale]
    ventes_erreurs: list[RefusedSale] | None
    avertissement: str | Missing = Field(
        default=None, description="Sales without a number came without an `Idempotency-Key`."
    )


class Pending(Synced):
    """The batch is taken in and not worked off: every field of the result, and where to ask."""

    batch_id: str


class State(Pending):
    """How far a batch is."""

    statut: Literal["en_attente", "en_cours", "echec"]


class SoldLine(Shape):
    """One article of a sale, named and priced as it was sold."""

    article_id: Id
    article_nom: str
    quantite: int
    prix_unitaire: Amount
    prix_catalogue: Amount
    sous_total: Amount


class SoldSale(Shape):
    """A sale; moments are in the shop's time zone."""

    numero_facture: str
    montant_total: Amount
    mode_paiement: Method
    paye: bool
    date_vente: datetime
    date_reception: datetime
    terminal: str
    remise: Amount | None
    lignes: list[SoldLine]


class History(Shape):
    """A page of the shop's sales, newest first."""

    boutique_id: Id
    boutique_nom: str
    results: list[SoldSale]
    next: Text = Field(description="The path of the next page; null on the last one.")


class Article(Shape):
    """An article of the shop."""

    id: Id
    nom: str
    sku: Text
    code_barres: Text
    prix_vente: Amount
    stock: int
    categorie: Text
    actif: bool


class Articles(Shape):
    """A page of the shop's articles, by id."""

    boutique_id: Id
    boutique_nom: str
    results: list[Article]
    next: Text = Field(description="The path of the next page; null on the last one.")
    a_jour_au: datetime = Field(description="What to ask for as `modifie_depuis` next time.")


class Sum(Shape):
    """Sales and what they come to, refunds taken off."""

    nombre_ventes: int
    montant_total: Amount


class Total(Sum):
    """All of a period."""

    nombre_articles: int
    remboursements: int
    impayees: Sum


class OfDay(Sum):
    """A day of the shop on which something was sold."""

    jour: date


class OfMethod(Sum):
    """A means of payment."""

    mode_paiement: Method


class TopArticle(Shape):
    """An article by the pieces that were sold."""

    article_id: Id
    article_nom: str
    quantite: int
    montant_total: Amount


class Statistics(Shape):
    """What the shop sold in a period."""

    boutique_id: Id
    boutique_nom: str
    devise: str
    depuis: datetime | date
    jusqua: datetime | date
    total: Total
    par_jour: list[OfDay]
    par_mode_paiement: list[OfMethod]
    top_articles: list[TopArticle]
