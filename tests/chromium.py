"""Where this machine's Chromium is: the end-to-end tests look at our pages in a real browser.

``python -m tests.chromium`` says where, or installs Debian's where that is possible (as root, with
apt-get); else it says what to do and lets the other tests run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

VARIABLE = "CHROMIUM_BIN"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = (
    "There is no Chromium here, and the tests of the pages in a browser (tests/e2e) need one: "
    f"install it (Debian: apt-get install chromium), or name one in {VARIABLE}."
)
APT = ("apt-get", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120", "-y")


def find() -> str | None:
    """The browser's program; None when there is none."""
    if named := os.environ.get(VARIABLE):
        return named if shutil.which(named) else None
    installed = (shutil.which(name) for name in NAMES)
    applications = (place for place in PLACES if Path(place).exists())
    return next((path for path in (*installed, *applications) if path), None)


def install() -> bool:
    """Debian's, as root; whether it was possible."""
    if not shutil.which("apt-get") or os.name != "posix" or os.geteuid() != 0:
        return False
    say("Installing Chromium with apt-get, for the tests of the pages in a browser …")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for order in (("update",), ("install", "--no-install-recommends", "chromium")):
        done = subprocess.run(
            [*APT, *order], env=quiet, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            say(f"apt-get {order[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return find() is not None


def say(text: str) -> None:
    """A line for who runs the tests."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201, a program's own message


if __name__ == "__main__" and find() is None and not install():
    say(MISSING)
