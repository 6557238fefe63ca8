"""Orders by when they changed, in walks of ten locations each, with their location beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.families import Location, Moment, periods
from connectors.page import Page
from connectors.pos.square import search
from connectors.pos.square.found import chunks
from connectors.pos.square.search import MOST_LOCATIONS, Ask, Search, rfc3339

STATES = ("OPEN", "COMPLETED", "CANCELED")
"""Every state but DRAFT, which is a cart that nobody ordered."""
FIRST = datetime(2009, 1, 1, tzinfo=UTC)
"""Square is not older."""
AHEAD = timedelta(days=1)
"""Square's clock is not so far ahead of ours."""


def walk(
    ask: Ask,
    locations: Sequence[Location],
    *,
    start: Mapping[str, str] | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
) -> Iterator[Page]:
    """The pages of one walk after the other; each query names its walk, and when all of them end.

    An offline order comes up to 72 hours late and says when it was opened, so it is by
    ``updated_at`` that nothing is missed.
    """
    places = {each.id: each for each in locations}
    first, last = _period({each.timezone for each in locations}, since, until)
    names = [",".join(some) for some in chunks(list(places), MOST_LOCATIONS)]
    begun = dict(start or {})
    if (reached := begun.pop("walk", "")) not in names:
        reached, begun = names[0], {}
    end, at = begun.pop("until", rfc3339(last)), names.index(reached)
    for name, following in zip(names[at:], [*names[at + 1 :], None], strict=True):
        anew = following and {"walk": following, "until": end, "from": rfc3339(first)}
        for page in search.walk(ask, _search(name, first, end), start=begun or None):
            yield _named(page, places, {"walk": name, "until": end}, anew or None)
        begun = {}


def _search(name: str, first: datetime, end: str) -> Search:
    return Search(
        locations=tuple(name.split(",")),
        states=STATES,
        by="updated_at",
        start=first,
        end=datetime.fromisoformat(end),
    )


def _named(
    page: Page,
    places: Mapping[str, Location],
    walk: Mapping[str, str],
    after: dict[str, str] | None,
) -> Page:
    """``page``, whose queries say the ``walk``; the last of one leads to the one ``after`` it."""
    return replace(
        page,
        # What is no object stays, for the reader to refuse.
        payloads=[
            beside(order, places) if isinstance(order, dict) else order for order in page.payloads
        ],
        query={**page.query, **walk},
        next_query={**page.next_query, **walk} if page.next_query else after,
    )


def beside(order: dict[str, object], places: Mapping[str, Location]) -> dict[str, object]:
    """``order`` with its location's id, name, zone and currency: it has the id alone."""
    place = places.get(str(order.get("location_id")))
    if place is None:
        return order
    location = {
        "id": place.id,
        "name": place.name,
        "timezone": place.timezone,
        "currency": place.currency,
    }
    return {**order, "location": location}


def _period(
    zones: Collection[str], since: Moment | None, until: Moment | None
) -> tuple[datetime, datetime]:
    """From the first to the last of these moments, wherever a day begins."""
    first = FIRST if since is None else min(periods.instant(since, zone) for zone in zones)
    if until is None:
        return first, datetime.now(UTC) + AHEAD
    return first, max(periods.instant(until, zone) for zone in zones)
