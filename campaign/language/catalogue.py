"""The gettext catalogues: one language's words for buttons, labels and mails."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.errors import ContentError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DOMAIN = "messages"

# The EU's order of its languages: by their own names (Interinstitutional Style Guide 7.2.1).
_OFFICIAL_ORDER = (
    *("bg", "es", "cs", "da", "de", "et", "el", "en", "fr", "ga", "hr", "it"),
    *("lv", "lt", "hu", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "fi", "sv"),
)


@dataclass(frozen=True)
class Language:
    """A language and its words."""

    tag: str
    catalogue: gettext.NullTranslations

    def gettext(self, message: str) -> str:
        return self.catalogue.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.catalogue.ngettext(singular, plural, n)


def load_languages(folder: Path) -> dict[str, Language]:
    """Return every language that has a catalogue, in the official order.

    Catalogues are compiled (`campaign messages compile`, part of `make run`); raise
    ContentError if one is missing or older than its source.
    """
    languages = {}
    faults = []
    for source in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        compiled = source.with_suffix(".mo")
        tag = source.parent.parent.name
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            faults.append(f"the catalogue of {tag} is not compiled: run campaign messages compile")
            continue
        with compiled.open("rb") as file:
            languages[tag] = Language(tag, gettext.GNUTranslations(file))
    if faults:
        raise ContentError(faults)
    return {tag: languages[tag] for tag in in_official_order(languages)}


def in_official_order(tags: Iterable[str]) -> list[str]:
    """Sort language tags as the EU lists its languages; others follow by tag."""
    last = len(_OFFICIAL_ORDER)
    place = {tag: number for number, tag in enumerate(_OFFICIAL_ORDER)}
    return sorted(tags, key=lambda tag: (place.get(tag, last), tag))
