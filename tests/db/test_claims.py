"""Claimed work, by a table of its own: whatever a kind of work is, this holds for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from core.errors import MoulinError
from db.session import engine, reading, writing
from db.types import db_now
from db.work import claims
from syncs import trying
from syncs.due.kinds import Rows
from tests.db.letters import (
    LETTER,
    Letter,
    LetterLost,
    Posting,
    Toys,
    change,
    claim,
    claimed,
    columns,
    expire,
    letter,
    rung,
)
from tests.servers import until

WORKERS = 8


@pytest.fixture(autouse=True)
def letters(store) -> Iterator[None]:
    """One letter that is due."""
    Toys.metadata.create_all(engine())
    with writing() as session:
        session.add(Letter(id=LETTER, text="Bonjour"))
    yield
    Toys.metadata.drop_all(engine())


def answer(write: Callable[[Session], object]) -> None:
    """Write an answer to the letter in the transaction that ends its work."""
    with writing() as session:
        session.add(Letter(id=2, text="Bonsoir"))
        session.flush()
        write(session)


def error(message: str) -> list[trying.Attempt]:
    return [trying.attempt(MoulinError(message), "task-1")]


def test_of_many_workers_one_has_it():
    together = Barrier(WORKERS)

    def hurry(_: int) -> Posting | None:
        together.wait()
        return claim()

    with ThreadPoolExecutor(WORKERS) as pool:
        held = [one for one in pool.map(hurry, range(WORKERS)) if one is not None]

    assert len(held) == 1
    assert (letter().status, letter().failures, letter().lease_token) == ("running", 1, 1)


def test_a_claim_brings_what_its_kind_reads_in_one_statement():
    change(correlation_id="abc", errors=error("before"), not_before=db_now(-1))
    statements: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if "letters" in statement:
            statements.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    held = claim(task_id="task-2")
    event.remove(engine(), "before_cursor_execute", note)

    assert held is not None
    assert (held.key, held.text, held.failures, held.token) == (LETTER, "Bonjour", 1, 1)
    assert (held.correlation_id, held.errors[0]["message"]) == ("abc", "before")
    assert (letter().task_id, letter().not_before) == ("task-2", None)
    assert len(statements) == 1


@pytest.mark.parametrize("status", ["done", "failed", "cancelled"])
def test_what_has_ended_is_not_claimed(status):
    change(status=status)

    assert claim() is None
    assert letter().failures == 0


def test_what_must_wait_is_not_claimed():
    change(not_before=db_now(60))

    assert claim() is None


def test_who_holds_it_finishes_it():
    held = claimed()

    with writing() as session:
        claims.finish(session, held, postmark="Paris")

    done = letter()
    assert (done.status, done.postmark, done.failures, done.lease_until) == (
        "done", "Paris", 0, None,
    )  # fmt: skip
    assert claim() is None


def test_who_was_frozen_past_his_lease_writes_nothing():
    frozen = claimed()
    expire()
    holder = claimed()
    assert holder.token > frozen.token
    before = columns()

    for late in (
        lambda session: claims.renew(session, frozen),
        lambda session: claims.finish(session, frozen, postmark="late"),
        lambda session: claims.put_back(session, frozen, wait=1, errors=error("late")),
        lambda session: claims.give_up(session, frozen, errors=error("late")),
    ):
        with pytest.raises(LetterLost, match="letters 1"):
            answer(late)

    assert columns() == before
    with reading() as session:
        assert session.query(Letter).count() == 1
    with writing() as session:
        claims.finish(session, holder)


def test_who_thaws_before_anybody_took_it_still_has_it():
    late = claimed()
    expire()

    with writing() as session:
        claims.renew(session, late)

    assert claim() is None
    with writing() as session:
        claims.finish(session, late)


def test_a_renewal_pushes_the_end_away_by_the_databases_clock():
    held = claimed()
    change(lease_until=db_now(1))

    with writing() as session:
        now = claims.renew(session, held)

    until = letter().lease_until
    assert until is not None
    assert 59 < (until - now).total_seconds() < 61


def test_what_is_put_back_is_due_later():
    assert rung() == [LETTER]
    held = claimed()
    with writing() as session:
        claims.put_back(session, held, wait=30, errors=error("the post is closed"))

    waiting = letter()
    assert (waiting.status, waiting.failures, waiting.rung_at) == ("due", 1, None)
    assert waiting.errors[0]["message"] == "the post is closed"
    assert claim() is None
    assert rung() == []
    change(not_before=db_now(-1))
    assert rung(quiet=60) == [LETTER]
    assert claimed().failures == 2


def test_what_was_put_back_is_no_longer_held():
    held = claimed()
    with writing() as session:
        claims.put_back(session, held, wait=0, errors=())

    for late in (
        lambda session: claims.renew(session, held),
        lambda session: claims.finish(session, held),
    ):
        with pytest.raises(LetterLost):
            answer(late)

    assert letter().status == "due"


def test_a_blameless_failure_is_not_counted():
    for _ in range(trying.MOST_FAILURES + 1):
        held = claimed()
        with writing() as session:
            claims.put_back(session, held, wait=0, errors=(), blameless=True)

    assert (letter().status, letter().failures) == ("due", 0)


def test_after_too_many_failures_it_is_given_up_until_a_person_reopens_it():
    waits = []
    for _ in range(trying.MOST_FAILURES):
        held = claimed()
        waits.append(wait := trying.wait_after(held.failures))
        errors = trying.attempts(held.errors, MoulinError("no"), "task-1")
        with writing() as session:
            if wait is None:
                claims.give_up(session, held, errors=errors)
            else:
                claims.put_back(session, held, wait=0, errors=errors)

    assert [wait is None for wait in waits] == [False, False, False, False, True]
    assert (letter().status, len(letter().errors)) == ("failed", trying.MOST_FAILURES)
    assert (claim(), rung()) == (None, [])

    with writing() as session:
        assert claims.reopen(session, Letter, LETTER)
        assert not claims.reopen(session, Letter, LETTER)
    assert rung() == [LETTER]
    assert claimed().failures == 1


def test_who_dies_without_a_word_is_counted():
    for dead in range(1, trying.MOST_FAILURES + 2):
        assert claimed().failures == dead
        expire()


def test_it_is_rung_for_again_after_it_was_quiet():
    assert rung(quiet=10) == [LETTER]
    assert rung(quiet=10) == []

    change(rung_at=db_now(-11))
    assert rung(quiet=10) == [LETTER]


def test_nobody_rings_for_what_somebody_does_until_his_lease_has_ended():
    claimed()
    assert rung() == []

    expire()
    assert rung() == [LETTER]


def is_waited_for() -> bool:
    """Whether somebody waits for a row that somebody else has locked."""
    with reading() as session:
        query = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        return bool(session.execute(text(query)).scalar_one())


def test_of_two_sweepers_at_once_one_rings(store):
    with ThreadPoolExecutor(1) as pool:
        with writing() as session:
            assert claims.to_ring(session, Letter, quiet=60) == [LETTER]
            other = pool.submit(rung, quiet=60)
            # On SQLite the other one cannot even begin.
            if store.database_url.startswith("postgresql"):
                until(is_waited_for, what="the other sweeper")
        assert other.result() == []


def test_the_oldest_are_rung_for_first_and_not_all_at_once(monkeypatch):
    monkeypatch.setattr(claims, "AT_ONCE", 3)
    with writing() as session:
        session.add_all(Letter(id=ident, text="") for ident in (5, 4, 3, 2))

    assert rung(quiet=60) == [1, 2, 3]
    assert rung(quiet=60) == [4, 5]


def test_a_new_kind_is_one_line_for_the_sweeper():
    kind = Rows(noun="letter", table=Letter, task="letters.post")

    with writing() as session:
        assert kind.to_ring(session, quiet=10) == [("letters.post", LETTER)]
