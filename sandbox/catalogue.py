"""The inventory's catalogue: product ``n`` is a pure function of the seed and of ``n``."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import product

from sandbox.assortment import Kind, kinds
from sandbox.collection import Collection, Recipe, Record
from sandbox.messages import dumps

SITES = 3

_MASK = (1 << 64) - 1
#: From one product to the next; a prime step visits every variant before it repeats one.
_STRIDE = 7919
_PRICE_STEP = 25
_SIZE_FACTORS = (1, 3, 8, 20)

_PRODUCT = (
    '{"id":%d,"name":"%s","price":"%d.00","stock":%d,"sku":"BBS-%06d","barcode":"%s",'
    '"category_id":%d,"site_id":%d,"unit":"%s","description":"%s","image":%s,'
    '"updated_at":"2025-%02d-%02dT%02d:%02d:00Z"}'
)


@dataclass
class Catalogue:
    """Everything the inventory serves; both collections are edited by the same verbs."""

    products: Collection
    categories: Collection


def make(*, products: int, seed: int) -> Catalogue:
    """A catalogue of any size; the same seed gives the same bytes."""
    return Catalogue(
        Collection(_product_recipe(seed), products),
        Collection(Recipe(_render_category, _vary_category), len(_tree())),
    )


def _product_recipe(seed: int) -> Recipe:
    mix = _mixer(seed)
    variants = _variants()

    def render(n: int) -> str:
        # One formatting of one template: the speed of the sandbox bounds every bench.
        bits = mix(n)
        variant = variants[(n * _STRIDE + seed) % len(variants)]
        lot = f" (lot {(n - 1) // len(variants) + 1})" if n > len(variants) else ""
        return _PRODUCT % (
            n,
            variant.name + lot,
            variant.price + _PRICE_STEP * (bits % variant.spread),
            (bits >> 8) % 400 if bits & 0xF0 else 0,
            n,
            _barcode(n, bits >> 16),
            variant.category_id,
            bits % SITES + 1,
            variant.unit,
            variant.description,
            _image(n, bits),
            1 + (bits >> 20) % 12,
            1 + (bits >> 24) % 28,
            (bits >> 32) % 24,
            (bits >> 40) % 60,
        )

    return Recipe(render, _vary_product, {"site_id": lambda n: mix(n) % SITES + 1})


def _mixer(seed: int) -> Callable[[int], int]:
    # Two rounds of multiply and shift spread neighbouring numbers well enough for made-up stock.
    start = (seed * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _MASK

    def mix(n: int) -> int:
        bits = (n * 0x9E3779B97F4A7C15 + start) & _MASK
        bits = ((bits ^ (bits >> 32)) * 0xD6E8FEB86659FD93) & _MASK
        return bits ^ (bits >> 29)

    return mix


@dataclass(frozen=True, slots=True)
class Variant:
    """One article of one brand in one size; its texts are escaped for JSON already."""

    name: str
    unit: str
    description: str
    category_id: int
    price: int
    spread: int


@cache
def _variants() -> list[Variant]:
    ids = {path: n for n, path in enumerate(_tree(), 1)}
    return [
        _variant(kind, ids[kind.department, kind.family, kind.name], article, brand, rank)
        for kind in kinds()
        for article, brand, rank in product(kind.articles, kind.brands, range(len(kind.sizes)))
    ]


def _variant(kind: Kind, category_id: int, article: str, brand: str, rank: int) -> Variant:
    size = kind.sizes[rank]
    price = kind.price * _SIZE_FACTORS[rank]
    return Variant(
        name=_escaped(f"{article} {brand} {size}"),
        unit=_escaped(size),
        description=_escaped(f"{article} de la marque {brand}, {size}. Rayon « {kind.name} »."),
        category_id=category_id,
        price=price,
        spread=max(2, price // (4 * _PRICE_STEP)),
    )


def _escaped(text: str) -> str:
    return dumps(text)[1:-1]


def _image(n: int, bits: int) -> str:
    if not bits & 0xF000:
        return "null"
    return f'"https://media.bolibanastock.example/produits/{n}.jpg"'


def _barcode(n: int, bits: int) -> str:
    # EAN-13: a prefix of the region, the article's number, and the digit that checks both.
    digits = (6000 + bits % 100) * 100_000_000 + n % 100_000_000
    weights = _weights()
    check = weights[digits // 100_000_000] + weights[n // 10_000 % 10_000] + weights[n % 10_000]
    return f"{digits}{-check % 10}"


@cache
def _weights() -> bytes:
    """The weighted digit sum, modulo 10, of every group of four digits."""
    return bytes((n // 1000 + 3 * (n // 100) + n // 10 + 3 * n) % 10 for n in range(10_000))


def _vary_product(record: Record, revision: int) -> Record:
    step = _PRICE_STEP * (1 + revision % 8)
    return {"price": f"{Decimal(str(record['price'])) + step:.2f}"}


@cache
def _tree() -> list[tuple[str, ...]]:
    """The path of every category from its department down, parents before their children."""
    paths: dict[tuple[str, ...], None] = {}
    for kind in kinds():
        full = (kind.department, kind.family, kind.name)
        paths |= {full[:depth]: None for depth in (1, 2, 3)}
    return list(paths)


def _render_category(n: int) -> str:
    tree = _tree()
    path = tree[n - 1] if n <= len(tree) else (f"Nouveau rayon {n}",)
    category: Record = {
        "id": n,
        "name": path[-1],
        "parent_id": tree.index(path[:-1]) + 1 if path[:-1] else None,
        "description": f"Rayon « {path[-1]} »",
        "image": f"https://media.bolibanastock.example/rayons/{n}.jpg",
        "is_active": True,
        "order": n,
    }
    return dumps(category)


def _vary_category(record: Record, revision: int) -> Record:
    return {"description": f"Rayon « {record['name']} », révision {revision}"}
