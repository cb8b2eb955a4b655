"""One number, wherever it stands: page, JSON, console, CSV, XLSX, JSON lines and pack."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from io import BytesIO, StringIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from pypdf import PdfReader

from campaign.privacy.ledger import Ledger
from campaign.signatures.queries import counts
from tests.conftest import SLUG
from tests.exports.workbook import first_sheet
from tests.helpers.random_actions import RandomActors
from tests.organiser import CONSOLE_PATH, Organiser, sign_in_organiser

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from campaign.container import Container
    from campaign.worker import Worker
    from tests.clock import Clock

STEPS = 240
BOTH = ["government", "day"]

Crossed = dict[tuple[str, str], int]


def test_the_numbers_agree_to_the_last_one_after_a_random_season(
    container: Container, app: Flask, worker: Worker, clock: Clock, tmp_path: Path
) -> None:
    everybody = RandomActors(container, clock, Ledger(tmp_path / "ledger"), seed=20261124)
    for _ in range(STEPS):
        everybody.step()
    while worker.step():
        pass
    owner = sign_in_organiser(container, app)
    on_screen = of_the_screen(owner)
    total = sum(on_screen.values())
    assert total > 3
    assert len({government for government, _ in on_screen}) == 2

    assert of_the_csv(owner) == on_screen
    assert of_the_workbook(owner) == on_screen
    assert of_the_lines(owner) == on_screen

    by_government, by_day = summed(on_screen, 0), summed(on_screen, 1)
    public = app.test_client().get(f"/{SLUG}/counts.json").get_json()
    assert public["signature_count"] == total
    countries = {one["code"]: one["signature_count"] for one in public["signatures_by_country"]}
    assert countries == dict.fromkeys(countries, 0) | by_government
    assert {one["day"]: one["signature_count"] for one in public["signatures_by_day"]} == by_day

    page = app.test_client().get(f"/en/{SLUG}").text
    assert f"<strong>{total}</strong>" in page
    assert re.search(rf"<strong>{total}</strong> confirmed", owner.get(f"{CONSOLE_PATH}/").text)
    assert number_of_signatures(owner) == total

    for government, number in by_government.items():
        clock.advance(seconds=1)
        assert of_the_pack(owner, worker, government) == number
    with container.database.reading() as session:
        assert counts.find_mismatches(session) == []


def of_the_screen(owner: Organiser) -> Crossed:
    page = owner.get(f"{CONSOLE_PATH}/counts?by=government&by=day").text
    row = r"<tr>\s*<td>(\w\w)\b.*?<td>([\d-]+).*?<td class=\"figure\">(\d+)</td>"
    found = re.findall(row, page, re.DOTALL)
    shown = {(government, day): int(number) for government, day, number in found}
    assert f"<strong>{sum(shown.values())}</strong> confirmed signatures" in page
    return shown


def of_the_csv(owner: Organiser) -> Crossed:
    text = owner.post(f"{CONSOLE_PATH}/export/counts", by=BOTH, format="csv").text
    rows = csv.DictReader(StringIO(text, newline=""))
    return {(row["government"], row["day"]): int(row["signatures"]) for row in rows}


def of_the_lines(owner: Organiser) -> Crossed:
    text = owner.post(f"{CONSOLE_PATH}/export/counts", by=BOTH, format="jsonl").text
    rows = [json.loads(line) for line in text.splitlines()]
    return {(row["government"], row["day"]): row["signatures"] for row in rows}


def of_the_workbook(owner: Organiser) -> Crossed:
    data = owner.post(f"{CONSOLE_PATH}/export/counts", by=BOTH, format="xlsx").data
    rows = first_sheet(data)[1:]
    return {(row[0], str(row[1])): int(row[2]) for row in rows}


def number_of_signatures(owner: Organiser) -> int:
    """Return how many rows the table of signatures has that stand in the count."""
    fields = {"format": "jsonl", "state": "confirmed", "reason": "a look at the books"}
    return len(owner.post(f"{CONSOLE_PATH}/exports/signatures", **fields).text.splitlines())


def of_the_pack(owner: Organiser, worker: Worker, government: str) -> int:
    """Return the number in the letter, which is the sum of the table beside it."""
    owner.post(
        f"{CONSOLE_PATH}/exports/packs",
        government=government,
        reason="a look at the books",
    )
    while worker.step():
        pass
    page = owner.get(f"{CONSOLE_PATH}/exports").text
    job = re.search(r'action="(/console/c/eu-china-dialogue/exports/[^"]+/file)"', page)
    assert job
    with owner.post(job.group(1)) as got, ZipFile(BytesIO(got.data)) as pack:
        rows = list(csv.DictReader(StringIO(pack.read("counts.csv").decode(), newline="")))
        letter = PdfReader(BytesIO(pack.read("letter.pdf"))).pages
    text = " ".join(" ".join(one.extract_text() for one in letter).split())
    told = re.search(r"(?:Unterschriften|courriel) : ?(\d+)|Unterschriften: (\d+)", text)
    assert told, text
    number = int(next(filter(None, told.groups())))
    assert sum(int(row["signatures"]) for row in rows if row["origin"] == "online") == number
    return number


def summed(crossed: Crossed, part: int) -> dict[str, int]:
    found: Counter[str] = Counter()
    for key, number in crossed.items():
        found[key[part]] += number
    return dict(found)
