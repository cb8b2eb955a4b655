"""Warnings about what is valid in a bundle and probably unintended. None of them is a fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.campaigns.bundle_words import TOP_LEVEL_KEYS
from campaign.campaigns.rules.campaign import OTHER_OFFICE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from campaign.campaigns.rules.campaign import Campaign, Words

LONG_TITLE = 150
"""Characters. The share image sets a title of 150 at 19 points, and a usual one at 34; from 340
characters on it is set at 13 and runs over the count. A post on X may have 280, including the
URL."""

LONG_SUMMARY = 400
"""Characters. Link previews and search results show less than half of that. With six headings of
one line each, the poster still fits on one sheet."""

LONG_HEADING = 80
"""Characters. Two lines of the poster, which fits on one sheet with five demands of two lines
each."""


def folder_warnings(folder: Path, campaign: Campaign, today: date) -> list[str]:
    """Return the warnings about a bundle, and about what stands beside it in its folder."""
    return [*_other_files(folder, campaign), *bundle_warnings(campaign, today)]


def bundle_warnings(campaign: Campaign, today: date) -> list[str]:
    """Return one sentence for each date and text that deserves a second look."""
    texts = (line for words in campaign.revision.words.values() for line in _long_texts(words))
    greeted, misplaced = _greeted_in_vain(campaign), _misplaced_texts(campaign)
    return [*_over(campaign, today), *texts, *greeted, *misplaced]


def _other_files(folder: Path, campaign: Campaign) -> Iterator[str]:
    """Yield a warning for each file that nothing reads, except hidden (system) files."""
    read = {"campaign.toml", *(f"{language}.toml" for language in campaign.revision.languages)}
    for path in sorted(folder.iterdir()):
        if path.name in read or path.name.startswith("."):
            continue
        name = path.name if path.name.isprintable() else ascii(path.name)
        kind = "folder" if path.is_dir() else "file"
        hint = "; words are in files such as de.toml" if path.suffix == ".toml" else ""
        yield f"{name}: this {kind} is not part of the bundle, and nothing reads it{hint}"


def _over(campaign: Campaign, today: date) -> Iterator[str]:
    closes_on = campaign.facts.closes_on
    if closes_on and closes_on < today:
        yield f"campaign.toml: closes_on: {closes_on} is in the past, so nobody can sign"


def _misplaced_texts(campaign: Campaign) -> Iterator[str]:
    """Yield a warning for each text of a letter whose key is rather one of the page's."""
    for language, words in campaign.revision.words.items():
        letter = words.letter
        for piece, texts in (("openings", letter.openings), ("closings", letter.closings)):
            for key in sorted(texts.keys() & set(TOP_LEVEL_KEYS)):
                yield (
                    f"{language}.toml: letter.{piece}.{key}: is a text of the letter; if it is the "
                    f"page's {key}, move it above the first line that begins with ["
                )


def _greeted_in_vain(campaign: Campaign) -> Iterator[str]:
    """Yield a warning for each salutation and valediction that no letter can have."""
    reaches = campaign.facts.recipients.reaches
    for language, words in campaign.revision.words.items():
        for name in ("salutations", "valedictions"):
            for office in getattr(words.letter, name):
                if office != OTHER_OFFICE and not reaches(office):
                    yield f"{language}.toml: letter.{name}.{office}: no letter goes to this office"


def _long_texts(words: Words) -> Iterator[str]:
    headings = {f"demands.{key}.heading": one.heading for key, one in words.demands.items()}
    texts = {"title": words.title, "summary": words.summary, **headings}
    for key, text in texts.items():
        most, where = _ROOM.get(key, _HEADING)
        if len(text) > most:
            yield (
                f"{words.language}.toml: {key}: has {len(text)} characters; "
                f"with more than {most} {where}"
            )


_ROOM = {
    "title": (LONG_TITLE, "it is hard to read in share images and is cut off in posts"),
    "summary": (LONG_SUMMARY, "it is cut off in previews of links, and the poster gets too full"),
}
_HEADING = (LONG_HEADING, "it fills more than two lines of the poster")
