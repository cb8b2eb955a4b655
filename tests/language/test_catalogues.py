"""The site's own words in every language: plurals, placeholders, punctuation, the same bytes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from gettext import c2py
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from babel import Locale
from babel.messages.plurals import get_plural
from translate.filters import checks
from translate.storage import po

from campaign.language.catalogue import EU_LANGUAGES, SOURCE_LANGUAGE, sort_languages
from tests.language.catalogue_files import CATALOGUES, TRANSLATIONS, read as read_file

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog, Message

TRANSLATED = [tag for tag in EU_LANGUAGES if tag != SOURCE_LANGUAGE]
COUNTED = [*range(206), 1_000_000]

CHECKS = [
    *("printf", "xmltags", "endpunc", "startwhitespace", "endwhitespace", "doublespacing"),
    *("blank", "untranslated", "emails", "urls", "newlines", "tabs", "escapes"),
]
"""What pofilter looks at: `pofilter --list` describes each."""

# Words that agree with no number, so any number may stand before them.
AGREE_WITH_NOTHING = {
    "es": {"las"},
    "fr": {"à"},
    "hu": {"ember", "levél", "támogatója"},  # Hungarian has the singular after every number
    "it": {"hanno", "le"},
    "pt": {"as"},
}


@cache
def read(language: str) -> Catalog:
    return read_file(CATALOGUES[language], language)


def counted_messages(language: str) -> list[Message]:
    return [message for message in read(language) if message.pluralizable and message.id]


def forms(message: Message) -> tuple[str, ...]:
    """Return a message's translations; the source language's are the message itself."""
    assert isinstance(message.string, (list, tuple))
    return tuple(message.string) if any(message.string) else tuple(message.id)


def test_there_is_every_official_language_in_the_official_order() -> None:
    assert tuple(sort_languages(CATALOGUES)) == EU_LANGUAGES


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_the_plural_rule_is_babels_and_each_number_has_its_sentence(language: str) -> None:
    catalog = read(language)
    rule = c2py(catalog.plural_expr)
    assert catalog.plural_expr == get_plural(language).plural_expr
    for message in counted_messages(language):
        texts = forms(message)
        assert len(texts) == catalog.num_plurals
        assert {rule(n) for n in COUNTED} == set(range(catalog.num_plurals))
        for n in COUNTED:
            assert "%(number)s" in texts[rule(n)]


@pytest.mark.parametrize("language", EU_LANGUAGES)
def test_no_noun_follows_a_number_where_the_rule_is_coarser_than_the_language(
    language: str,
) -> None:
    """Babel's rule puts 5 and 1,000,000 together in French, but "1 000 000 de personnes"."""
    locale = Locale.parse("pt_PT" if language == "pt" else language)
    rule = c2py(read(language).plural_expr)
    numbers = sorted(COUNTED, key=rule)
    mixed = [
        form
        for form, same in groupby(numbers, key=rule)
        if len({locale.plural_form(n) for n in same}) > 1
    ]
    for message in counted_messages(language):
        for form in mixed:
            text = forms(message)[form]
            follows = re.search(r"%\(number\)s[\s\xa0\u202f]+(\w+)", text)
            allowed = AGREE_WITH_NOTHING.get(language, set())
            assert not follows or follows.group(1) in allowed, text


@pytest.mark.parametrize("language", TRANSLATED)
def test_pofilter_finds_nothing(language: str) -> None:
    config = checks.CheckerConfig(targetlanguage=language)
    checker = checks.TeeChecker(checkerconfig=config, limitfilters=CHECKS)
    # French puts a narrow no-break space before ":"; pofilter knows the wide one.
    text = CATALOGUES[language].read_text(encoding="utf-8").replace("\u202f", "\xa0")
    units = po.pofile.parsestring(text.encode()).units  # type: ignore[no-untyped-call]
    found = {
        unit.source: failures
        for unit in units
        if unit.source and (failures := checker.run_filters(unit))
    }
    assert found == {}


def test_the_compiled_catalogue_is_the_same_in_every_process(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("pybabel")
    made = []
    for seed in ("1", "2"):
        folder = shutil.copytree(TRANSLATIONS / "mt", tmp_path / seed / "mt")
        command = [str(program), "--quiet", "compile", "-d", str(folder.parent)]
        subprocess.run(command, check=True, env={"PYTHONHASHSEED": seed})
        made.append((folder / "LC_MESSAGES" / "messages.mo").read_bytes())
    assert made[0] == made[1]
