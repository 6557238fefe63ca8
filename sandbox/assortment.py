"""What the shops sell: the data the catalogue is made from, in French as the inventory says it.

``assortment.csv`` has one line a kind of goods: its department and family (the levels above it),
its articles, the group of its brands, its sizes, and the price in francs CFA of the first size.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path(__file__).with_suffix(".csv")

_BRANDS = {
    "alimentation": "Djoliba|Téranga|Sahel d'Or|Kadiolo|Mère Awa|L'Étoile du Sud|Bélédougou",
    "boissons": "Source Koulou|Tamarin'Or|Baobab|Fraîcheur+|Wassoulou|Ségou 1898",
    "soin": "Karité Pur|Néré|Doucéa|Éclat d'Afrique|Sanya",
    "maison": "Propreté+|Brillo'Sol|Maison Nette|Hygiéa",
    "outillage": "Solidex|Forgeron|Maçon Fort|Électra|Ténéré Outils",
    "textile": "Bogolan & Co|Fil d'Ébène|Bazin Royal|Tissé Main",
    "terroir": "Coopérative de Niono|Jardins de Kati|Verger de Sikasso|Maraîchers d'Yélimané",
    "technique": "Sonéo|Vif'Électro|Lumièra|Kéné Tech",
}


@dataclass(frozen=True)
class Kind:
    """A category of the third level, the two above it, and what is sold in it."""

    department: str
    family: str
    name: str
    articles: tuple[str, ...]
    brands: tuple[str, ...]
    sizes: tuple[str, ...]
    price: int


def kinds() -> Iterator[Kind]:
    """Every kind, those of one family and department next to each other."""
    with _TABLE.open(encoding="utf-8", newline="") as table:
        for line in csv.DictReader(table, delimiter=";"):
            yield Kind(
                line["rayon"],
                line["famille"],
                line["sorte"],
                tuple(line["articles"].split("|")),
                tuple(_BRANDS[line["marques"]].split("|")),
                tuple(line["tailles"].split("|")),
                int(line["prix"]),
            )
