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

from campaign.container import build_container
from campaign.letters.queries import printable
from campaign.letters.rules.letter import LetterState
from campaign.memory import freeze_gc
from campaign.operations.commands.prepare import load_data
from campaign.printing import renderer
from campaign.recipients.rules.recipient import recipient_key
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR
from campaign.store import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.container import Container
    from campaign.letters.rows import LetterRow
    from campaign.printing.renderer import PrintedLetter

LETTERS, WARM, RUNS = 150, 10, 9
LIMIT = 0.8


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        container = build_container(load_settings({**os.environ, "CAMPAIGN_INSTANCE": instance}))
        migrate.upgrade(container.database)
        load_data(container)
        sign(container, LETTERS)
        from_rows(container, WARM)
        freeze_gc()  # as every process of the site does
        ours, peers = [], []
        for _ in range(RUNS):
            ours.append(from_rows(container, LETTERS))
            peers.append(bare(container, LETTERS))
        container.database.close()
    ratio = statistics.median(mine / peer for mine, peer in zip(ours, peers, strict=True))
    said = f"{statistics.median(ours):.0f} against {statistics.median(peers):.0f} a second"
    results.row("letter PDFs (bare Typst compiler)", ratio, f">= {LIMIT}", said)


def from_rows(container: Container, number: int) -> float:
    began = time.perf_counter()
    with container.database.reading() as session:
        for row in first(container, session, number):
            container.pdf_renderer.render_letter(
                container.letter_builder.build(session, row, addressed=False)
            )
    return number / (time.perf_counter() - began)


def first(container: Container, session: Session, number: int) -> Iterator[LetterRow]:
    campaign_id = container.campaign_cache.by_slug(session, SLUG).campaign_id
    states = [LetterState.QUEUED, LetterState.WAITING]
    return printable.iter_printable(session, campaign_id, recipient_key("DE"), states, number)


def bare(container: Container, number: int) -> float:
    with container.database.reading() as session:
        letters: list[PrintedLetter] = [
            container.letter_builder.build(session, row, addressed=False)
            for row in first(container, session, number)
        ]
    inputs = [
        {"letters": json.dumps([renderer._values(one)]), "title": one.subject}  # noqa: SLF001
        for one in letters
    ]
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(BASE_DIR / "campaign" / "data" / "fonts")],
    )
    folder = BASE_DIR / "templates" / "printing"
    compiler = typst.Compiler(root=str(folder), font_paths=fonts)
    template = str(folder / "letter.typ")
    compiler.compile(template, format="pdf", sys_inputs=inputs[0], pdf_tags=True)
    began = time.perf_counter()
    for one in inputs:
        compiler.compile(template, format="pdf", sys_inputs=one, pdf_tags=True)
    return number / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
