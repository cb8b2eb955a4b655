"""Load campaign bundles: campaign.toml and one file of words per language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_facts import TOP_LEVEL_KEYS as FACTS_KEYS, read_facts
from campaign.campaigns.bundle_files import FACTS_FILE, read_folder
from campaign.campaigns.bundle_languages import check_same_keys
from campaign.campaigns.bundle_letter import PIECES, overridden_parts
from campaign.campaigns.bundle_words import (
    CONSENTS,
    TOP_LEVEL_KEYS as WORDS_KEYS,
    BundleOutline,
    read_words,
)
from campaign.campaigns.letter_checks import letter_faults
from campaign.campaigns.rules.campaign import (
    Campaign,
    Demand,
    Facts,
    Revision,
    SourceDocument,
    Words,
)
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.site_words import DEFAULT_VOICES
from campaign.errors import ContentError
from campaign.language.review import ReviewStatus

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from campaign.campaigns.bundle_files import BundleFiles
    from campaign.campaigns.site_words import BundleContext, SiteWords
    from campaign.campaigns.toml_reader import TomlTable

MAX_DEMANDS = 20
MAX_VOICE_KEYS = 50
"""Far more texts of a piece than anybody writes."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True)
class Bundle:
    """A bundle that is in order: its files as they were written, and the campaign in them."""

    texts: Mapping[str, str]
    campaign: Campaign


def read_bundle(files: BundleFiles, known: BundleContext) -> Bundle:
    """Return a bundle, without files that nothing reads; raise ContentError like `parse_bundle`."""
    campaign = parse_bundle(files, known)
    read = {FACTS_FILE, *(f"{language}.toml" for language in campaign.revision.languages)}
    return Bundle({name: files.contents[name].decode() for name in sorted(read)}, campaign)


def load_bundle(folder: Path, known: BundleContext) -> Campaign:
    """Return the campaign of a bundle in a folder; raise ContentError like `parse_bundle`."""
    return parse_bundle(read_folder(folder), known)


def parse_bundle(files: BundleFiles, known: BundleContext) -> Campaign:
    """Return the campaign in a bundle.

    Raise ContentError with file, key and reason of every fault found.
    """
    faults: list[str] = []
    table = files.parse(FACTS_FILE, faults, FACTS_KEYS)
    if table is None:
        for language in sorted(files.languages):
            files.parse(f"{language}.toml", faults)
        raise ContentError(faults)
    there = sorted(files.languages & set(known.languages))
    facts = read_facts(table, there, known)
    source = _source(table.table("source"), facts.default_language)
    demands = _demands(table)
    voices = _voices(table)
    asked = facts.governments.choose_any_day(known.governments.values())
    needed = tuple(one.code for one in asked)
    if not needed:
        table.fault("governments_on", "no government was a member on that day")
    if facts.governments.on is None and "governments_on" in table.keys():  # noqa: SIM118
        needed = ()  # faulty, so it is unknown which governments each language has to name
    table.report_unknown_keys()
    languages = _languages(files, facts, known)
    tables = _language_tables(files, languages, faults)
    overrides = _overrides(tables, voices, known.site_words)
    told = table.nested_keys("source")
    is_dated = not told or "date" in told
    outline = BundleOutline(facts, demands, needed, is_dated, overrides)
    words = _all_words(tables, outline, known)
    faults += _files_missing(files, facts, languages)
    check_same_keys(words, tables, outline, known.site_words, faults)
    if faults:
        raise ContentError(faults)
    if overrides.keys().isdisjoint(PIECES) and known.site_words.default_words(
        facts.default_language
    ):
        voices = dict(DEFAULT_VOICES)
    campaign = Campaign(facts, Revision(source, demands, words, voices))
    faults += letter_faults(campaign)
    if faults:
        raise ContentError(faults)
    return campaign


def _source(table: TomlTable, default_language: str) -> SourceDocument:
    source = SourceDocument(
        author=table.text("author"),
        title=table.optional_text("title"),
        language=_source_language(table) or default_language,
        published=table.day("date"),
        asked_on=table.day("asked_on"),
    )
    table.report_unknown_keys()
    return source


def _source_language(table: TomlTable) -> str:
    language = table.optional_text("language")
    if language and not _LANGUAGE.fullmatch(language):
        table.fault("language", f"{language!r} should be like en")
    return language


