"""Read and check the words of one language of a bundle."""

from __future__ import annotations

from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_letter import (
    LetterReader,
    missing_letter_hint,
    other_language_hint,
)
from campaign.campaigns.bundle_names import read_government_names
from campaign.campaigns.rules.campaign import (
    OPTIONAL_CONSENTS,
    Consent,
    DemandWords,
    Words,
    government_placeholders,
)
from campaign.campaigns.site_words import LetterForms

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from campaign.campaigns.rules.campaign import Demand, Facts
    from campaign.campaigns.site_words import BundleContext, DefaultWords
    from campaign.campaigns.toml_reader import TomlTable

MAX_NAME = 100
CONSENTS = "consents"
TOP_LEVEL_KEYS = (
    *("name", "title", "summary", "asked_then", "asked_now", "retelling"),
    *("thanks", "share", "author", "source_title"),
)
"""Keys of a language's file above its tables."""

OPTIONAL_TEXTS = ("asked_then", "asked_now", "retelling", "thanks", "share")
"""Texts that a campaign may do without; what it has in one language, it has in all."""

FIXED_PLACEHOLDERS = ("author", "title")
"""Placeholders of letters in every language, beside those of the governments' names."""

DATE = "date"
"""One more, if it is known when the letter was published."""


@dataclass(frozen=True)
class BundleOutline:
    """What campaign.toml and all languages together say that each language's words have to fit.

    Empty `demands` mean that they are faulty; then nothing that depends on them is reported.
    `is_dated`: it is known when the letter was published. `overrides`: what the campaign says
    itself where the site could (consents, and parts of letters), in some language and so in all;
    each with the first such language, or "" if the campaign's voices need it.
    """

    facts: Facts
    demands: tuple[Demand, ...]
    needed_governments: Collection[str]
    is_dated: bool
    overrides: Mapping[str, str]

    @property
    def letter_overrides(self) -> dict[str, str]:
        return {part: one for part, one in self.overrides.items() if part != CONSENTS}


def read_words(
    table: TomlTable, language: str, outline: BundleOutline, known: BundleContext
) -> Words:
    """Return one language's words, the site's where it has none; report faults to the table."""
    governments = read_government_names(
        table, language, outline.needed_governments, outline.facts, known
    )
    defaults = known.site_words.default_words(language)
    demands = _checked_demands(table, outline, defaults)
    kinds = sorted({demand.kind for demand in outline.demands if demand.kind})
    of_kinds = table.table("demand_kinds", needed=bool(kinds), heard=bool(outline.demands))
    title = table.text("title")
    words = Words(
        language=language,
        name=_name(table),
        title=title,
        summary=table.text("summary"),
        asked_then=table.optional_text("asked_then"),
        asked_now=table.optional_text("asked_now"),
        retelling=table.text_list("retelling") if "retelling" in table.keys() else (),  # noqa: SIM118
        demand_kinds=_named(of_kinds, kinds),
        demands=demands,
        consents=_consents(table, outline, defaults),
        letter=_letter_reader(table, language, outline, known, governments).read(title, demands),
        governments=governments,
        author=table.optional_text("author"),
        source_title=table.optional_text("source_title"),
        thanks=table.optional_text("thanks"),
        share=table.optional_text("share"),
    )
    table.report_unknown_keys()
    return words


def _checked_demands(
    table: TomlTable, outline: BundleOutline, defaults: DefaultWords | None
) -> dict[str, DemandWords]:
    if outline.demands:
        needs_letters = defaults is None or "demands" in outline.overrides
        check_demand_texts(table, outline.demands, letters=needs_letters)
    return _demands(table.table("demands", needed=False), outline.demands)


def _letter_reader(
    table: TomlTable,
    language: str,
    outline: BundleOutline,
    known: BundleContext,
    governments: Mapping[str, Mapping[str, str]],
) -> LetterReader:
    on_site = language in known.languages
    recipients, overrides = outline.facts.recipients, outline.letter_overrides
    forms = known.site_words.letter_forms(language, recipients) if on_site else LetterForms()
    defaults = known.site_words.default_words(language)
    of_governments = {form for row in governments.values() for form in government_placeholders(row)}
    placeholders = {*FIXED_PLACEHOLDERS, *((DATE,) if outline.is_dated else ()), *of_governments}
    if defaults and governments:
        _report_names_too_few(table, defaults, overrides, placeholders)
    letter = table.table(
        "letter",
        needed=defaults is None or bool(overrides),
        heard=bool(governments),  # without them, the allowed placeholders are unknown
        hint=missing_letter_hint(overrides),
    )
    return LetterReader(letter, placeholders, forms, defaults, overrides)


