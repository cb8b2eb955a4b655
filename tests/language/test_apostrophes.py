"""One apostrophe, ’, in all words that people read: of every language, page, mail and letter."""

from __future__ import annotations

import ast
import re
import tomllib
from typing import TYPE_CHECKING, Any

from campaign.recipients.reference_data import load_reference_data
from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.language.catalogue_files import CATALOGUES, read

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHERS = re.compile(r"(?<=[^\W\d_])['ʼ´`′](?=[^\W\d_])|(?<=s)'(?= [a-z])")
JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
STRING = re.compile(r'"[^"\n]*"')
SHOWN_BY = {"pages", "forms", "console", "web"}
"""Names of the modules and folders whose texts are shown on pages."""


def wrong(texts: Iterator[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return where another apostrophe stands, and in which text; there are texts at all."""
    found = list(texts)
    assert found
    return [(where, text) for where, text in found if OTHERS.search(text)]


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings_in(one)


def test_messages_and_their_translations_have_one_apostrophe() -> None:
    def texts() -> Iterator[tuple[str, str]]:
        for language, path in CATALOGUES.items():
            for message in read(path, language):
                if message.id:
                    for text in strings_in([message.id, message.string]):
                        yield language, text

    assert wrong(texts()) == []


def test_the_campaigns_words_have_one_apostrophe() -> None:
    def texts() -> Iterator[tuple[str, str]]:
        for path in sorted(SHIPPED_CAMPAIGNS.glob("*/*.toml")):
            for text in strings_in(tomllib.loads(path.read_text(encoding="utf-8"))):
                yield path.name, text

    assert wrong(texts()) == []


def test_ministries_and_authorities_have_one_apostrophe() -> None:
    def texts() -> Iterator[tuple[str, str]]:
        reference = load_reference_data(BASE_DIR / "campaign" / "data")
        for code, recipient in reference.recipients.items():
            for text in strings_in([recipient.names, recipient.postal_lines]):
                yield code, text
        for code, body in reference.supervisory_authorities.items():
            yield code, body.name

    assert wrong(texts()) == []


def test_templates_have_one_apostrophe_in_their_text_and_in_texts_they_hand_on() -> None:
    def texts() -> Iterator[tuple[str, str]]:
        for path in sorted((BASE_DIR / "templates").rglob("*.*")):
            source = path.read_text(encoding="utf-8")
            yield path.name, JINJA.sub("", source) if path.suffix != ".typ" else ""
            for code in JINJA.findall(source):
                if not code.startswith("{#"):
                    yield from ((path.name, text) for text in STRING.findall(code))

    assert wrong(texts()) == []


def test_what_pages_say_from_code_has_one_apostrophe() -> None:
    def texts() -> Iterator[tuple[str, str]]:
        for path in sorted((BASE_DIR / "campaign").rglob("*.py")):
            if SHOWN_BY.isdisjoint({path.stem, *path.relative_to(BASE_DIR).parts}):
                continue
            tree = ast.parse(path.read_text(encoding="utf-8"))
            # A text by itself is a docstring.
            alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and node not in alone:
                    yield from ((path.name, text) for text in strings_in(node.value))

    assert wrong(texts()) == []
