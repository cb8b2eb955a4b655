"""Pages as a parser reads them: what stands in their fields, and whether anything is foreign."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR
from tests.naughty.strings import as_received

if TYPE_CHECKING:
    from collections.abc import Iterable

TEMPLATES = BASE_DIR / "templates"
_BARE = {
    "autofocus",
    "checked",
    "formnovalidate",
    "hidden",
    "novalidate",
    "open",
    "readonly",
    "required",
    "selected",
}
_QR_CODE = {"svg", "g", "path", "title"}
_OF_QR_CODES = {"d", "fill", "preserveaspectratio", "stroke", "transform", "viewbox"}
_LEADS_TO = ("/", "#", "http://localhost", "https://", "mailto:", "sgnl://send?text=")
_MARKUP = re.compile('<|.".', re.DOTALL)
"""At its ends a quotation mark may be the one that stands around a value."""

_SHORT = 4
"""What is no longer than this stands in a page by itself."""


class Page(HTMLParser):
    """What a browser would make of a page: elements with their attributes, and fields."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.fields: dict[str, list[str]] = defaultdict(list)
        self._area: str | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag == "textarea":
            self._area = given.get("name", "")
            self.fields[self._area].append("")
        elif tag == "input":
            self.fields[given.get("name", "")].append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            # The first line break after the tag is no part of the text.
            text = self.fields[self._area][-1]
            self.fields[self._area][-1] = text.removeprefix("\r").removeprefix("\n")
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self.fields[self._area][-1] += data

    def foreign(self) -> list[str]:
        """Return the elements and attributes that no template of ours writes."""
        found = [f"<{tag}>" for tag, _ in self.elements if tag not in _words()[0]]
        found += [
            f"<{tag} {name}={value}>"
            for tag, given in self.elements
            for name, value in given.items()
            if not _is_ours(tag, name, value)
        ]
        found += [
            "<script> inside" for tag, given in self.elements if (tag, given) == ("script", {})
        ]
        return found

    def repeats(self, strings: Iterable[str]) -> list[str]:
        """Return the strings with markup in them that stand in the page as they were typed."""
        typed = {
            as_received(text) for text in strings if len(text) > _SHORT and _MARKUP.search(text)
        }
        return [text for text in typed if text in self.text]


def clean_page(text: str, typed: Iterable[object] = ()) -> Page:
    """Read a page; fail where something foreign is in it, or markup as it was typed."""
    page = Page(text)
    assert page.foreign() == [], page.foreign()
    found = page.repeats(str(one) for one in typed)
    assert found == [], found
    return page


def _is_ours(tag: str, name: str, value: str) -> bool:
    if name in {"href", "src", "action", "formaction"}:
        return value.startswith(_LEADS_TO) and (tag != "script" or value.startswith("/static/"))
    return name in _words()[1]


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    """Return every element and every attribute that stands in a template."""
    source = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    elements = set(re.findall(r"<([a-z][a-z0-9]*)", source)) | _QR_CODE
    attributes = set(re.findall(r"""[\s}]([a-z][a-z0-9-]*)=["'{]""", source))
    attributes |= set(re.findall(r"\sdata-[a-z0-9-]+", source))
    # Handed to the macro of a field.
    attributes |= set(re.findall(r"\"(data-[a-z0-9-]+)\":", source))
    return frozenset(elements), frozenset(
        name.strip() for name in attributes
    ) | _BARE | _OF_QR_CODES
