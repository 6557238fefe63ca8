"""What happens to a batch, in the store and in the books at once; rules are made of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy.exc import OperationalError

from core.errors import MoulinError
from db.models import SalesBatch
from db.session import reading, writing
from db.tills import batch_claims
from db.tills.batch_claims import Claim
from db.tills.batches import Received
from syncs.sales import process as sales
from tests.properties.agreement import check
from tests.properties.books import MOST_FAILURES, Batch, Books, Raw, Refusal
from tests.properties.crashes import Bug, Crash, Killed
from tests.properties.shops import TILLS, furnish, pause
from tests.syncs.sales.conftest import Till


class Chain(RuleBasedStateMachine):
    """Two shops and four tills, with nothing sold yet."""

    def __init__(self) -> None:
        super().__init__()
        self.books: Books = furnish()

    @invariant()
    def the_store_says_what_was_promised(self) -> None:
        """Always."""
        check(self.books)

    def receive(self, till: int, sent: list[Raw], key: str | None) -> Batch:
        """A new batch."""
        received = put(till, sent, key)
        assert (received.status, received.replayed) == ("due", False)
        return self.enter(received.batch_id, till, sent, key)

    def enter(self, ident: int, till: int, sent: list[Raw], key: str | None) -> Batch:
        """Put it into the books, with the second that it got for its numbers."""
        with reading() as session:
            stamp = session.get_one(SalesBatch, ident).number_stamp
        assert (stamp is None) == all(raw["numero_facture"] for raw in sent)
        batch = Batch(ident, TILLS[till], till, list(sent), key, stamp)
        stamps = {each.stamp for each in self.books.batches.values() if each.shop == batch.shop}
        assert stamp is None or stamp not in stamps
        self.books.batches[ident] = batch
        return batch

    def meet(self, batch: Batch, fate: Crash | str) -> None:
        """What becomes of a batch: ``worked``, ``left`` alone, or a worker's crash."""
        if fate != "left":
            self.work(batch, fate if isinstance(fate, Crash) else None)

    def work(self, batch: Batch, crash: Crash | None = None) -> None:
        """A worker is told of the batch, and may crash; the books say what must come of it."""
        free = batch.free
        outcome = told(batch.id, crash)
        struck = crash if crash is not None and crash.struck else None
        if struck is None:
            assert outcome == self.worked(batch, free=free)
        elif struck.transaction == 1:
            assert outcome == struck.name
            if free and struck.moment == "after":
                self.claimed(batch)
        else:
            self.claimed(batch)
            assert outcome == self.broken(batch, struck)

    def claimed(self, batch: Batch) -> None:
        """Somebody has it."""
        batch.status, batch.failures, batch.held = "running", batch.failures + 1, True

    def worked(self, batch: Batch, *, free: bool) -> str:
        """Nothing came in between; how it must have ended."""
        if not free:
            return "left"
        self.claimed(batch)
        if batch.failures > MOST_FAILURES:
            batch.status, batch.held = "failed", False
            return "DIED"
        self.books.work(batch)
        return "done"

    def broken(self, batch: Batch, crash: Crash) -> str:
        """The second transaction broke; how it must have ended."""
        committed = crash.moment == "after"
        if batch.failures > MOST_FAILURES:
            if committed:
                batch.status, batch.held = "failed", False
            return crash.name
        if committed:
            self.books.work(batch)
            # Who is alive and does not know that it was committed finds that it was.
            return crash.name if crash.name == "Killed" else "left"
        if crash.name == "OperationalError":
            self.books.work(batch)
            return "done"
        if crash.name == "Bug":
            batch.status, batch.held = "due", False
            batch.rests = batch.failures < MOST_FAILURES
            batch.status = "due" if batch.rests else "failed"
            pause()
        return crash.name

    def claim(self, batch: Batch) -> Claim:
        """A worker has it and does nothing yet."""
        with writing() as session:
            held = batch_claims.claim(session, batch.id, seconds=sales.LEASE)
        assert held is not None
        self.claimed(batch)
        return held

    def any_batch(self, data: st.DataObject) -> Batch:
        """One of all."""
        return self.books.batches[data.draw(st.sampled_from(sorted(self.books.batches)))]

    def chosen(self, wanted: Callable[[Batch], bool]) -> list[Batch]:
        """The batches that are as wanted."""
        return [batch for batch in self.books.batches.values() if wanted(batch)]

    def keyed(self) -> list[Batch]:
        """Those with an Idempotency-Key."""
        return self.chosen(lambda batch: batch.key is not None)

    def unfinished(self) -> list[Batch]:
        """Those that somebody has to process."""
        return self.chosen(lambda batch: batch.status in {"due", "running"})

    def startable(self) -> list[Batch]:
        """Those that two workers may claim before it is too often."""
        return self.chosen(lambda batch: batch.free and batch.failures + 2 <= MOST_FAILURES)

    def given(self) -> list[Refusal]:
        """Refused sales that came without a number and got one."""
        return [
            refusal
            for refusal in self.books.refused.values()
            if refusal.number
            and not self.books.batches[refusal.batch].sales[refusal.index - 1]["numero_facture"]
        ]

    def conflicts(self) -> list[Refusal]:
        """Refused sales whose number is another sale's."""
        every = [each for each in self.books.refused.values() if each.code == "CONFLIT_FACTURE"]
        return sorted(every, key=str)

    def failed(self) -> list[Batch]:
        """Those that wait for a person."""
        return self.chosen(lambda batch: batch.status == "failed")


def put(till: int, sent: list[Raw], key: str | None) -> Received:
    """What the endpoint does."""
    return Till(till, TILLS[till]).receive(*sent, key=key)


def told(ident: int, crash: Crash | None) -> str:
    """A worker gets the message; what came of it, or what was raised."""
    with crash.armed() if crash else nullcontext():
        try:
            return sales.process(ident)
        except MoulinError as error:
            return error.code
        except (Killed, Bug, OperationalError) as error:
            return type(error).__name__
