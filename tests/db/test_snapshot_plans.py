"""After years of runs a page's look at its syncs reads the one run that has not ended, if any."""

from __future__ import annotations

from sqlalchemy import event, insert, text

from db.models import SyncRun
from db.session import engine, reading, writing
from db.work import runs, states

INDEX = "uq_sync_runs_active"
NAMES = ("b2b.categories", "b2b.products")
RUNS = 5000


def plans(look):
    """How the database carries out each statement of ``look``."""
    found, told = [], []

    def hear(_connection, _cursor, statement, parameters, *_more):
        if statement.startswith("SELECT"):
            told.append((statement, parameters))

    event.listen(engine(), "before_cursor_execute", hear)
    with reading() as session:
        look(session)
    event.remove(engine(), "before_cursor_execute", hear)
    explain = "EXPLAIN QUERY PLAN" if engine().dialect.name == "sqlite" else "EXPLAIN"
    with engine().connect() as connection:
        for statement, parameters in told:
            rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
            found.append("\n".join(str(row[-1]) for row in rows))
    return found


def test_the_runs_that_ended_are_not_read(store):
    ended = {"options": {}, "trigger": "beat", "status": "succeeded"}
    with writing() as session:
        for name in NAMES:
            states.ensure(session, name)
            rows = [{**ended, "sync": name} for _ in range(RUNS)]
            session.execute(insert(SyncRun), rows)
        session.execute(text("ANALYZE"))

    looks = plans(lambda session: states.snapshots(session, NAMES))
    looks += plans(lambda session: runs.active(session, NAMES[0]))

    assert len(looks) == 2
    for look in looks:
        assert INDEX in look, look


def test_a_run_that_is_due_or_running_is_seen(store):
    for status, seen in (("due", True), ("running", True), ("failed", False)):
        with writing() as session:
            session.query(SyncRun).delete()
            states.ensure(session, NAMES[0])
            session.add(SyncRun(sync=NAMES[0], options={}, trigger="beat", status=status))
        with reading() as session:
            found = states.snapshots(session, NAMES)

        assert {name: one.active for name, one in found.items()} == {NAMES[0]: seen}
