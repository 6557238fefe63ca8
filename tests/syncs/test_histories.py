"""Histories: whatever the source goes through, the store ends as the source is.

Products come, change, vanish, return and are refused; runs are interrupted and resumed. After
every run that succeeds the store equals the model, and stock is the sum of its movements.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

import core.settings
from connectors.catalogue import bolibana
from connectors.errors import ServerError
from db.catalogue import stock
from db.models import Base
from db.session import writing
from sandbox import b2b as inventory
from sandbox.faults import Status
from syncs.sources.catalogue import PRODUCTS
from tests.syncs.rows import living, mismatches, product, products, rejects
from tests.syncs.running import Statistics, sync_now

IDS = st.integers(1, 9)
Record = dict[str, object]


class History(RuleBasedStateMachine):
    """What the source holds and what the store must show after the next complete run."""

    source: inventory.B2B

    def __init__(self) -> None:
        super().__init__()
        empty_the_store()
        self.source.faults.clear()
        self.source.catalogue.products.replace([])
        self.upstream: dict[int, Record] = {}
        self.bad: set[int] = set()
        self.known: dict[int, Record] = {}
        self.adjusted: dict[int, int] = {}
        self.last: Statistics | None = None

    @rule(ident=IDS, price=st.integers(0, 10**6), pieces=st.integers(-50, 50), note=st.text("aé🍚"))
    def say(self, ident: int, price: int, pieces: int, note: str) -> None:
        """A product is new, changes, returns, or is mended."""
        self.upstream[ident] = {
            "id": ident, "name": f"Produit {ident}", "price": price, "stock": pieces, "note": note
        }  # fmt: skip
        self.bad.discard(ident)

    @precondition(lambda self: self.upstream)
    @rule(data=st.data())
    def spoil(self, data: st.DataObject) -> None:
        """A product is sent in a way that nobody can keep."""
        ident = data.draw(st.sampled_from(sorted(self.upstream)))
        self.bad.add(ident)

    @precondition(lambda self: self.upstream)
    @rule(data=st.data())
    def vanish(self, data: st.DataObject) -> None:
        """A product is no longer there."""
        ident = data.draw(st.sampled_from(sorted(self.upstream)))
        del self.upstream[ident]
        self.bad.discard(ident)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), delta=st.integers(-5, 5).filter(bool))
    def adjust(self, data: st.DataObject, delta: int) -> None:
        """Stock moves here."""
        ident = data.draw(st.sampled_from(sorted(self.known)))
        with writing() as session:
            stock.adjust(session, product(ident).id, delta, "inventaire")
        self.adjusted[ident] = self.adjusted.get(ident, 0) + delta

    @rule(fails_at=st.none() | st.integers(1, 4), resumes=st.booleans())
    def sync(self, fails_at: int | None, resumes: bool) -> None:  # noqa: FBT001 - hypothesis gives it by name
        """A run, interrupted at a page and resumed, or left for a new one."""
        self.serve()
        self.last = self.interrupted(fails_at, resume=resumes)
        for ident, record in self.upstream.items():
            if ident not in self.bad:
                self.known[ident] = record
        self.check(self.last)

    def serve(self) -> None:
        """The source tells what the history says."""
        self.source.catalogue.products.replace(
            record | {"price": "free"} if ident in self.bad else record
            for ident, record in self.upstream.items()
        )

    def interrupted(self, fails_at: int | None, *, resume: bool) -> Statistics:
        """The statistics of the run that came through in the end."""
        if fails_at is not None:
            self.source.faults.add(Status(status=501, page=fails_at))
            try:
                return sync_now(PRODUCTS)
            except ServerError:
                pass
            finally:
                self.source.faults.clear()
        return sync_now(PRODUCTS, resume=resume)

    def check(self, done: Statistics) -> None:
        """The store is what the history says."""
        gone = self.known.keys() - self.upstream.keys()
        emptied = not self.upstream and living()
        assert done["status"] == ("partial" if self.bad or emptied else "succeeded")
        assert done["total"] == len(self.upstream)
        if self.upstream:
            assert living() == self.known.keys() - gone
        assert {int(reject.external_id or 0) for reject in rejects()} >= self.bad
        found = products()
        for ident, record in self.known.items():
            row = found[str(ident)]
            assert int(row.price) == record["price"]
            assert row.details == {"note": record["note"]}
            assert row.stock == record["stock"] + self.adjusted.get(ident, 0)  # type: ignore[operator]  # an int

    @invariant()
    def stock_is_the_sum_of_its_movements(self) -> None:
        """Always."""
        assert mismatches() == []

    @invariant()
    def outcomes_add_up(self) -> None:
        """Every record that was fetched has one outcome."""
        if self.last is not None:
            names = ("created", "updated", "unchanged", "errors", "duplicates")
            assert sum(self.last[name] for name in names) == self.last["fetched"]


def empty_the_store() -> None:
    """Every table of ours is empty."""
    with writing() as session:
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(text(f"DELETE FROM {table.name}"))  # noqa: S608 - a name of ours


def test_whatever_the_source_goes_through_the_store_ends_as_the_source_is(b2b, monkeypatch):
    monkeypatch.setattr(bolibana, "PAGE_SIZE", 3)
    monkeypatch.setenv("SYNC_DELETE_BRAKE_PERCENT", "100")
    core.settings.reset()
    monkeypatch.setattr(History, "source", b2b, raising=False)

    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=20,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )


pytestmark = pytest.mark.timeout(300)
