"""The B2B catalogue: how its records map to our columns, and its source and its two syncs."""

from __future__ import annotations

from celery.schedules import crontab

from connectors.catalogue import BoliBana, CategoryPayload, ProductPayload
from connectors.http.deadline import Timeouts
from core.advice import Advised
from core.errors import ConfigurationError
from core.payload import details_json
from core.settings import settings
from db.access import keys
from db.catalogue import categories, products
from db.catalogue.categories import slug
from db.catalogue.context import CatalogueContext
from db.records.plan import Row
from db.session import reading, writing
from syncs.declaration import Sync
from syncs.fields import Field
from syncs.source import Source

CATEGORY = (
    Field("name", ("name",), always=True, needed=True, also=("slug",)),
    Field("parent", ("parent_id",)),
)
PRODUCT = (
    Field("title", ("name",), always=True, needed=True),
    Field("price", ("price",), always=True, needed=True),
    Field("stock", ("stock",), always=True, default=0),
    Field("sku", ("sku",)),
    Field("barcode", ("barcode",)),
    Field("category", ("category_id",)),
    Field("site", ("site_id",), always=True),
)


def category_row(record: CategoryPayload) -> Row:
    """name→name and slug, parent_id→parent; everything else is kept as received."""
    name = record.name or ""
    return Row(
        record.id,
        {
            "name": name,
            "slug": slug(name, record.id),
            "parent": record.parent_id,
            "details": details_json(record),
        },
    )


def product_row(record: ProductPayload) -> Row:
    """name→title, price→price, stock→stock, sku→sku and external_sku,
    category_id→category, site_id→shop; everything else is kept as received.
    """
    return Row(
        record.id,
        {
            "title": record.name,
            "price": record.price,
            "stock": record.stock,
            "sku": record.sku,
            "barcode": record.barcode,
            "category": record.category_id,
            "site": record.site_id,
            "details": details_json(record),
        },
    )


NO_KEY = Advised("No API key for the B2B catalogue.", "keep a key")


def connector(timeouts: Timeouts) -> BoliBana:
    """The catalogue, with the active key of the store, else ``B2B_API_KEY``.

    Raises ``ConfigurationError`` when there is neither.
    """
    given = settings()
    return BoliBana.open(
        url=given.b2b_api_url,
        key=_key(),
        auth_header=given.b2b_auth_header,
        timeouts=timeouts,
        categories_path=given.b2b_categories_path,
        products_path=given.b2b_products_path,
        hosts=frozenset(filter(None, (host.strip() for host in given.b2b_api_hosts.split(",")))),
    )


def _key() -> str:
    with reading() as session:
        key = keys.active(session)
    given = settings().b2b_api_key
    if key is None and given is not None:
        key = given.get_secret_value()
    if not key:
        raise ConfigurationError(NO_KEY)
    return key


def _note_use() -> None:
    with writing() as session:
        keys.note_use(session)


SOURCE = Source(
    name="b2b",
    family="catalogue",
    vendor="bolibana",
    connector=connector,
    timeout=lambda: settings().inventory_api_timeout,
    advice=NO_KEY,
    note_use=_note_use,
)

CATEGORIES: Sync[BoliBana, CategoryPayload, CatalogueContext] = Sync(
    name="b2b.categories",
    summary="Categories of the B2B catalogue",
    source=SOURCE,
    fetch=BoliBana.categories,
    record=CategoryPayload,
    row=category_row,
    kind=categories.CATEGORIES,
    fields=CATEGORY,
    complete=True,
    item="category_id",
    schedule=crontab(minute="5", hour="*/2"),
    aliases=("sync_categories_from_inventory",),
)

PRODUCTS: Sync[BoliBana, ProductPayload, CatalogueContext] = Sync(
    name="b2b.products",
    summary="Products of the B2B catalogue, with their stock",
    source=SOURCE,
    fetch=BoliBana.products,
    record=ProductPayload,
    row=product_row,
    kind=products.PRODUCTS,
    fields=PRODUCT,
    complete=True,
    item="product_id",
    schedule=crontab(minute="10", hour="*/2"),
    options={"site_id": int},
    filters=frozenset({"site_id"}),
    aliases=("sync_products_from_inventory",),
)

SYNCS = (CATEGORIES, PRODUCTS)
