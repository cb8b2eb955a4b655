"""The catalogues: whole, fresh, and kept by an update."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.pofile import read_po

from campaign.language.commands import catalogues, extract_messages, render_po, update_catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from babel.messages.catalog import Catalog

CATALOGUES = dict(catalogues())


def read(path: Path, language: str) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=language)


@pytest.fixture(scope="module")
def template() -> Catalog:
    """Every message that code and templates have now."""
    return extract_messages()


@pytest.mark.parametrize("language", CATALOGUES)
def test_an_update_changes_nothing_in_a_fresh_catalogue(language: str, template: Catalog) -> None:
    path = CATALOGUES[language]
    assert render_po(update_catalogue(path, language, template)) == path.read_bytes(), (
        "run: make messages"
    )


@pytest.mark.parametrize("language", CATALOGUES)
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
    for message in read(CATALOGUES["en"], "en"):
        assert message.string == message.id or not message.id


@pytest.mark.parametrize("language", CATALOGUES)
def test_plural_forms_fit_every_number(language: str) -> None:
    catalog = read(CATALOGUES[language], language)
    plurals = [forms(message.string) for message in catalog if message.pluralizable]
    assert plurals
    assert {len(texts) for texts in plurals} == {catalog.num_plurals}


def forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """Return a message's texts, one for each plural form or a single one."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|%%", text))


def test_a_new_message_waits_for_its_translation_in_every_language_but_the_source(
    tmp_path: Path,
) -> None:
    template = extract_messages()
    template.add("A message that is new")
    for language in ("en", "fr"):
        catalog = update_catalogue(tmp_path / f"{language}.po", language, template)
        expected = "A message that is new" if language == "en" else ""
        assert (catalog["A message that is new"].string or "") == expected
