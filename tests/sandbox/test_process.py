"""The sandbox as a process."""

import signal
import subprocess
import sys

import pytest
import requests

from sandbox import b2b, square

pytestmark = pytest.mark.processes


def start(*options):
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_serves_and_ends_cleanly(end):
    with start("--products", "42", "--seed", "3", "--key", "k") as process:
        url = process.stdout.readline().strip()
        page = requests.get(
            f"{url}/api/products/", headers={"Authorization": "Bearer k"}, timeout=10
        ).json()
        process.send_signal(end)
        rest, errors = process.communicate(timeout=20)

    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/api/v1")
    assert page["count"] == 42
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_art_site_and_square_are_served_beside_it_when_they_are_asked_for():
    template = ("--template-port", "0", "--template-key", "k", "--paintings", "3")
    with start(*template, "--square-port", "0", "--sales", "3") as process:
        process.stdout.readline()
        url = process.stdout.readline().strip()
        token = {"Authorization": f"Bearer {square.DEMO_TOKEN}"}
        location = requests.get(
            f"{process.stdout.readline().strip()}/v2/locations", headers=token, timeout=10
        ).json()["locations"][0]
        page = requests.get(
            f"{url}/api/export/paintings", headers={"X-API-Key": "k"}, timeout=10
        ).json()
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)

    assert page["count"] == len(page["data"]) == 3
    assert location["timezone"] == "Europe/Paris"
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_port_that_is_taken_is_said_in_one_line():
    with b2b.serve(products=1) as source:
        port = source.url.split(":")[2].split("/")[0]
        with start("--port", port) as process:
            output, errors = process.communicate(timeout=20)

    assert (process.returncode, output) == (1, "")
    assert errors.startswith(f"127.0.0.1:{port}: ")
