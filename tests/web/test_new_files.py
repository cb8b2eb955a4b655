"""A new version's files under a running site change nothing until its processes are new, too."""

from __future__ import annotations

import shutil
import signal
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import pytest

from campaign.settings.settings import BASE_DIR
from tests.browser.conftest import free_port
from tests.conftest import SLUG
from tests.helpers.running_site import RunningSite, kill, stopping

if TYPE_CHECKING:
    from pathlib import Path

ALIKE = [
    *(f"/embed/en/{SLUG}", "/embed/size.js", f"/{SLUG}/counts.json"),
    *("/en/privacy", "/de/privacy", "/en/accessibility", "/nothing", "/static/site.css"),
    *("/static/icon.svg", f"/en/{SLUG}/card.png"),
]
"""What is the same each time it is asked for."""

DIFFERENT = [f"/en/{SLUG}", f"/el/{SLUG}", "/console/sign-in", f"/en/{SLUG}/poster.pdf"]
"""What has a token or a moment in it."""

MARK = "another version’s words {% broken"


@pytest.fixture
def site(sqlite_url: str, tmp_path: Path) -> RunningSite:
    """A site that runs from a checkout of its own."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    shutil.copy(BASE_DIR / "app.py", checkout)
    ignore = shutil.ignore_patterns("__pycache__")
    for folder in ("campaign", "templates", "static"):
        shutil.copytree(BASE_DIR / folder, checkout / folder, ignore=ignore)
    instance = tmp_path / "instance"
    instance.mkdir(mode=0o700)
    made = RunningSite(instance, free_port(), free_port(), sqlite_url, checkout)
    made.prepare()
    return made


def asked(site: RunningSite, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", site.port, timeout=60)
    connection.request("GET", path, headers={"Host": "localhost"})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def replace_all(checkout: Path) -> int:
    """Overwrite everything that pages are made of, as a checkout does; return how much it was."""
    found = [path for name in ("templates", "static") for path in (checkout / name).rglob("*.*")]
    found += (checkout / "campaign" / "translations").rglob("*.*")
    found += (checkout / "campaign" / "data").rglob("*.*")
    files = [path for path in found if path.is_file() and path.suffix != ".ttf"]
    for path in files:
        path.unlink()
        path.write_text(MARK)
    return len(files)


@pytest.mark.long
def test_new_files_under_a_running_site_change_nothing(site: RunningSite) -> None:
    with stopping(first := site.web()):
        site.wait_for_web()
        before = {path: asked(site, path) for path in ALIKE}
        kill(first, signal.SIGTERM)
        first.wait()
    with stopping(site.web()):
        site.wait_for_web()
        assert asked(site, "/healthz")[0] == 200
        assert replace_all(site.checkout) > 150
        assert {path: asked(site, path) for path in ALIKE} == before
        for path in DIFFERENT:
            status, body = asked(site, path)
            assert status == 200, path
            assert MARK.encode() not in body
