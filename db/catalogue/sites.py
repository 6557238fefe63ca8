"""Sites: the source's numbers of our shops, and which shop a record belongs to by its own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core import crypto
from db.catalogue.shop_rules import default_of
from db.models import ExternalProduct, Product, Shop
from db.records.plan import Context


class Sites:
    """Which shop a record belongs to: its site's, else the run's site's, else the default one.

    ``world`` changes whenever the shop of some record may have changed.
    """

    def __init__(self, shops: Sequence[Shop], run_site: str | None = None) -> None:
        self._by_site = {
            shop.site_id: shop.id for shop in shops if shop.active and shop.site_id is not None
        }
        self._run_site = run_site
        self.default = default_of(shops)
        self.world = crypto.digest(repr((self._by_site, self.default, run_site)))[:8]

    def site(self, own: str | None) -> str | None:
        """The site that counts for a record: its own, else the run's; None: it names none.

        While no shop has a site, the one that a run asks for tells no two shops apart: it is none.
        """
        site = own if own is not None else self._run_site
        return None if site == self._run_site and not self._by_site else site

    def named(self, own: str | None) -> int | None:
        """The shop that the record names; None: it names no site, or one that no shop has."""
        site = self.site(own)
        return None if site is None else self._by_site.get(site)

    def first(self, own: str | None) -> int | None:
        """The shop of a record that is in none yet; None: its site is no shop's."""
        return self.default if self.site(own) is None else self.named(own)


def warnings(session: Session, sites: Sites, context: Context) -> list[str]:
    """What a person should know of the products that this run has met: which sites are no shop's,
    and how many products stay in a shop that their record does not name.
    """
    said: list[str] = []
    for own, products, homeless, elsewhere in _met(session, sites.default, context):
        site = sites.site(own)
        if site is None and elsewhere:
            said.append(f"Products that name no site and stay in their shop: {elsewhere}.")
        if site is not None and sites.named(own) is None:
            said.append(
                f"No shop has site {site}: of its products {products - homeless} stay in their "
                f"shop and {homeless} are in none."
            )
    return said


def _met(
    session: Session, default: int | None, context: Context
) -> list[tuple[str | None, int, int, int]]:
    """By the site they name: how many products the run has met, how many of them are in no shop,
    and how many in another than the default.
    """
    link, shop = ExternalProduct, Product.shop_id
    query = (
        select(
            link.upstream_site,
            func.count(),
            func.count().filter(shop.is_(None)),
            func.count().filter(shop != default),
        )
        .join(Product, Product.id == link.product_id)
        .where(
            link.source == context.source, link.gone_at.is_(None), link.seen_run == context.run_id
        )
        .group_by(link.upstream_site)
        .order_by(link.upstream_site)
    )
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]
