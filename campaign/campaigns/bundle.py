"""Load campaign bundles: a folder with campaign.toml and one file of words per language."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from campaign.campaigns.bundle_recipients import read_governments, read_recipients
from campaign.campaigns.bundle_words import check_same_variants, read_words
from campaign.campaigns.letter_checks import letter_faults
from campaign.campaigns.rules.campaign import (
    AuthorKind,
    Campaign,
    Demand,
    Facts,
    LetterDisplay,
    Revision,
    SourceDocument,
    Words,
)
from campaign.campaigns.rules.letter import Voice
from campaign.campaigns.toml_reader import TomlTable, misnamed_file_hint, read_toml
from campaign.errors import ContentError
from campaign.language.review import ReviewStatus

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from campaign.campaigns.site_words import BundleContext

MAX_DEMANDS = 20
MAX_SLUG = 80
MAX_SIGNATURES = 1_000_000_000
MAX_VOICE_KEYS = 50
"""Far more texts of a piece than anybody writes."""

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# They would collide with paths of the site itself.
_RESERVED_SLUGS = frozenset({"static", "embed", "accessibility", "privacy", "translation"})
_KEY = re.compile(r"[a-z][a-z0-9_]{0,31}")
_SOURCE_CODE = re.compile(r"[a-z0-9-]{1,32}")
# Plain HTTP is for trying it on this machine only.
_ORIGIN = re.compile(
    r"https://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,5})?|http://(?:localhost|127\.0\.0\.1):[0-9]{1,5}"
)
# Placeholder for a required date that is missing: the fault is reported and nothing is loaded.
_MISSING_DATE = date.min


def load_bundle(folder: Path, known: BundleContext) -> Campaign:
    """Return the campaign in a bundle.

    Raise ContentError with file, key and reason of every fault found.
    """
    faults: list[str] = []
    table = read_toml(folder / "campaign.toml", faults)
    if table is None:
        for path in sorted(folder.glob("*.toml")):
            if path.name != "campaign.toml":
                read_toml(path, faults)
        raise ContentError(faults)
    facts = _facts(table, known)
    source = _source(table.table("source"))
    demands = _demands(table)
    voices = _voices(table)
    asked = facts.governments.choose_any_day(known.governments.values())
    needed = tuple(one.code for one in asked)
    if not needed:
        table.fault("governments_on", "no government was a member on that day")
    if facts.governments.on is None and "governments_on" in table.keys():  # noqa: SIM118
        needed = ()  # faulty, so it is unknown which governments each language has to name
    table.report_unknown_keys()
    words = _all_words(folder, facts, demands, needed, known, faults)
    if faults:
        raise ContentError(faults)
    campaign = Campaign(facts, Revision(source, demands, words, voices))
    faults += letter_faults(campaign)
    if faults:
        raise ContentError(faults)
    return campaign


def _facts(table: TomlTable, known: BundleContext) -> Facts:
    opens_on, closes_on = table.day("opens_on"), table.day("closes_on")
    if opens_on and closes_on and closes_on < opens_on:
        table.fault("closes_on", "is before opens_on")
    slug = _slug(table)
    sources = table.text_list("sources") if "sources" in table.keys() else ()  # noqa: SIM118
    for code in sources:
        if not _SOURCE_CODE.fullmatch(code):
            table.fault("sources", f"{code!r} should be up to 32 of a-z, 0-9 and -")
    return Facts(
        slug=slug,
        default_language=table.text("default_language"),
        governments=read_governments(table, known.governments),
        opens_on=opens_on,
        closes_on=closes_on,
        retention_days=_retention(table),
        sources=sources,
        embed_hosts=_embed_hosts(table),
        review=_review(table.table("review")),
        recipients=read_recipients(table, known.governments),
        by=table.choice("by", AuthorKind, AuthorKind.OTHER),
        shown=table.choice("shown", LetterDisplay, LetterDisplay.RETELLING),
        show_count_from=_number_of_signatures(table, "show_count_from", least=0) or 0,
        goal=_number_of_signatures(table, "goal", least=1),
        time_zone=_time_zone(table),
    )


def _slug(table: TomlTable) -> str:
    slug = table.value("slug", str)
    if slug is None:
        return ""
    if not _SLUG.fullmatch(slug):
        table.fault("slug", "should be small letters, digits and single hyphens")
    if len(slug) > MAX_SLUG or slug in _RESERVED_SLUGS:
        table.fault("slug", f"is taken by the site or longer than {MAX_SLUG} characters")
    return str(slug)


def _embed_hosts(table: TomlTable) -> tuple[str, ...]:
    hosts = table.text_list("embed_hosts") if "embed_hosts" in table.keys() else ()  # noqa: SIM118
    for host in hosts:
        if not _ORIGIN.fullmatch(host):
            table.fault("embed_hosts", f"{host!r} should be like https://www.example.org")
    return hosts


def _retention(table: TomlTable) -> int:
    days = table.value("retention_days", int)
    if days is not None and not 1 <= days <= 3650:  # noqa: PLR2004 - ten years
        table.fault("retention_days", "should be from 1 to 3650")
    return int(days or 0)


def _number_of_signatures(table: TomlTable, key: str, *, least: int) -> int | None:
    number: int | None = table.value(key, int, needed=False)
    if number is not None and not least <= number <= MAX_SIGNATURES:
        table.fault(key, f"should be from {least} to {MAX_SIGNATURES}")
    return number


def _time_zone(table: TomlTable) -> str:
    zone = table.value("time_zone", str, needed=False)
    if zone is None:
        return "UTC"
    if zone not in available_timezones():
        table.fault("time_zone", f"{zone!r} should be like Europe/Brussels")
    return str(zone)


def _review(table: TomlTable) -> dict[str, str]:
    review = {language: table.value(language, str) for language in table.keys()}  # noqa: SIM118
    if not review:
        table.fault("", 'names no language: write en = "reviewed", and so on for each')
    for language, state in review.items():
        if state is not None and state not in set(ReviewStatus):
            table.fault(language, f"should be one of {', '.join(ReviewStatus)}")
    return review


def _source(table: TomlTable) -> SourceDocument:
    source = SourceDocument(
        author=table.text("author"),
        title=table.text("title"),
        language=table.text("language"),
        published=table.day("date", needed=True) or _MISSING_DATE,
        asked_on=table.day("asked_on", needed=True) or _MISSING_DATE,
    )
    table.report_unknown_keys()
    return source


def _demands(table: TomlTable) -> tuple[Demand, ...]:
    """Return the demands; none if one is faulty, so that languages are not compared with them."""
    before = table.fault_count
    demands: list[Demand] = []
    # One more than the maximum is enough to report it.
    for row in table.table_list("demands")[: MAX_DEMANDS + 1]:
        demand = Demand(key=row.text("key"), kind=row.text("kind"))
        if demand.key and not _KEY.fullmatch(demand.key):
            row.fault("key", "should be small letters, digits and _")
        if demand.key and demand.key in {other.key for other in demands}:
            row.fault("key", f"{demand.key} stands twice")
        demands.append(demand)
        row.report_unknown_keys()
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


def _all_words(
    folder: Path,
    facts: Facts,
    demands: tuple[Demand, ...],
    needed: tuple[str, ...],
    known: BundleContext,
    faults: list[str],
) -> dict[str, Words]:
    words: dict[str, Words] = {}
    languages = _languages(folder, facts, known)
    for language in languages:
        table = read_toml(folder / f"{language}.toml", faults)
        if table is None:
            continue
        if language not in known.languages:
            table.fault("", "the site has no catalogue for this language")
        if facts.review and language not in facts.review:
            wanted = f'write {language} = "{ReviewStatus.AWAITING}" under [review]'
            table.fault("", f"campaign.toml says nothing under review.{language}: {wanted}")
        words[language] = read_words(table, language, demands, needed, facts, known)
    faults += _files_missing(folder, facts, languages)
    check_same_variants(words, facts.default_language, faults)
    return words


def _languages(folder: Path, facts: Facts, known: BundleContext) -> list[str]:
    """Return the languages of the bundle that have a file; other files are ignored."""
    wanted = {*known.languages, *facts.review, facts.default_language} - {"campaign"}
    return sorted({path.stem for path in folder.glob("*.toml")} & wanted)


def _files_missing(folder: Path, facts: Facts, languages: Collection[str]) -> list[str]:
    """Return one fault for each file that is missing, not for files that are broken."""
    keys = {language: f"review.{language}" for language in facts.review}
    if facts.default_language:
        keys.setdefault(facts.default_language, "default_language")
    return [
        f"campaign.toml: {key}: there is no file {language}.toml"
        + misnamed_file_hint(folder, f"{language}.toml")
        for language, key in keys.items()
        if language not in languages
    ]
