"""The gettext catalogues: the texts of buttons, labels and mails in each language."""

from __future__ import annotations

import gettext
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from campaign.errors import ContentError
from campaign.language.review import ReviewStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

DOMAIN = "messages"
REVIEW_FILE = "review.toml"
SOURCE_LANGUAGE = "en"

EU_LANGUAGES = (
    *("bg", "es", "cs", "da", "de", "et", "el", "en", "fr", "ga", "hr", "it"),
    *("lv", "lt", "hu", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "fi", "sv"),
)
"""The EU's languages in its official order, by their own names.

Interinstitutional Style Guide, section 7.2.1.
"""


@dataclass(frozen=True)
class Language:
    """A language, its translations and their review status."""

    tag: str
    catalogue: gettext.NullTranslations
    review: ReviewStatus

    @property
    def needs_review(self) -> bool:
        return self.review is ReviewStatus.AWAITING

    def gettext(self, message: str) -> str:
        return self.catalogue.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.catalogue.ngettext(singular, plural, n)


def load_languages(folder: Path) -> dict[str, Language]:
    """Return every language that has a catalogue, in the EU's official order.

    Raise ContentError if a compiled catalogue is missing or older than its source (`pybabel
    compile`, part of `make run`, compiles them), or if its review status is not stated.
    """
    languages = {}
    read_by = _read_by(folder / REVIEW_FILE)
    faults = []
    for source in sorted(folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        compiled = source.with_suffix(".mo")
        tag = source.parent.parent.name
        made = compiled.stat().st_mtime_ns if compiled.exists() else 0
        if made < source.stat().st_mtime_ns:
            faults.append(
                f"the catalogue of {tag} is not compiled: run pybabel compile -d {folder}"
            )
            continue
        if read_by.get(tag) not in set(ReviewStatus):
            faults.append(f"{REVIEW_FILE}: {tag} should be one of {', '.join(ReviewStatus)}")
            continue
        languages[tag] = Language(tag, _catalogue(compiled, made), ReviewStatus(read_by[tag]))
    if faults:
        raise ContentError(faults)
    return {tag: languages[tag] for tag in sort_languages(languages)}


def _read_by(path: Path) -> dict[str, str]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ContentError([f"{path.name}: {error}"]) from error


@lru_cache(maxsize=64)
def _catalogue(path: Path, _made: int) -> gettext.GNUTranslations:
    """Return a catalogue, read once for each time it was compiled."""
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def sort_languages(tags: Iterable[str]) -> list[str]:
    """Return language tags in the EU's official order; all others follow, sorted by tag."""
    last = len(EU_LANGUAGES)
    place = {tag: number for number, tag in enumerate(EU_LANGUAGES)}
    return sorted(tags, key=lambda tag: (place.get(tag, last), tag))
