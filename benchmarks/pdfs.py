"""Letters set as PDF, one after another, against the bare Typst compiler on the same values.

Ours reads a letter's rows, opens what is sealed, looks whether the font has every character and
sets it; the peer is handed the finished values and calls the compiler, which is made once for each.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from typing import TYPE_CHECKING

import results
import typst
from made_up import SLUG, sign

from campaign.container import build
from campaign.letters.queries import paper
from campaign.letters.rules.letter import LetterState
from campaign.memory import leave_loaded_alone
from campaign.operations.commands.prepare import load
from campaign.printing import renderer as pdf
from campaign.settings.read import read_settings
from campaign.settings.settings import CHECKOUT
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.container import House
    from campaign.letters.rows import LetterRow
    from campaign.printing.renderer import PrintedLetter

LETTERS, WARM, RUNS = 150, 10, 9
LIMIT = 0.8


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        house = build(read_settings({**os.environ, "CAMPAIGN_INSTANCE": instance}))
        migrate.upgrade(house.database)
        load(house)
        sign(house, LETTERS)
        from_rows(house, WARM)
        leave_loaded_alone()  # as every process of the site does
        ours, peers = [], []
        for _ in range(RUNS):
            ours.append(from_rows(house, LETTERS))
            peers.append(bare(house, LETTERS))
        house.database.close()
    ratio = statistics.median(mine / peer for mine, peer in zip(ours, peers, strict=True))
    said = f"{statistics.median(ours):.0f} against {statistics.median(peers):.0f} a second"
    results.row("letter PDFs (bare Typst compiler)", ratio, f">= {LIMIT}", said)


def from_rows(house: House, number: int) -> float:
    began = time.perf_counter()
    with house.database.reading() as session:
        for row in first(house, session, number):
            house.press.letter(house.typesetter.printed(session, row, posted=False))
    return number / (time.perf_counter() - began)


def first(house: House, session: Session, number: int) -> Iterator[LetterRow]:
    campaign_id = house.shelf.by_slug(session, SLUG).campaign_id
    states = [LetterState.QUEUED, LetterState.WAITING]
    return paper.to_print(session, campaign_id, "DE", states, number)


def bare(house: House, number: int) -> float:
    with house.database.reading() as session:
        letters: list[PrintedLetter] = [
            house.typesetter.printed(session, row, posted=False)
            for row in first(house, session, number)
        ]
    inputs = [
        {"letters": json.dumps([pdf._values(one)]), "title": one.subject}  # noqa: SLF001
        for one in letters
    ]
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(CHECKOUT / "campaign" / "data" / "fonts")],
    )
    folder = CHECKOUT / "templates" / "print"
    compiler = typst.Compiler(root=str(folder), font_paths=fonts)
    template = str(folder / "letter.typ")
    compiler.compile(template, format="pdf", sys_inputs=inputs[0], pdf_tags=True)
    began = time.perf_counter()
    for one in inputs:
        compiler.compile(template, format="pdf", sys_inputs=one, pdf_tags=True)
    return number / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