def _demands(table: TomlTable) -> tuple[Demand, ...]:
    """Return the demands; none if one is faulty, so that languages are not compared with them."""
    before = table.fault_count
    demands: list[Demand] = []
    # One more than the maximum is enough to report it.
    rows = table.table_list("demands")[: MAX_DEMANDS + 1]
    for row in rows:
        demand = Demand(key=row.text("key"), kind=row.optional_text("kind"))
        if demand.key and not _KEY.fullmatch(demand.key):
            row.fault("key", "should be small letters, digits and _")
        if demand.key and demand.key in {other.key for other in demands}:
            row.fault("key", f"{demand.key} stands twice")
        demands.append(demand)
        row.report_unknown_keys()
    if any(demand.kind for demand in demands):
        for row, demand in zip(rows, demands, strict=True):
            if not demand.kind and "kind" not in row.keys():  # noqa: SIM118
                row.fault("kind", "is missing")
    none = not demands and table.fault_count == before
    if none or len(demands) > MAX_DEMANDS:
        table.fault("demands", f"should be from 1 to {MAX_DEMANDS}")
    return tuple(demands) if table.fault_count == before else ()


def _voices(table: TomlTable) -> dict[Voice, tuple[str, ...]]:
    """Return the keys of each voice's variants; none if all letters are in the usual one."""
    row = table.table("voices", needed=False)
    before = row.fault_count
    voices = {voice: row.text_list(voice) for voice in Voice if voice in row.keys()}  # noqa: SIM118
    row.report_unknown_keys()
    for voice, keys in voices.items():
        if len(keys) > MAX_VOICE_KEYS:
            row.fault(voice, f"has more than {MAX_VOICE_KEYS} keys")
    if row.fault_count > before:
        return {}
    first: dict[str, Voice] = {}
    for voice, keys in voices.items():
        if not keys:
            row.fault(voice, "names no variant: delete it, or write the keys of its texts")
        for key in keys:
            if key in first:
                row.fault(voice, f"{key} is in {first[key]} already: delete it in one place")
            first.setdefault(key, voice)
    return voices


def _language_tables(
    files: BundleFiles, languages: Sequence[str], faults: list[str]
) -> dict[str, TomlTable]:
    """Return the files of words that can be read, by language."""
    read = {language: files.parse(f"{language}.toml", faults, WORDS_KEYS) for language in languages}
    return {language: table for language, table in read.items() if table is not None}


def _overrides(
    tables: Mapping[str, TomlTable], voices: Mapping[Voice, object], site_words: SiteWords
) -> dict[str, str]:
    """Return the overrides of a bundle's outline.

    Sentences that the campaign sorts into voices have to be its own, all of them. In a language
    that the site has no words in it says everything itself.
    """
    overrides = dict.fromkeys(PIECES, "") if voices else {}
    for language, table in tables.items():
        if site_words.default_words(language):
            for part in (*overridden_parts(table), *({CONSENTS} & set(table.keys()))):
                overrides.setdefault(part, language)
    return overrides


def _all_words(
    tables: Mapping[str, TomlTable], outline: BundleOutline, known: BundleContext
) -> dict[str, Words]:
    words: dict[str, Words] = {}
    review = outline.facts.review
    for language, table in tables.items():
        if language not in known.languages:
            table.fault("", "the site has no catalogue for this language")
        if review and language not in review:
            wanted = f'write {language} = "{ReviewStatus.AWAITING}" under [review]'
            table.fault("", f"campaign.toml says nothing under review.{language}: {wanted}")
        words[language] = read_words(table, language, outline, known)
    return words


def _languages(files: BundleFiles, facts: Facts, known: BundleContext) -> list[str]:
    """Return the languages of the bundle that have a file; other files are ignored."""
    wanted = {*known.languages, *facts.review, facts.default_language}
    return sorted(files.languages & wanted)


def _files_missing(files: BundleFiles, facts: Facts, languages: Collection[str]) -> list[str]:
    """Return one fault for each file that is missing, not for files that are broken."""
    keys = {language: f"review.{language}" for language in facts.review}
    if facts.default_language:
        keys.setdefault(facts.default_language, "default_language")
    return [
        f"campaign.toml: {key}: there is no file {language}.toml"
        + files.misnamed_file_hint(f"{language}.toml")
        for language, key in keys.items()
        if language not in languages
    ]
