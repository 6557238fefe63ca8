"""Flower's settings, read by ``celery -A worker flower`` from the directory it starts in.

Flower takes every name of this module that is an option of its own; what the command line says
wins. See docs/explanation/celery.md.
"""

import os
import sys
from ipaddress import ip_address
from logging import ERROR, getLogger
from typing import NoReturn

from tornado.options import options

from core.errors import ConfigurationError
from core.settings import settings


def _refuse(*problems: str) -> NoReturn:
    for problem in problems:
        print(f"Error: {problem}", file=sys.stderr)  # noqa: T201, no log is set up here
    sys.exit(78)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


try:
    _given = settings()
except ConfigurationError as error:
    _refuse(*error.problems)

# Of an event that cannot be read it would print the content.
getLogger("kombu.transport.redis").setLevel(ERROR)

# Open to this machine only, unless told otherwise.
address = options.address or os.environ.get("FLOWER_ADDRESS") or "127.0.0.1"
port = _given.flower_port
persistent = False

basic_auth = [user for user in options.basic_auth or [] if user]
if _given.flower_basic_auth is not None:
    basic_auth = _given.flower_basic_auth.get_secret_value().split(",")
_guarded = bool(basic_auth or options.auth or options.unix_socket)
if not _guarded and (_given.production or not _is_loopback(address)):
    _refuse(
        "FLOWER_BASIC_AUTH: without it Flower would be open to whoever reaches "
        f"{address}; give it as user:password."
    )