def _report_names_too_few(
    table: TomlTable,
    defaults: DefaultWords,
    overrides: Collection[str],
    placeholders: Collection[str],
) -> None:
    """Report the site's sentences that need forms of names which a campaign's own table lacks."""
    for piece in ("openings", "closings"):
        if piece not in overrides:
            texts = getattr(defaults, piece).values()
            needed = {name for text in texts for name in Template(text).get_identifiers()}
            if lacking := sorted(needed - set(placeholders)):
                named = " and ".join(f"${name}" for name in lacking)
                what = f"the site's sentences need {named}, which [governments] here does not give"
                table.fault(f"letter.{piece}", f"is missing: {what}")


def _name(table: TomlTable) -> str:
    """Return the campaign's name, which appears in the headers of mails."""
    name = table.text("name")
    if "=?" in name:
        table.fault("name", "has =? in it, which mail programs misread")
    if len(name) > MAX_NAME:
        table.fault("name", f"is longer than {MAX_NAME} characters")
    return name


def _consents(
    words: TomlTable, outline: BundleOutline, defaults: DefaultWords | None
) -> dict[str, str]:
    """Return the consent texts; an optional consent without a text is not offered."""
    if defaults and CONSENTS not in outline.overrides:
        return dict(defaults.consents)
    table = words.table(CONSENTS, hint=other_language_hint(outline.overrides.get(CONSENTS, "")))
    optional = {Consent.SEND_COPY} - set(table.keys())
    return _named(table, [tick for tick in OPTIONAL_CONSENTS if tick not in optional])


def _named(table: TomlTable, keys: Collection[str]) -> dict[str, str]:
    texts = {key: table.text(key) for key in keys}
    table.report_unknown_keys()
    return texts


def _demands(table: TomlTable, demands: tuple[Demand, ...]) -> dict[str, DemandWords]:
    words = {}
    for demand in demands:
        row = table.table(demand.key, needed=False)
        words[demand.key] = DemandWords(row.text("heading"), row.text("text"))
        row.report_unknown_keys()
    return words


_PIECES = {
    "demands": "[demands.{}] with heading and text",
    "letter.demands": "[letter.demands.{}] with at least one text",
}
"""Where a demand needs words, and what to write there."""


def check_demand_texts(table: TomlTable, demands: Sequence[Demand], *, letters: bool) -> None:
    """Report each demand once, with everything to write or delete for it.

    `letters`: the letter needs texts for each, even if the language has none.
    """
    wanted = [demand.key for demand in demands]
    there = _there(table, letters=letters)
    _report_missing(table, wanted, there)
    for key in dict.fromkeys(key for keys in there.values() for key in keys if key not in wanted):
        pieces = [piece for piece, keys in there.items() if key in keys]
        if table.nested_keys(*pieces[0].split("."), key) is None:
            what = f"it belongs under a table such as [{pieces[0]}.{wanted[0]}]"
        else:
            named = " and ".join(f"[{piece}.{key}]" for piece in pieces)
            what = f"campaign.toml has no such demand. Delete {named}, or add the demand there"
        table.fault(f"{pieces[0]}.{key}", f"is not a known key: {what}")


def _there(table: TomlTable, *, letters: bool) -> dict[str, Sequence[str]]:
    """Return the demand keys in each section, leaving out sections that are faulty themselves."""
    found = {"demands": table.nested_keys("demands")}
    if letters and "letter" in table.keys():  # noqa: SIM118 - a Table is no mapping
        found["letter.demands"] = table.nested_keys("letter", "demands")
    return {piece: keys for piece, keys in found.items() if keys is not None}


def _report_missing(
    table: TomlTable, wanted: Sequence[str], there: Mapping[str, Sequence[str]]
) -> None:
    lacks = {
        key: tuple(piece for piece, keys in there.items() if key not in keys) for key in wanted
    }
    for pieces in filter(None, dict.fromkeys(lacks.values())):
        missing = [key for key in wanted if lacks[key] == pieces]
        to_write = " and ".join(_PIECES[piece] for piece in pieces)
        if missing == wanted and len(wanted) > 1:
            example = to_write.replace("{}", wanted[0])
            table.fault(pieces[0], f"is missing: write {example}, and so on for every demand")
            continue
        for key in missing:
            table.fault(f"{pieces[0]}.{key}", f"is missing: write {to_write.replace('{}', key)}")
