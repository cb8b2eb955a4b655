"""The documents say what the code does."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from campaign.delivery.rules.delivery import Outcome
from campaign.exports import formats
from campaign.exports.tables import LETTER_COLUMNS, SIGNATURE_COLUMNS
from campaign.letters.rules.letter import LetterState, SendMethod
from campaign.settings.settings import BASE_DIR, Settings, env_name
from campaign.signatures.rules.counts import Dimension
from campaign.signatures.rules.signature import SignatureState
from tests.languages import EU_LANGUAGES

if TYPE_CHECKING:
    from enum import StrEnum

SETTINGS = (BASE_DIR / "docs" / "settings.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(CAMPAIGN_\w+)` \| (?:`(.+?)`|empty) \| (.+) \|$", re.MULTILINE)


def test_every_setting_is_described_with_its_default_and_meaning_and_nothing_else() -> None:
    described = ROW.findall(SETTINGS)
    assert described == [
        (env_name(one.name), one.metadata["default"], one.metadata["describe"])
        for one in fields(Settings)
    ]
    assert SETTINGS.count("\n|") == len(described) + 2


def test_the_text_around_the_table_names_no_setting_that_does_not_exist() -> None:
    known = {env_name(one.name) for one in fields(Settings)}
    assert set(re.findall(r"CAMPAIGN_[A-Z]\w*", SETTINGS)) == known


def test_every_test_that_a_document_names_exists() -> None:
    docs = BASE_DIR / "docs"
    named = {
        str(path.relative_to(docs)): set(re.findall(r"`(test_\w+)`", path.read_text("utf-8")))
        for path in docs.rglob("*.md")
    }
    defined: set[str] = set()
    for source in (BASE_DIR / "tests").rglob("test_*.py"):
        defined |= set(re.findall(r"^def (test_\w+)", source.read_text(), re.MULTILINE))
    assert len(named["delivery.md"]) > 25
    assert len(named["threat-model.md"]) > 50
    missing = {document: tests - defined for document, tests in named.items()}
    assert not any(missing.values()), missing


EXPORTS = (BASE_DIR / "docs" / "exports.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("counts", (*Dimension, "signatures")),
        ("signatures", SIGNATURE_COLUMNS),
        ("letters", LETTER_COLUMNS),
    ],
)
def test_every_column_of_an_export_is_described_in_its_order(
    table: str, columns: tuple[str, ...]
) -> None:
    section = EXPORTS.partition(f"\n## {table}\n")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \| \w+ \| .+ \| .*\|$", section, re.MULTILINE)
    assert tuple(described) == columns


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("state", LetterState),
        ("state", SignatureState),
        ("last_outcome", Outcome),
        ("way", SendMethod),
    ],
)
def test_every_word_in_a_column_is_described(column: str, kind: type[StrEnum]) -> None:
    rows = re.findall(rf"^\| `{column}` .+$", EXPORTS, re.MULTILINE)
    assert any({f"`{word}`" for word in kind} <= set(re.findall(r"`\w+`", row)) for row in rows)


@pytest.mark.parametrize("language", [tag for tag in EU_LANGUAGES if tag != "en"])
def test_the_glossary_fixes_forty_terms(language: str) -> None:
    glossary = (BASE_DIR / "docs" / "glossary.md").read_text(encoding="utf-8")
    section = glossary.partition(f"\n## {language}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+\S) \| [^|]*\|$", section, re.MULTILINE)
    terms = rows[2:]  # after the head and its line
    assert len(dict(terms)) == 40


def test_every_format_is_described() -> None:
    for name in formats.available():
        assert f"\n| `{name}` | " in EXPORTS
