from __future__ import annotations

import pytest

from connectors.folder import FAMILIES

# The checks are in modules that are no tests to pytest's eyes.
pytest.register_assert_rewrite(*(f"tests.contracts.{family}" for family in FAMILIES))

from tests.contracts.offered import pytest_pyfunc_call  # noqa: E402, F401, a hook
