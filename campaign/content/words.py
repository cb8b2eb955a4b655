"""Read and check the words of a campaign in one language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.domain.campaign import Demand, DemandWords, LetterWords, Words
from campaign.domain.signature import TICKS, Consent

if TYPE_CHECKING:
    from collections.abc import Collection

    from campaign.content.tables import Table

MAX_NAME = 100
MAX_CASES = 40
"""Far more than letters in any language need."""

FIXED_PLACEHOLDERS = ("author", "title", "date", "government")
"""What may stand in a letter in every language; each further case adds `government_<case>`."""


def read_words(
    table: Table,
    language: str,
    demands: tuple[Demand, ...],
    needed_governments: Collection[str],
    known_governments: Collection[str],
) -> Words:
    """Read one language's words and report its faults to the table."""
    governments = _governments(table.table("governments"), needed_governments, known_governments)
    cases = {case for names in governments.values() for case in names} - {"name"}
    placeholders = {*FIXED_PLACEHOLDERS, *(f"government_{case}" for case in cases)}
    words = Words(
        language=language,
        name=_name(table),
        title=table.text("title"),
        summary=table.text("summary"),
        asked_then=table.text("asked_then"),
        asked_now=table.text("asked_now"),
        retelling=table.texts("retelling"),
        demand_kinds=_named(table.table("demand_kinds"), sorted({d.kind for d in demands})),
        demands=_demands(table.table("demands"), demands),
        consents=_consents(table.table("consents")),
        letter=_letter(table.table("letter"), demands, placeholders),
        governments=governments,
        author=table.optional_text("author"),
        source_title=table.optional_text("source_title"),
    )
    table.done()
    return words


def _name(table: Table) -> str:
    """Read the campaign's name, which stands in the headers of mails."""
    name = table.text("name")
    if "=?" in name:
        table.fault("name", "has =? in it, which mail programs misread")
    if len(name) > MAX_NAME:
        table.fault("name", f"is longer than {MAX_NAME} characters")
    return name


def _consents(table: Table) -> dict[str, str]:
    """Read the words beside the ticks; a tick without words is not offered, where it may be."""
    optional = {Consent.SEND_COPY} - set(table.keys())
    return _named(table, [tick for tick in TICKS if tick not in optional])


def _named(table: Table, keys: Collection[str]) -> dict[str, str]:
    texts = {key: table.text(key) for key in keys}
    table.done()
    return texts


def _demands(table: Table, demands: tuple[Demand, ...]) -> dict[str, DemandWords]:
    words = {}
    for demand in demands:
        row = table.table(demand.key)
        words[demand.key] = DemandWords(row.text("heading"), row.text("text"))
        row.done()
    table.done()
    return words


def _letter(
    table: Table, demands: tuple[Demand, ...], placeholders: Collection[str]
) -> LetterWords:
    by_demand = table.table("demands")
    words = LetterWords(
        subject=table.text("subject", placeholders),
        salutation=table.text("salutation", placeholders),
        valediction=table.text("valediction", placeholders),
        openings=_variants(table.table("openings"), placeholders),
        demands={
            demand.key: _variants(by_demand.table(demand.key), placeholders) for demand in demands
        },
        closings=_variants(table.table("closings"), placeholders),
    )
    by_demand.done()
    table.done()
    return words


def _variants(table: Table, placeholders: Collection[str]) -> dict[str, str]:
    variants = {key: table.text(key, placeholders) for key in sorted(table.keys())}
    if not variants:
        table.fault("", "needs at least one text")
    return variants


def _governments(
    table: Table, needed: Collection[str], known: Collection[str]
) -> dict[str, dict[str, str]]:
    governments: dict[str, dict[str, str]] = {}
    for code in table.keys():  # noqa: SIM118 - a Table is no mapping
        row = table.table(code)
        if code not in known:
            table.fault(code, "is not a known government")
            continue
        governments[code] = {case: row.text(case) for case in sorted(row.keys())}
    for code in needed:
        if code not in governments:
            table.fault(code, "is missing")
    cases = {case for names in governments.values() for case in names} | {"name"}
    if len(cases) > MAX_CASES:
        table.fault("", f"has more than {MAX_CASES} cases")
        return governments
    for code, names in governments.items():
        for case in sorted(cases - names.keys()):
            table.fault(f"{code}.{case}", "is missing")
    return governments
