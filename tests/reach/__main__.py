"""Run it all: `make reach`. Ends with 1 if a promise is broken, and docs/reach.md says which."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from campaign.settings.settings import BASE_DIR
from tests.browser import chromium
from tests.browser.accessibility import axe_version
from tests.browser.conftest import Site, free_port, start, stop, wait_until_up
from tests.browser.walk import SLUG
from tests.languages import EU_LANGUAGES, MAIN_LANGUAGES
from tests.reach.needs import Tools, gather
from tests.reach.outside import html_errors, lighthouse
from tests.reach.paint import paint
from tests.reach.report import Reach, rendered
from tests.reach.sheets import Sheets
from tests.reach.slow_line import slow_line
from tests.reach.walks import walk_language

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = BASE_DIR / "tests" / ".pictures" / "reach"
REPORT = BASE_DIR / "docs" / "reach.md"
INDEXABLE = (f"{SLUG}", "", "accessibility", "translation", "privacy")
RUNS = 3
AT_ONCE = 2
UNLIMITED = {
    "CAMPAIGN_NETWORK_PER_FORM": "100000",
    "CAMPAIGN_NETWORK_OVERALL": "100000",
    "CAMPAIGN_NETWORK_MAILS_PER_HOUR": "100000",
    "CAMPAIGN_MAILS_PER_HOUR": "10000000",
    "CAMPAIGN_MAILS_PER_DOMAIN": "10000000",
}
"""Every signature of this run comes from one address."""


def main() -> None:
    tools = gather()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        site = Site(free_port(), Path(folder) / "instance")
        process = start(site, **UNLIMITED)
        wait_until_up(site, process)
        try:
            reach = look(tools, site, Path(folder))
        finally:
            stop(process)
    REPORT.write_text(rendered(reach), encoding="utf-8")
    print("\n".join(reach.faults) or "Nothing was found that breaks a promise.")
    sys.exit(bool(reach.faults))


def look(tools: Tools, site: Site, folder: Path) -> Reach:
    commit = subprocess.check_output(
        ["git", "rev-parse", "--short", "HEAD"], cwd=BASE_DIR, text=True
    ).strip()
    reach = Reach(datetime.now(UTC).date().isoformat(), commit, dict(tools.versions))
    sources = folder / "sources"
    sources.mkdir()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=tools.chromium, args=list(chromium.ARGUMENTS)
        )
        reach.versions["axe-core"] = axe_version(browser.new_page())
        for lang in EU_LANGUAGES:
            print(f"walking in {lang}", flush=True)
            reach.walked.append(walk_language(browser, site, lang, sources))
            Sheets(PICTURES).of_language(browser, site, lang)
        Sheets(PICTURES).of_states(browser, site, "en")
        Sheets(PICTURES).of_printed_letters(folder / "printing")
        paint_all(browser, site, reach)
        browser.close()
    reach.documents = len(list(sources.iterdir()))
    reach.html_errors = html_errors(sources)
    score_all(tools, site, reach)
    return reach


def score_all(tools: Tools, site: Site, reach: Reach) -> None:
    pages = [(lang, SLUG) for lang in EU_LANGUAGES]
    pages += [(lang, path) for lang in MAIN_LANGUAGES for path in INDEXABLE if path != SLUG]
    print(f"Lighthouse on {len(pages)} pages", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        addresses = [f"{site.address}/{lang}/{path}" for lang, path in pages]
        scores = pool.map(partial(lighthouse, tools), addresses)
        reach.scores.update(zip(pages, scores, strict=True))


def paint_all(browser: Browser, site: Site, reach: Reach) -> None:
    with slow_line(site.port) as port:
        for lang in EU_LANGUAGES:
            address = f"http://127.0.0.1:{port}/{lang}/{SLUG}"
            reach.painted[lang] = [paint(browser, address) for _ in range(RUNS)]


if __name__ == "__main__":
    main()
