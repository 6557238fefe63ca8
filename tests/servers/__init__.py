"""Real servers for the tests: a PostgreSQL and a Redis of one's own, on loopback, gone afterwards.

Both can be hurt on purpose: killed, frozen, restarted. Neither touches anything outside its own
temporary directory, and both die with the process that started them.
"""

from tests.servers.database import WATCH, Database
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import free_port, memory, until
from tests.servers.redis_server import Redis, redis_binary

__all__ = [
    "WATCH",
    "Database",
    "PostgreSQL",
    "Redis",
    "free_port",
    "memory",
    "redis_binary",
    "until",
]
