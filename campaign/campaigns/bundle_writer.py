"""Write a published campaign as a bundle, if its files were never kept."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from campaign.campaigns.bundle import parse_bundle
from campaign.campaigns.bundle_document import BundleDocument
from campaign.campaigns.bundle_files import FACTS_FILE, bundle_files
from campaign.errors import ContentError
from campaign.recipients.rules.choice import RecipientChoice
from campaign.recipients.rules.government import GovernmentChoice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.campaigns.bundle_document import Path
    from campaign.campaigns.rules.campaign import Campaign, Facts, Words
    from campaign.campaigns.site_words import BundleContext

_OF_THE_SITE: tuple[tuple[Path, ...], ...] = (
    (("governments",),),
    (("consents",),),
    (("letter", "salutation"), ("letter", "salutations")),
    (("letter", "valediction"), ("letter", "valedictions")),
    (("letter", "openings"), ("letter", "demands"), ("letter", "closings"), ("voices",)),
    (("letter", "subject"),),
)
"""What a language may leave to the site, and may be the site's words already."""


def write_bundle(campaign: Campaign, known: BundleContext) -> dict[str, str]:
    """Return the texts of a bundle's files by name that say what the campaign says.

    What the site would say by itself is left out.
    """
    documents = {FACTS_FILE: _facts(campaign)}
    for language, words in campaign.revision.words.items():
        documents[f"{language}.toml"] = _words(words)
    texts = {name: document.text for name, document in documents.items()}
    for paths in _OF_THE_SITE:
        shorter = _without(texts, paths)
        if _says(shorter, campaign, known):
            texts = shorter
    return texts


def _without(texts: Mapping[str, str], paths: tuple[Path, ...]) -> dict[str, str]:
    shorter = {}
    for name, text in texts.items():
        document = BundleDocument(text)
        for path in paths:
            # Of campaign.toml only the voices; its [governments] are others.
            if (name == FACTS_FILE) == (path == ("voices",)):
                document.set(path, None)
        shorter[name] = document.text
    return shorter


def _says(texts: Mapping[str, str], campaign: Campaign, known: BundleContext) -> bool:
    try:
        return parse_bundle(bundle_files(texts), known).revision == campaign.revision
    except ContentError:
        return False


def _facts(campaign: Campaign) -> BundleDocument:
    document, facts, revision = BundleDocument(), campaign.facts, campaign.revision
    for path, value in _facts_values(facts):
        document.set(path, value)
    source = revision.source
    for key, value in {
        "author": source.author,
        "title": source.title,
        "language": source.language,
        "date": source.published,
        "asked_on": source.asked_on,
    }.items():
        document.set(("source", key), value)
    demands = [{"key": one.key, "kind": one.kind} for one in revision.demands]
    document.set_tables("demands", [{k: v for k, v in row.items() if v} for row in demands])
    for voice, keys in revision.voices.items():
        document.set(("voices", voice.value), list(keys))
    return document


def _facts_values(facts: Facts) -> Iterator[tuple[Path, object]]:
    for key in ("slug", "default_language", "opens_on", "closes_on", "retention_days", "goal"):
        yield (key,), getattr(facts, key)
    yield ("by",), facts.by.value
    yield ("shown",), facts.shown.value
    yield ("time_zone",), facts.time_zone
    yield ("show_count_from",), facts.show_count_from or None
    yield ("sources",), list(facts.sources)
    yield ("embed_hosts",), list(facts.embed_hosts)
    for language, state in facts.review.items():
        yield ("review", language), state
    for key, told in asdict(facts.operator).items() if facts.operator else ():
        yield ("operator", key), list(told) if key == "processors" else told
    yield from _governments(facts.governments)
    yield from _recipients(facts.recipients)


def _governments(choice: GovernmentChoice) -> Iterator[tuple[Path, object]]:
    yield ("governments_on",), choice.on
    if choice.union != GovernmentChoice().union:
        yield ("governments", "union"), choice.union
    yield ("governments", "also"), list(choice.also)
    yield ("governments", "without"), list(choice.without)


def _recipients(choice: RecipientChoice) -> Iterator[tuple[Path, object]]:
    usual = RecipientChoice()
    if choice.offices != usual.offices:
        yield ("recipients", "offices"), list(choice.offices)
    if choice.to is not usual.to:
        yield ("recipients", "to"), choice.to.value
    for government, keys in choice.named.items():
        yield ("recipients", "governments", government), list(keys)


def _words(words: Words) -> BundleDocument:
    document, letter = BundleDocument(), words.letter
    for key in (
        *("name", "title", "summary", "asked_then", "asked_now"),
        *("author", "source_title", "thanks", "share"),
    ):
        document.set((key,), getattr(words, key))
    document.set(("retelling",), list(words.retelling))
    tables: dict[Path, Mapping[str, object]] = {
        ("demand_kinds",): words.demand_kinds,
        ("consents",): words.consents,
        **{("demands", key): vars(one) for key, one in words.demands.items()},
        ("letter",): {
            "subject": letter.subject,
            "salutation": letter.salutation,
            "valediction": letter.valediction,
        },
        ("letter", "openings"): letter.openings,
        **{("letter", "demands", key): texts for key, texts in letter.demands.items()},
        ("letter", "closings"): letter.closings,
        ("letter", "salutations"): letter.salutations,
        ("letter", "valedictions"): letter.valedictions,
        **{("governments", code): forms for code, forms in words.governments.items()},
    }
    for path, values in tables.items():
        for key, value in values.items():
            document.set((*path, key), value)
    return document
