"""The store as a test reads it: rows by the source's id, and whole tables as plain tuples."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, func, select, update

from db.bulk import now
from db.catalogue import stock
from db.models import (
    Base,
    Category,
    ExternalCategory,
    ExternalProduct,
    FailedTask,
    Product,
    Reject,
    StockMovement,
    SyncRun,
    SyncState,
)
from db.session import reading, writing

PRODUCT = (
    Product.id, Product.title, Product.price, Product.stock, Product.sku, Product.active,
    Product.shop_id, Product.category_id, Product.updated_at,
)  # fmt: skip
LINK = (
    ExternalProduct.external_id, ExternalProduct.sync_status, ExternalProduct.gone_at,
    ExternalProduct.seen_run, ExternalProduct.details, ExternalProduct.upstream_stock,
    ExternalProduct.last_synced_at,
)  # fmt: skip


def products() -> dict[str, Row[*tuple[Any, ...]]]:
    """Every product with its link, by the source's id."""
    query = select(*PRODUCT, *LINK).join(ExternalProduct, ExternalProduct.product_id == Product.id)
    with reading() as session:
        return {row.external_id: row for row in session.execute(query).all()}


def product(external_id: int | str) -> Row[*tuple[Any, ...]]:
    """One product with its link."""
    return products()[str(external_id)]


def upstream(external_id: int | str) -> dict[str, Any]:
    """What the source said last of a product, whatever we made of it."""
    columns = [c for c in ExternalProduct.__table__.c if c.name.startswith("upstream_")]
    query = select(*columns).where(ExternalProduct.external_id == str(external_id))
    with reading() as session:
        return dict(session.execute(query).mappings().one())


def living() -> set[int]:
    """The ids of the products that are in the store and not tombstoned."""
    return {int(key) for key, row in products().items() if row.gone_at is None}


def parents() -> dict[str, str | None]:
    """The parent of every category, by the source's ids."""
    with reading() as session:
        rows = session.execute(
            select(ExternalCategory.external_id, Category.id, Category.parent_id).join(Category)
        ).all()
    names = {ident: key for key, ident, _ in rows}
    return {key: names[parent] if parent else None for key, _, parent in rows}


def category(external_id: int | str) -> Any:
    """One category with its link."""
    query = (
        select(Category.id, Category.name, Category.slug, ExternalCategory.sync_status)
        .join(ExternalCategory)
        .where(ExternalCategory.external_id == str(external_id))
    )
    with reading() as session:
        return session.execute(query).one()


def movements(external_id: int | str) -> list[tuple[str, int, int]]:
    """A product's ledger, oldest first: (kind, delta, stock after)."""
    query = (
        select(StockMovement.kind, StockMovement.delta, StockMovement.stock_after)
        .join(ExternalProduct, ExternalProduct.product_id == StockMovement.product_id)
        .where(ExternalProduct.external_id == str(external_id))
        .order_by(StockMovement.id)
    )
    with reading() as session:
        return [(row.kind, row.delta, row.stock_after) for row in session.execute(query)]


def rejects(state: str | None = "open") -> list[Reject]:
    """Rejects in the order they were kept."""
    query = select(Reject).order_by(Reject.id)
    if state is not None:
        query = query.where(Reject.state == state)
    with reading() as session:
        return list(session.scalars(query))


def run(run_id: int) -> Any:
    """A run's row, whose columns a test knows to be set."""
    with reading() as session:
        return session.get_one(SyncRun, run_id)


def state(sync: str) -> Any:
    """A sync's row, likewise."""
    with reading() as session:
        return session.get_one(SyncState, sync)


def failed_tasks() -> list[FailedTask]:
    """Failures that wait for a person."""
    with reading() as session:
        return list(session.scalars(select(FailedTask).order_by(FailedTask.id)))


def count(model: type[Base]) -> int:
    """How many rows a table has."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def mismatches() -> list[stock.Mismatch]:
    """Products whose stock is not the sum of their movements."""
    with reading() as session:
        return stock.verify(session)[1]


def dump(*models: type[Base]) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of these tables, or of all there are."""
    names = [model.__tablename__ for model in models] or list(Base.metadata.tables)
    tables = [Base.metadata.tables[name] for name in names]
    with reading() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
            ]
            for table in tables
        }


def change(model: type[Base], key: Any, **values: Any) -> None:
    """Set columns of one row, as time or a person would have."""
    with writing() as session:
        row = session.get_one(model, key)
        for name, value in values.items():
            setattr(row, name, value)


def add(model: type[Base], **values: Any) -> None:
    """Keep one more row, as another process would have."""
    with writing() as session:
        session.add(model(**values))


def shift(model: type[Base], key: Any, column: str, **ago: float) -> None:
    """Set a moment of one row so far into the past of the database's clock."""
    with writing() as session:
        setattr(session.get_one(model, key), column, now(session) - timedelta(**ago))


def change_link(external_id: int | str, **values: Any) -> None:
    """Set columns of a product's link."""
    with writing() as session:
        session.execute(
            update(ExternalProduct)
            .where(ExternalProduct.external_id == str(external_id))
            .values(**values)
        )
