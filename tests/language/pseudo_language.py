"""A pseudo-language that reveals layouts that overflow and texts that were never extracted.

Each text is English with accents, two fifths longer and in brackets: it stays readable, is as
long as the longest translations, and whatever is outside brackets was never extracted.

`make pseudo` shows the site in it. translate-toolkit's podebug does not make texts longer by
their length, and changes the letter's placeholders ($government_of).
"""

from __future__ import annotations

import re
import sys
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

from babel.messages.pofile import write_po

from campaign.campaigns.site_words import SiteWords
from campaign.container import DATA
from campaign.language.catalogue import DOMAIN, REVIEW_FILE, SOURCE_LANGUAGE
from campaign.language.review import ReviewStatus
from campaign.recipients.rules.choice import RecipientChoice
from campaign.settings.settings import SHIPPED_CAMPAIGNS
from tests.language.catalogue_files import extract, pybabel, read

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PSEUDO_LANGUAGE = "en-XA"
"""CLDR's tag for accented English."""

TAGS = (SOURCE_LANGUAGE, PSEUDO_LANGUAGE)
GROWTH = 0.4

_ACCENTS = str.maketrans(
    "abcdefghijklmnoprstuvwyzABCDEFGHIJKLMNOPRSTUVWYZ",
    "åƀçđéƒğĥïĵķļɱñöþřšţüṽŵýžÅƁÇĐÉƑĞĤÏĴĶĻṀÑÖÞŘŠŢÜṼŴÝŽ",
)
_FILLING = ("öñé", "ţŵö", "ţĥřéé", "ƒöüř", "ƒïṽé", "šïẋ", "šéṽéñ")
# Placeholders, tags, and characters with a meaning in gettext and TOML.
_KEPT = re.compile(r"%\(\w+\)[sd]|%%|\$\w+|\$\$|\\.|<[^>]*>|\S+@\S+|https?://\S+")


def write_site(folder: Path) -> None:
    """Write translations and campaigns, in English and in the pseudo-language, into a folder."""
    words = folder / "translations"
    words.mkdir(parents=True, exist_ok=True)
    read_by = (f'{tag} = "{ReviewStatus.SOURCE}"\n' for tag in TAGS)
    (words / REVIEW_FILE).write_text("".join(read_by))
    extract(words.resolve() / f"{DOMAIN}.pot")
    for tag in TAGS:
        catalogue = read(words / f"{DOMAIN}.pot", SOURCE_LANGUAGE)
        # The header of a template says so, and what is fuzzy is not compiled.
        catalogue.fuzzy = False
        if tag == PSEUDO_LANGUAGE:
            _pseudolocalize_catalogue(catalogue)
        path = words.resolve() / tag / "LC_MESSAGES" / f"{DOMAIN}.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            write_po(file, catalogue)
        # Babel does not know the pseudo-language, whose plurals are English.
        pybabel("compile", "-l", SOURCE_LANGUAGE, "-i", path, "-o", path.with_suffix(".mo"))
    for bundle in sorted(SHIPPED_CAMPAIGNS.iterdir()):
        _write_bundle(bundle, folder / "campaigns" / bundle.name)


def _pseudolocalize_catalogue(catalogue: Catalog) -> None:
    for message in catalogue:
        if isinstance(message.id, str):
            message.string = pseudolocalize(message.id) or message.string
        else:
            message.string = tuple(pseudolocalize(one) for one in message.id)


def _write_bundle(bundle: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    words = (bundle / f"{SOURCE_LANGUAGE}.toml").read_text(encoding="utf-8")
    facts, _, _ = (bundle / "campaign.toml").read_text(encoding="utf-8").partition("[review]")
    review = "".join(f'{tag} = "{ReviewStatus.SOURCE}"\n' for tag in TAGS)
    (target / "campaign.toml").write_text(f"{facts}[review]\n{review}", encoding="utf-8")
    (target / f"{SOURCE_LANGUAGE}.toml").write_text(words, encoding="utf-8")
    letter = f"{_consents()}[letter]\n{_letter_forms()}"
    words = words.replace("[letter]\n", letter, 1) + _government_names()
    (target / f"{PSEUDO_LANGUAGE}.toml").write_text(pseudolocalize_toml(words), encoding="utf-8")


def _consents() -> str:
    """Return what the site has in its own languages only, as a bundle's own words."""
    usual = SiteWords(DATA).default_words(SOURCE_LANGUAGE)
    assert usual is not None
    return "[consents]\n" + "".join(f'{key} = "{text}"\n' for key, text in usual.consents.items())


def _letter_forms() -> str:
    forms = SiteWords(DATA).letter_forms(SOURCE_LANGUAGE, RecipientChoice())
    return f'salutation = "{forms.salutations[""]}"\nvalediction = "{forms.valedictions[""]}"\n'


def _government_names() -> str:
    names = SiteWords(DATA).government_names(SOURCE_LANGUAGE)
    rows = (
        f"[governments.{code}]\n" + "".join(f'{form} = "{text}"\n' for form, text in forms.items())
        for code, forms in names.items()
    )
    return "".join(rows)


def pseudolocalize(text: str) -> str:
    """Return a text in the pseudo-language; placeholders and tags are unchanged."""
    if not text:
        return text
    pieces, end = [], 0
    for kept in _KEPT.finditer(text):
        pieces += [text[end : kept.start()].translate(_ACCENTS), kept.group()]
        end = kept.end()
    accented = "".join(pieces) + text[end:].translate(_ACCENTS)
    filling = " ".join(islice(cycle(_FILLING), 1 + int(len(text) * GROWTH) // 5))
    return f"[{accented} {filling}]"


def pseudolocalize_toml(toml: str) -> str:
    """Return TOML with every text in the pseudo-language; keys and comments are unchanged."""
    return "\n".join(_pseudo_line(line) for line in toml.splitlines()) + "\n"


def _pseudo_line(line: str) -> str:
    if line.startswith("#"):
        return line
    return re.sub(r'"((?:[^"\\]|\\.)*)"', lambda found: f'"{pseudolocalize(found.group(1))}"', line)


if __name__ == "__main__":
    write_site(Path(sys.argv[1]))
