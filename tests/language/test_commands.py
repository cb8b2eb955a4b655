"""The catalogues: whole, fresh, kept by an update, and compiled unless one has a fault."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from gettext import GNUTranslations
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from campaign.language.catalogue import SOURCE_LANGUAGE
from campaign.language.commands import messages
from campaign.language.formats import format_datetime
from tests.language.catalogue_files import (
    CATALOGUES,
    TRANSLATIONS,
    extract,
    pybabel,
    read,
    update,
)

if TYPE_CHECKING:
    from pathlib import Path

TRANSLATED = [language for language in CATALOGUES if language != SOURCE_LANGUAGE]
NEW = """
msgid "A message that is new"
msgstr ""

msgid "%(number)s new message"
msgid_plural "%(number)s new messages"
msgstr[0] ""
msgstr[1] ""
"""


def copied(folder: Path) -> Path:
    return shutil.copytree(TRANSLATIONS, folder, ignore=shutil.ignore_patterns("*.mo"))


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every message that code and templates have now."""
    path = tmp_path_factory.mktemp("template") / "messages.pot"
    extract(path)
    return path


@pytest.fixture(scope="module")
def updated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    translations = copied(tmp_path_factory.mktemp("updated") / "translations")
    update(template, translations)
    return translations


@pytest.mark.parametrize("language", CATALOGUES)
def test_an_update_changes_nothing_in_a_fresh_catalogue(language: str, updated: Path) -> None:
    path = CATALOGUES[language]
    fresh = updated / path.relative_to(TRANSLATIONS)
    assert fresh.read_bytes() == path.read_bytes(), "run: make messages"


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_message_is_translated_with_its_placeholders(language: str) -> None:
    catalog = read(CATALOGUES[language], language)
    assert [errors for _, errors in catalog.check()] == []
    for message in catalog:
        if not message.id:
            continue
        texts = forms(message.string)
        assert all(texts), message.id
        assert not message.fuzzy, message.id
        for text in texts:
            assert placeholders(text) == placeholders(forms(message.id)[-1]), message.id


def test_the_source_language_says_what_the_code_says() -> None:
    """Its catalogue is empty: gettext then shows the message itself."""
    for message in read(CATALOGUES[SOURCE_LANGUAGE], SOURCE_LANGUAGE):
        assert not message.id or not any(forms(message.string)), message.id


@pytest.mark.parametrize("language", CATALOGUES)
def test_plural_forms_fit_every_number(language: str) -> None:
    catalog = read(CATALOGUES[language], language)
    plurals = [forms(message.string) for message in catalog if message.pluralizable]
    assert plurals
    assert {len(texts) for texts in plurals} == {catalog.num_plurals}


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_time_that_ends_in_a_full_stop_ends_no_sentence_in_two(language: str) -> None:
    """As 4:11 π.μ. does in Greek."""
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    time = format_datetime(noon, language, "Europe/Athens")
    for message in read(CATALOGUES[language], language):
        for text in forms(message.string):
            assert ".." not in text.replace("%(time)s", time), text


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return a message's texts, one for each plural form or a single one."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%%", text))


def test_a_new_message_waits_for_its_translation_and_is_shown_in_the_source_language(
    template: Path, tmp_path: Path
) -> None:
    more = tmp_path / "messages.pot"
    more.write_text(template.read_text(encoding="utf-8") + NEW, encoding="utf-8")
    translations = copied(tmp_path / "translations")
    update(more, translations)
    for language in CATALOGUES:
        catalog = read(translations / language / "LC_MESSAGES" / "messages.po", language)
        assert not catalog["A message that is new"].string
    pybabel("compile", "-d", translations)
    with (translations / "en" / "LC_MESSAGES" / "messages.mo").open("rb") as file:
        english = GNUTranslations(file)
    assert english.gettext("A message that is new") == "A message that is new"
    assert [english.ngettext("one", "more", number) for number in (0, 1, 2)] == [
        *("more", "one", "more")
    ]


def test_a_template_that_cannot_be_parsed_loses_no_messages(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{{ _("Whole") }}')
    extract(tmp_path / "messages.pot", folder=tmp_path)
    assert "Whole" in (tmp_path / "messages.pot").read_text()
    (tmp_path / "templates" / "page.html").write_text('{{ _("Half" }}')
    with pytest.raises(subprocess.CalledProcessError, match=r"pybabel.* non-zero exit status"):
        extract(tmp_path / "messages.pot", folder=tmp_path)


def test_a_catalogue_with_a_fault_is_an_error(tmp_path: Path) -> None:
    translations = copied(tmp_path / "translations")
    path = translations / "de" / "LC_MESSAGES" / "messages.po"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r'(msgstr ".*)%\(operator\)s', r"\1%(operater)s", text, count=1))
    with pytest.raises(subprocess.CalledProcessError) as raised:
        pybabel("compile", "-d", translations)
    assert "operater" in raised.value.stderr


def test_an_old_upgrade_script_still_compiles_a_new_release(tmp_path: Path) -> None:
    translations = copied(tmp_path / "translations")
    result = CliRunner().invoke(messages, ["compile", str(translations)])
    assert result.exit_code == 0
    assert len(list(translations.rglob("*.mo"))) == len(CATALOGUES)
