"""What a page of the catalogue depends on beside its records: our shops, and the stock mode."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.settings import settings
from db.catalogue import shops
from db.catalogue.sites import Sites
from db.records.plan import Context


@dataclass(frozen=True, kw_only=True)
class CatalogueContext(Context):
    """A run that reads the catalogue, with our shops as they are now."""

    sites: Sites
    mirrors_stock: bool

    @property
    def world(self) -> str:
        """Another one when a record may belong to another shop: products are placed again."""
        return self.sites.world

    @property
    def by_letters(self) -> bool:
        """Mirroring compares our own stock too."""
        return not self.mirrors_stock


def of_catalogue(session: Session, context: Context) -> CatalogueContext:
    """The context of a page of products or categories. A record without a site belongs to the
    run's.
    """
    site = context.options.get("site_id")
    return CatalogueContext(
        **vars(context),
        sites=Sites(shops.places(session), None if site is None else str(site)),
        mirrors_stock=settings().inventory_stock_mode == "mirror",
    )
