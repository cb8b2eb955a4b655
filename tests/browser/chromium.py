"""Find a Chromium, or install one: `python -m tests.browser.chromium`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = (
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
# Nothing of the browser's own goes out to the network.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find() -> str | None:
    """Return the path of a Chromium: CHROMIUM, the usual places, or Playwright's own."""
    given = os.environ.get("CHROMIUM")
    candidates = [given, *(shutil.which(name) for name in _NAMES), *_PLACES, *_downloaded()]
    return next((path for path in candidates if path and Path(path).is_file()), None)


def _downloaded() -> list[str]:
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    return [str(path) for path in sorted(cache.glob("chromium-*/chrome-*/chrome"))]


def install() -> None:
    """Install Debian's Chromium as root, else Playwright's own download."""
    if shutil.which("apt-get") and os.geteuid() == 0:
        environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run(["apt-get", *command], env=environ, check=False, stdout=sys.stderr)
    if find() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> None:
    if find() is None:
        sys.stderr.write("No Chromium is here; installing one ...\n")
        install()
    if find() is None:
        sys.exit(
            "The tests need a Chromium, and none could be installed. Install one (on Debian: "
            "apt install chromium) or name one: CHROMIUM=/path/to/chromium make test"
        )


if __name__ == "__main__":
    main()
