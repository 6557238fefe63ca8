"""One database of a PostgreSQL for test after test, each of which gets it empty."""

from __future__ import annotations

import psycopg

from tests.servers.postgresql import PostgreSQL

WATCH = """
CREATE SCHEMA watch;
CREATE TABLE watch.schema_changes ();
CREATE FUNCTION watch.note() RETURNS event_trigger LANGUAGE plpgsql AS
    'BEGIN INSERT INTO watch.schema_changes DEFAULT VALUES; END';
CREATE EVENT TRIGGER schema_change ON ddl_command_end EXECUTE FUNCTION watch.note();
"""
# Whoever is idle holds nothing, and may be used by the next test: the engine's pool.
DISCONNECT = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
"""
IS_REUSABLE = """
SELECT NOT EXISTS (SELECT FROM watch.schema_changes)
    AND (SELECT string_agg(version_num, ' ') FROM alembic_version) = %s
"""
# Not by DELETE, which is faster: rows would lie in the gaps of old ones, in an order of their own.
EMPTY = """
DO $$
DECLARE filled text;
BEGIN
    SELECT string_agg(oid::regclass::text, ', ') INTO filled FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0;
    IF filled IS NOT NULL THEN EXECUTE 'TRUNCATE ' || filled || ' CASCADE'; END IF;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
    PERFORM pg_stat_reset();
END $$
"""


class Database:
    """A copy of a migrated template. Emptying it takes a third of the time of a new copy, which is
    made only after a test that changed the schema.
    """

    def __init__(self, server: PostgreSQL, template: str, version: str) -> None:
        self.server, self.template, self.version = server, template, version
        self.name = "moulin_tests"
        self._copy()

    def empty(self) -> str:
        """The address of no row: whoever was at something is gone, ids and counters begin anew."""
        try:
            reusable = self._is_reusable()
        except psycopg.OperationalError:
            # The server was restarted since.
            self._connect()
            reusable = self._is_reusable()
        if reusable:
            self._connection.execute(EMPTY)
        else:
            self.close()
            self.server.drop(self.name)
            self._copy()
        return self.server.url(self.name)

    def close(self) -> None:
        """End the connection, which is kept because a new one knows no table yet."""
        self._connection.close()

    def _copy(self) -> None:
        self.server.create(self.name, template=self.template)
        self._connect()

    def _connect(self) -> None:
        self._connection = psycopg.connect(self.server.url(self.name), autocommit=True)

    def _is_reusable(self) -> bool:
        self._connection.execute(DISCONNECT)
        found = self._connection.execute(IS_REUSABLE, (self.version,)).fetchone()
        return found == (True,)
