"""Read and check the words of one language of a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.bundle_names import read_government_names
from campaign.campaigns.rules.campaign import (
    OPTIONAL_CONSENTS,
    Consent,
    Demand,
    DemandWords,
    Facts,
    LetterWords,
    Words,
    government_placeholders,
)
from campaign.campaigns.site_words import LetterForms
from campaign.recipients.rules.recipient import office_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from campaign.campaigns.site_words import BundleContext
    from campaign.campaigns.toml_reader import TomlTable

MAX_NAME = 100
FIXED_PLACEHOLDERS = ("author", "title", "date")
"""Placeholders of letters in every language, beside those of the governments' names."""


def read_words(
    table: TomlTable,
    language: str,
    demands: tuple[Demand, ...],
    needed_governments: Collection[str],
    facts: Facts,
    known: BundleContext,
) -> Words:
    """Return one language's words; report its faults to the table.

    Empty `demands` mean that those of campaign.toml are faulty; then nothing that depends on them
    is reported.
    """
    on_site = language in known.languages
    governments = read_government_names(table, language, needed_governments, facts, known)
    forms = known.site_words.letter_forms(language, facts.recipients) if on_site else LetterForms()
    of_governments = {form for row in governments.values() for form in government_placeholders(row)}
    placeholders = {*FIXED_PLACEHOLDERS, *of_governments}
    if demands:
        check_demand_texts(table, demands)
    words = Words(
        language=language,
        name=_name(table),
        title=table.text("title"),
        summary=table.text("summary"),
        asked_then=table.text("asked_then"),
        asked_now=table.text("asked_now"),
        retelling=table.text_list("retelling"),
        demand_kinds=_named(
            table.table("demand_kinds", heard=bool(demands)), sorted({d.kind for d in demands})
        ),
        demands=_demands(table.table("demands", needed=False), demands),
        consents=_consents(table.table("consents")),
        # Without governments, the allowed placeholders are unknown.
        letter=_letter(
            table.table("letter", heard=bool(governments)), demands, placeholders, forms
        ),
        governments=governments,
        author=table.optional_text("author"),
        source_title=table.optional_text("source_title"),
    )
    table.report_unknown_keys()
    return words


def _name(table: TomlTable) -> str:
    """Return the campaign's name, which appears in the headers of mails."""
    name = table.text("name")
    if "=?" in name:
        table.fault("name", "has =? in it, which mail programs misread")
    if len(name) > MAX_NAME:
        table.fault("name", f"is longer than {MAX_NAME} characters")
    return name


def _consents(table: TomlTable) -> dict[str, str]:
    """Return the consent texts; an optional consent without a text is not offered."""
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


def _letter(
    table: TomlTable,
    demands: tuple[Demand, ...],
    placeholders: Collection[str],
    forms: LetterForms,
) -> LetterWords:
    by_demand = table.table("demands", needed=False)
    salutations = _by_office(table, "salutation", placeholders, forms.salutations)
    valedictions = _by_office(table, "valediction", placeholders, forms.valedictions)
    words = LetterWords(
        subject=table.text("subject", placeholders),
        salutation=salutations.pop("", ""),
        valediction=valedictions.pop("", ""),
        openings=_variants(table.table("openings"), placeholders),
        demands={
            demand.key: _variants(by_demand.table(demand.key, needed=False), placeholders)
            for demand in demands
        },
        closings=_variants(table.table("closings"), placeholders),
        salutations=salutations,
        valedictions=valedictions,
    )
    table.report_unknown_keys()
    return words


def _by_office(
    table: TomlTable, name: str, placeholders: Collection[str], of_site: Mapping[str, str]
) -> dict[str, str]:
    """Return how letters begin or end, by office; "" is the usual one, for a minister.

    A campaign with a usual one of its own does without all of the site's.
    """
    texts = {} if name in table.keys() or not of_site else dict(of_site)  # noqa: SIM118
    if not texts:
        texts[""] = table.text(name, placeholders)
    row = table.table(f"{name}s", needed=False)
    own = {office: row.text(office, placeholders) for office in sorted(row.keys())}
    # Its text for an office goes before the site's for a single recipient.
    kept = {key: text for key, text in texts.items() if office_of(key) not in own}
    return kept | own


def _variants(table: TomlTable, placeholders: Collection[str]) -> dict[str, str]:
    variants = {key: table.text(key, placeholders) for key in sorted(table.keys())}
    if not variants:
        table.fault("", "needs at least one text")
    return variants


_PIECES = {
    "demands": "[demands.{}] with heading and text",
    "letter.demands": "[letter.demands.{}] with at least one text",
}
"""Where a demand needs words, and what to write there."""


def check_demand_texts(table: TomlTable, demands: Sequence[Demand]) -> None:
    """Report each demand once, with everything to write or delete for it."""
    wanted = [demand.key for demand in demands]
    there = _there(table)
    _report_missing(table, wanted, there)
    for key in dict.fromkeys(key for keys in there.values() for key in keys if key not in wanted):
        pieces = [piece for piece, keys in there.items() if key in keys]
        if table.nested_keys(*pieces[0].split("."), key) is None:
            what = f"it belongs under a table such as [{pieces[0]}.{wanted[0]}]"
        else:
            named = " and ".join(f"[{piece}.{key}]" for piece in pieces)
            what = f"campaign.toml has no such demand. Delete {named}, or add the demand there"
        table.fault(f"{pieces[0]}.{key}", f"is not a known key: {what}")


def _there(table: TomlTable) -> dict[str, Sequence[str]]:
    """Return the demand keys in each section, leaving out sections that are faulty themselves."""
    found = {"demands": table.nested_keys("demands")}
    if "letter" in table.keys():  # noqa: SIM118 - a Table is no mapping
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


def check_same_variants(words: Mapping[str, Words], default: str, faults: list[str]) -> None:
    """Report where a language's variants or consents differ from those of the default language.

    A piece that either language lacks completely is skipped: it has been reported already.
    """
    if default not in words:
        return
    reference = _keys(words[default])
    others = {language: _keys(other) for language, other in words.items() if language != default}
    lacking = _all_others_have(reference, list(others.values()))
    faults += [f"{default}.toml: {key}: is missing (all others have it)" for key in sorted(lacking)]
    for language, theirs in others.items():
        for piece in sorted(reference.keys() & theirs.keys()):
            for missing in sorted(reference[piece] - theirs[piece]):
                faults.append(f"{language}.toml: {missing}: is missing ({default}.toml has it)")
            for extra in sorted(theirs[piece] - reference[piece] - lacking):
                faults.append(f"{language}.toml: {extra}: {default}.toml does not have it")


def _all_others_have(
    reference: Mapping[str, set[str]], others: list[dict[str, set[str]]]
) -> set[str]:
    """Return what all other languages have, if there are several, and the default one lacks."""
    if len(others) < 2:  # noqa: PLR2004 - one other language may as well have one too many
        return set()
    return {
        key
        for piece, keys in reference.items()
        for key in set.intersection(*(theirs.get(piece, set()) for theirs in others)) - keys
    }


def _keys(words: Words) -> dict[str, set[str]]:
    """Return the keys of each piece that has any text."""
    letter = words.letter
    pieces = {
        "letter.openings": letter.openings,
        "letter.closings": letter.closings,
        **{f"letter.demands.{demand}": texts for demand, texts in letter.demands.items()},
        "consents": words.consents,
    }
    return {
        piece: {f"{piece}.{key}" for key in texts}
        for piece, texts in pieces.items()
        if any(texts.values())
    }
