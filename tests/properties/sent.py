"""What tills send and what workers meet, as hypothesis draws it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.crashes import MOMENTS, Bug, Crash, Killed, away
from tests.properties.shops import ARTICLES, TILLS

# Two ways to write one moment.
WHENS = ("2020-01-02T03:04:05+01:00", "2020-01-02T02:04:05Z")


def sales(shop: int) -> st.SearchStrategy[dict[str, Any]]:
    """A sale of a shop: few numbers and few contents, so that they meet again and again."""
    own = [ident for ident, article in ARTICLES.items() if article.shop == shop]
    # Another shop's is as unknown as none.
    others = [ident for ident in ARTICLES if ident not in own][:1]
    lines = st.fixed_dictionaries(
        {
            "article_id": st.sampled_from(own * 4 + others),
            "quantite": st.sampled_from([1, 1, 2, 3, -1]),
        },
        optional={"prix_unitaire": st.sampled_from([None, 0, 1.1, "19.99", 20, "20.00"])},
    )
    well = st.lists(lines, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {
            "numero_facture": st.sampled_from(["V-1", " V-1", "V-2", "V-3", None]),
            "lignes": st.integers(0, 9).flatmap(
                lambda chance: st.just([]) if chance == 9 else well
            ),
        },
        optional={
            "mode_paiement": st.sampled_from(["CASH", "CARTE", None]),
            "paye": st.booleans(),
            "date_vente": st.sampled_from(WHENS),
            "remise": st.sampled_from([0, "0.01", 5, -5]),
        },
    )


TILL = st.sampled_from([2, 2, *TILLS])
REQUESTS = TILL.flatmap(
    lambda till: st.tuples(st.just(till), st.lists(sales(TILLS[till]), min_size=1, max_size=4))
)
"""The till, and what it sends."""

CRASHES = st.builds(
    Crash,
    error=st.one_of(st.builds(Killed), st.builds(Bug), st.builds(away)),
    transaction=st.sampled_from([1, 2, 2]),
    moment=st.sampled_from(MOMENTS),
    statement=st.integers(1, 4),
)
FATES = st.one_of(st.just("worked"), st.just("left"), CRASHES)
"""What becomes of a batch that is in: a worker works it off, none hears of it, or it crashes."""
DEATHS = st.lists(
    st.builds(
        Crash,
        error=st.one_of(st.builds(Killed), st.builds(Bug)),
        transaction=st.just(2),
        moment=st.sampled_from(["before", "within"]),
    ),
    min_size=6,
    max_size=7,
)
"""A batch that no worker survives; after five it waits for a person."""
