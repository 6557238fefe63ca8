"""Where commands may go: in development to nobody's real account."""

from __future__ import annotations

import pytest

from connectors.config import parse
from connectors.environment import may_write
from connectors.pos import SquareConnector

REAL = "https://connect.squareup.com"


@pytest.mark.parametrize(
    ("url", "environment", "may"),
    [
        (REAL, "production", True),
        (REAL, "development", False),
        ("https://connect.squareupsandbox.com", "development", True),
        ("https://connect.squareupsandbox.com.evil.example", "development", False),
        ("http://127.0.0.1:8000", "development", True),
        ("http://localhost:8000", "development", True),
        ("http://[::1]:8000", "development", True),
        ("https://127.0.0.1.evil.example", "development", False),
        ("https://squareupsandbox.com", "development", False),
        (REAL, "staging", False),
    ],
)
def test_commands_go_to_no_real_account_in_development(url, environment, may):
    config = parse({"api": {"base_url": url}, "auth": {"method": "bearer", "token": "t"}})

    found = may_write(config, environment, sandboxes=SquareConnector.sandboxes)

    assert found is may


def test_the_vendors_own_address_is_a_real_one():
    mapping = {"auth": {"method": "bearer", "token": "t"}}
    with SquareConnector(config_dict=mapping) as connector:
        assert not may_write(connector.config, "development", sandboxes=connector.sandboxes)
