"""What the art site holds: each record is a pure function of the seed and of its number."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from sandbox.collection import Collection, Recipe, Record
from sandbox.messages import dumps

SETTINGS = "settings"
PAINTINGS = "paintings"
ORDERS = "orders"
USERS = "users"
EXHIBITIONS = "exhibitions"
CUSTOM_REQUESTS = "custom-requests"

_SUBJECTS = "Nuit|Marché|Fleuve|Pirogue|Baobab|Fenêtre|Harmattan|Atelier|Jardin|Port|Orage|Masque"
_MANNERS = "bleue|au matin|sans titre|sur la rive|de mémoire|à l'ocre|d'après la pluie|en rouge"
_FIRST = "Awa|Bakary|Camille|Djénéba|Élise|Fatou|Hugo|Inès|Jeanne|Kadi|Léo|Moussa|Noé|Oumou|Zoé"
_LAST = "Traoré|Martin|Keïta|Lefèvre|Diarra|N'Guessan|Petit|Sow|D'Almeida|Bérard|Coulibaly"
_TOWNS = "Lyon|Paris|Marseille|Bamako|Dakar|Nantes|Lille|Abidjan"
_CATEGORIES = "Huile|Aquarelle|Dessin|Gravure|Photographie"
_SITE: tuple[tuple[str, object], ...] = (
    ("site_title", "Galerie du Moulin"),
    ("contact_email", "bonjour@galerie.example"),
    ("currency", "EUR"),
    ("shipping_price", "12.50"),
    ("maintenance", False),
    ("home_banner", {"text": "Nouveautés d'hiver", "link": "/nouveautes"}),
    ("opening_hours", "mar.–sam. 11 h–19 h"),
    ("instagram", None),
)


@dataclass(frozen=True)
class Gallery:
    """Everything the site serves; all collections are edited by the same verbs."""

    settings: Collection
    paintings: Collection
    orders: Collection
    users: Collection
    exhibitions: Collection
    custom_requests: Collection

    def named(self) -> dict[str, Collection]:
        """The collections by the names of their endpoints."""
        return {
            SETTINGS: self.settings,
            PAINTINGS: self.paintings,
            ORDERS: self.orders,
            USERS: self.users,
            EXHIBITIONS: self.exhibitions,
            CUSTOM_REQUESTS: self.custom_requests,
        }


def make(
    *, seed: int, paintings: int, orders: int, users: int, exhibitions: int, custom_requests: int
) -> Gallery:
    """A site of any size; the same seed gives the same bytes."""

    def collection(size: int, render: Callable[[int, Random], Record], varied: str) -> Collection:
        return Collection(_recipe(seed, render, varied), size)

    return Gallery(
        settings=collection(len(_SITE), _setting, "value"),
        paintings=collection(paintings, _painting, "description"),
        orders=collection(orders, lambda n, chance: _order(n, chance, paintings), "status"),
        users=collection(users, _user, "city"),
        exhibitions=collection(exhibitions, _exhibition, "description"),
        custom_requests=collection(custom_requests, _custom_request, "message"),
    )


def _recipe(seed: int, render: Callable[[int, Random], Record], varied: str) -> Recipe:
    def text(n: int) -> str:
        return dumps(render(n, Random(f"{seed}:{varied}:{n}")))

    def vary(record: Record, revision: int) -> Record:
        return {varied: f"{record.get(varied)} ({revision + 1})"}

    return Recipe(text, vary)


def _one(chance: Random, words: str) -> str:
    return chance.choice(words.split("|"))


def _day(chance: Random, year: int = 2025) -> str:
    return f"{year}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _moment(chance: Random, *, to_the_microsecond: bool = False) -> str:
    minute = f"{_day(chance)}T{chance.randint(8, 19):02}:{chance.randint(0, 59):02}"
    return f"{minute}:07.{chance.randrange(10**6):06}" if to_the_microsecond else f"{minute}:00"


def _setting(n: int, chance: Random) -> Record:
    if n > len(_SITE):
        return {"key": f"setting_{n}", "value": str(chance.randint(0, 99))}
    key, value = _SITE[n - 1]
    return {"key": key, "value": value}


def _painting(n: int, chance: Random) -> Record:
    return {
        "id": n,
        "name": f"{_one(chance, _SUBJECTS)} {_one(chance, _MANNERS)} n° {n}",
        "price": chance.randint(4, 400) * 10,
        "status": "sold" if chance.random() < 1 / 4 else "available",
        "category": _one(chance, _CATEGORIES),
        "image": f"/static/uploads/{n:05}.jpg" if chance.random() < 9 / 10 else None,
        "description": f"{_one(chance, _CATEGORIES)} sur toile, signée au dos.",
        "width": chance.randint(2, 30) * 10,
        "height": chance.randint(2, 30) * 10,
        "year": chance.randint(1998, 2025),
        "quantity": 1,
    }


def _order(n: int, chance: Random, paintings: int) -> Record:
    items = [_item(n, place, chance, paintings) for place in range(1, chance.randint(1, 3) + 1)]
    return {
        "id": n,
        "customer_name": _person(chance),
        "email": f"client{n}@courriel.example",
        "address": f"{chance.randint(1, 120)} rue des Tanneurs, {_one(chance, _TOWNS)}",
        "total_price": sum(int(str(item["price"])) for item in items),
        "order_date": _moment(chance, to_the_microsecond=n % 4 == 0),
        "status": chance.choice(["en attente", "payée", "expédiée"]),
        "items": items,
    }


def _item(n: int, place: int, chance: Random, paintings: int) -> Record:
    painting = chance.randint(1, max(1, paintings))
    return {
        "id": n * 10 + place,
        "painting_id": painting,
        "painting_name": f"Tableau n° {painting}",
        "price": chance.randint(4, 400) * 10,
        "quantity": 1,
    }


def _person(chance: Random) -> str:
    return f"{_one(chance, _FIRST)} {_one(chance, _LAST)}"


def _phone(chance: Random) -> str:
    return f"+33 6 00 {chance.randint(10, 99)} {chance.randint(10, 99)} {chance.randint(10, 99)}"


def _user(n: int, chance: Random) -> Record:
    return {
        "id": n,
        "name": _person(chance),
        "email": f"utilisateur{n}@courriel.example",
        "phone": _phone(chance),
        "role": "admin" if n == 1 else "user",
        "city": _one(chance, _TOWNS),
        "create_date": _moment(chance),
    }


def _exhibition(n: int, chance: Random) -> Record:
    return {
        "id": n,
        "title": f"{_one(chance, _SUBJECTS)} {_one(chance, _MANNERS)}",
        "location": f"Galerie du Moulin, {_one(chance, _TOWNS)}",
        "date": _day(chance, 2026),
        "start_time": "11:00",
        "end_time": "19:00",
        "description": "Entrée libre.",
    }


def _custom_request(n: int, chance: Random) -> Record:
    return {
        "id": n,
        "name": _person(chance),
        "email": f"demande{n}@courriel.example",
        "phone": _phone(chance),
        "message": f"Un {_one(chance, _SUBJECTS).lower()} de {chance.randint(3, 12) * 10} cm ?",
        "status": chance.choice(["en attente", "acceptée", "refusée"]),
        "created_at": _moment(chance),
    }
