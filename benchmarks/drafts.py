"""How long a draft in 24 languages takes to save while somebody writes, and what it leaves.

In one process on SQLite, with the shipped campaign: the whole request as the page's script sends
it; the transaction in it, in which nobody else can write; what a save adds to the database; and how
long it takes, after two thousand saves, to tell which translations are older than their source.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from console import CAMPAIGN, SLUG, opened, signed_in
from results import row

from campaign.campaigns import drafts
from campaign.campaigns.draft import Edit
from campaign.campaigns.draft_texts import last_changes
from campaign.campaigns.queries import campaigns

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from campaign.container import Container

RUNS = 20
SAVES = 2_000
MANY = 40
WORDS = f"{CAMPAIGN}/draft/words/de"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_TEXT = re.compile(r'<textarea[^>]* name="([^"]+)"[^>]*>\s?([^<]*)</textarea>')


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        container = opened(folder)
        browser = signed_in(container)
        took = [autosave(browser, number) for number in range(RUNS)]
        row("a draft is saved while somebody writes", milliseconds(took), "<= 100 ms")
        with container.database.reading() as session:
            campaign_id = campaigns.by_slug(session, SLUG).campaign_id
        held = [save(container, campaign_id, number) for number in range(RUNS)]
        row("  its transaction", milliseconds(held), "<= 25 ms", "nobody else writes meanwhile")
        before = size(folder)
        for number in range(SAVES):
            save(container, campaign_id, RUNS + number)
        each = (size(folder) - before) / SAVES
        row("  the database, of a save", f"{each:,.0f} B", "<= 20000", f"of {SAVES:,}")
        looked = [look(container, campaign_id) for _ in range(RUNS)]
        row("  what is older than its source", milliseconds(looked), "<= 50 ms", f"of {SAVES:,}")
        container.database.close()


def autosave(browser: FlaskClient, number: int) -> float:
    """Change the title on the page of the German words, and send all of the page; the seconds."""
    page = browser.get(WORDS).text
    found = [*_TEXT.findall(page), *_HIDDEN.findall(page)]
    fields = {name: unescape(text).strip("\r\n") for name, text in found}
    assert len(fields) > MANY, "the texts of the page are found"
    sent = fields | {"title": f"Titel {number}"}
    began = time.perf_counter()
    answer = browser.post(WORDS, data=sent, headers={"Accept": "application/json"})
    took = time.perf_counter() - began
    assert answer.status == "200 OK", answer.text
    return took


def save(container: Container, campaign_id: int, number: int) -> float:
    """Change the summary in English; return the seconds for which the campaign was locked."""
    edit = Edit("en.toml", ("summary",), f"A made-up summary, number {number}.")
    by, now = "Made Up", container.clock()
    with container.database.writing() as session:
        base = campaigns.lock(session, campaign_id).draft_version or 0
        began = time.perf_counter()
        drafts.save(session, campaign_id, base, [edit], by, now, note="Made up")
    return time.perf_counter() - began


def look(container: Container, campaign_id: int) -> float:
    with container.database.reading() as session:
        draft = drafts.load_draft(session, campaign_id)
        began = time.perf_counter()
        last_changes(session, draft)
        return time.perf_counter() - began


def size(folder: str) -> int:
    return sum(path.stat().st_size for path in Path(folder).glob("campaign.sqlite3*"))


def milliseconds(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} ms"


if __name__ == "__main__":
    main()
