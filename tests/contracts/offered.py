"""A check that needs what a vendor does not have is not offered: its body is not run.

It passes, for ``test_what_it_lacks_is_refused_and_not_sent`` sees to the rest; ``connectors grade``
reads what is noted here.
"""

from __future__ import annotations

import pytest

from connectors.families import Family

NOT_OFFERED = ("grade", "not offered")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Note the check and be done with it, or leave it to pytest."""
    needed = {name for mark in pyfuncitem.iter_markers("needs") for name in mark.args}
    if not needed:
        return None
    connector = pyfuncitem.funcargs["pos"]
    assert isinstance(connector, Family)
    if all(connector.capabilities[name] for name in needed):
        return None
    pyfuncitem.user_properties.append(NOT_OFFERED)
    return True
