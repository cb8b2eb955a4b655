"""Walk every page and state in one language, with scripts and without, and look at each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.accessibility import accessibility_violations
from tests.browser.walk import horizontal_overflow, walk

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Response

    from tests.browser.conftest import Site

SCHEMES = ("light", "dark")


@dataclass
class Walked:
    """What was met in one language. `wide` and `barriers` name a state and its fault."""

    lang: str
    states: int = 0
    without_scripts: int = 0
    barriers: list[str] = field(default_factory=list)
    wide: list[str] = field(default_factory=list)


def walk_language(browser: Browser, site: Site, lang: str, sources: Path) -> Walked:
    """Walk twice; leave the HTML of every state, as it came over the wire, in a folder."""
    walked = Walked(lang)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    documents = _Documents(page)
    for state in walk(page, site, lang):
        walked.states += 1
        (sources / f"{lang}-{state.name}.html").write_bytes(documents.newest)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            walked.barriers += [
                f"{state.name} ({scheme}): {one}" for one in accessibility_violations(page)
            ]
    context.close()
    context = browser.new_context(viewport={"width": 320, "height": 800}, java_script_enabled=False)
    page = context.new_page()
    for state in walk(page, site, lang):
        walked.without_scripts += 1
        if (pixels := horizontal_overflow(page)) > 0:
            walked.wide.append(f"{state.name}: {pixels} px")
    context.close()
    return walked


class _Documents:
    """Knows the newest page that came over the wire."""

    def __init__(self, page: Page) -> None:
        self._newest: Response | None = None
        page.on("response", self._keep)

    @property
    def newest(self) -> bytes:
        assert self._newest is not None
        return self._newest.body()

    def _keep(self, response: Response) -> None:
        document = response.request.resource_type == "document"
        if document and response.status not in range(300, 400):
            self._newest = response
