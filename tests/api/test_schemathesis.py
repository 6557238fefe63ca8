"""Requests made up from the document, good and hostile, to the process as it runs: no 5xx, and no
answer that the document does not tell.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.api import given
from tests.api.test_server import web  # noqa: F401, a fixture
from tests.api.till import SERIAL, Till, furnish, sale, work

SCRIPT = Path(sys.executable).with_name("schemathesis")
CONFIG = """
headers = {{ Authorization = "Bearer {token}", X-Device-Serial = "{serial}" }}
continue-on-failure = true
phases.stateful.enabled = false

[generation]
deterministic = true
max-examples = 4

# All of them, and what is too much is a 413.
[checks]
negative_data_rejection.expected-statuses = ["4xx"]

[[operations]]
include-operation-id = "till_sales_take"
# A sale that is wrong is refused in the answer, and the others are taken.
checks.negative_data_rejection.enabled = false
# A key that came before, with another body.
checks.positive_data_acceptance.expected-statuses = ["2xx", "422"]

[[operations]]
include-operation-id = "till_sales_show"
parameters = {{ batch_id = "{batch}" }}

[[operations]]
# A cursor is nobody's to make up, and a period has its longest.
include-operation-id-regex = "^till_(history|articles|statistics)_index$"
checks.positive_data_acceptance.enabled = false

[[operations]]
# What a form of ours sends is on its page, not in the document.
include-operation-id-regex = "^(pages_run|pages_stop|keys_add|keys_switch|login_enter|login_leave)$"
checks.positive_data_acceptance.enabled = false

[[operations]]
# Which options there are is the sync's own matter.
include-operation-id = "ops_syncs_run"
checks.positive_data_acceptance.enabled = false

[[operations]]
# Which time zones there are is no pattern.
include-operation-id-regex = "^ops_shops_(add|change)$"
checks.positive_data_acceptance.enabled = false

[[operations]]
# More than one row wants a reason; 7.0 is a whole number to JSON Schema, and none to us.
include-operation-id-regex = "^ops_(failures_retry|rejects_replay)_many$"
checks.positive_data_acceptance.enabled = false
"""
"""Of what is asked, how, and which of its checks cannot hold where."""


@pytest.fixture
def config(app, tokens, monkeypatch, tmp_path):
    """How to ask, with something of everything in the store."""
    # No worker is there to wait for.
    monkeypatch.setenv("SALES_WAIT_SECONDS", "0")
    furnish()
    till = Till(app)
    posted = till.post([sale("V-1"), sale("V-2", (1, 1))], prefer="respond-async")
    work()
    for status in ("succeeded", "needs_approval", "due"):
        given.run(status)
    given.failure()
    given.failure(of_sync=False)
    given.reject(given.RICE)
    given.reject({"id": 1})
    path = tmp_path / "schemathesis.toml"
    batch = posted.get_json()["batch_id"]
    path.write_text(CONFIG.format(token=tokens["admin"], serial=SERIAL, batch=batch), "utf-8")
    return path


# Some twenty seconds; several times that where everything else runs too.
@pytest.mark.timeout(600)
def test_nothing_surprises(config, web, tmp_path):  # noqa: F811, the fixture
    done = subprocess.run(
        [SCRIPT, "--config-file", config, "--no-color", "run", f"{web}/openapi.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
