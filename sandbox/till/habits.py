"""What a till does all day, drawn from its seed: the same seed plays the same day."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import requests

from sandbox.till.device import Sale, Till
from sandbox.till.wire import Loss

AT_ONCE = 50
PATIENTLY = "wait=30"
Article = tuple[int, object]
"""Its number and its price."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """How likely each thing is, from 0 to 1."""

    sell: float = 0.6
    """A step is a sale, and not a request."""
    refund: float = 0.05
    """A sale takes back an earlier one."""
    unnumbered: float = 0.0
    """A sale has no number of the till's."""
    key: float = 0.5
    """A request has an Idempotency-Key; one with unnumbered sales always has."""
    resend: float = 0.5
    """A request is one that was not answered, to the letter, if there is one."""
    regroup: float = 0.3
    """Sales are sent in other company than they were."""
    reorder: float = 0.3
    """Sales are sent in another order than they were sold."""
    lose: float = 0.0
    """The answer is lost."""
    cut: float = 0.0
    """The till hangs up before it."""
    half: float = 0.0
    """The request itself breaks off."""
    most: int = 5
    """Sales in one request."""


def play(till: Till, articles: Sequence[Article], *, steps: int, habits: Habits) -> None:
    """``steps`` sales and requests. A server that is away is one more answer that is lost."""
    for _ in range(steps):
        if till.random.random() < habits.sell:
            _sell(till, articles, habits)
        else:
            _send(till, habits)


def catch_up(till: Till, *, rounds: int = 5) -> list[Sale]:
    """Send on a good line until all is synchronised or refused; what is not, ``refused`` or not."""
    for _ in range(rounds):
        for parcel in till.outbox:
            if parcel.key is not None and any(sale.recorded is None for sale in parcel.sales):
                _heard(till.resend, parcel, prefer=PATIENTLY)
        loose = _loose(till)
        for start in range(0, len(loose), AT_ONCE):
            _heard(till.send, loose[start : start + AT_ONCE], prefer=PATIENTLY)
        if all(sale.refused for sale in till.unsent):
            break
    return till.unsent


def _sell(till: Till, articles: Sequence[Article], habits: Habits) -> None:
    draw = till.random
    if till.sales and draw.random() < habits.refund:
        till.refund(draw.choice(till.sales))
        return
    lines = [
        (article, draw.randint(1, 3), price)
        for article, price in draw.choices(articles, k=draw.randint(1, 3))
    ]
    till.sell(*lines, numbered=draw.random() >= habits.unnumbered)


def _send(till: Till, habits: Habits) -> None:
    draw = till.random
    loss = _loss(till, habits)
    unheard = [parcel for parcel in till.outbox if not parcel.heard]
    if unheard and draw.random() < habits.resend:
        _heard(till.resend, draw.choice(unheard), loss=loss)
        return
    chosen = _loose(till)
    if draw.random() < habits.regroup:
        chosen = [sale for sale in chosen if draw.random() < 1 / 2]
    chosen = chosen[: habits.most]
    if draw.random() < habits.reorder:
        draw.shuffle(chosen)
    keyed = draw.random() < habits.key or not all(sale.numbered for sale in chosen)
    if chosen:
        _heard(till.send, chosen, keyed=keyed, loss=loss)


def _loss(till: Till, habits: Habits) -> Loss | None:
    chance = till.random.random()
    for loss, likely in (
        (Loss.ANSWER, habits.lose), (Loss.CUT, habits.cut), (Loss.HALF, habits.half),
    ):  # fmt: skip
        if chance < likely:
            return loss
        chance -= likely
    return None


def _loose(till: Till) -> list[Sale]:
    """What may be sent in any company: a sale without a number is known by its request only."""
    bound = {id(sale) for parcel in till.outbox for sale in parcel.sales if not sale.numbered}
    return [sale for sale in till.unsent if id(sale) not in bound]


def _heard(send: Callable[..., requests.Response | None], *what: object, **how: object) -> None:
    with suppress(requests.RequestException):
        send(*what, **how)
