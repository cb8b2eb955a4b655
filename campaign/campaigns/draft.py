"""A draft's files, and the edits that somebody makes in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.campaigns.bundle_document import BundleDocument
from campaign.campaigns.bundle_files import FACTS_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign.campaigns.bundle_document import Path

Texts = dict[str, str]
"""The texts of a bundle's files by name."""


@dataclass(frozen=True)
class Edit:
    """One value that somebody gave to a file of a bundle; an empty one takes its key out.

    Without a path, it is the file itself that goes. `default`: the value of a key that is missing.
    `still_right`: she says that the text is right although its source is newer. `source_version`:
    of a translation, the version that she has translated from.
    """

    file: str
    path: Path
    value: object
    default: object = None
    still_right: bool = False
    source_version: int | None = None

    @property
    def is_rows(self) -> bool:
        """Return whether it is the array of demands, which are told apart by their keys."""
        return self.path == ("demands",) and self.file == FACTS_FILE


@dataclass(frozen=True)
class Draft:
    """A campaign's draft: its files, and the number of the version that they are."""

    campaign_id: int
    number: int
    texts: Texts

    def document(self, file: str) -> BundleDocument:
        """Return a file to read, an empty one if the draft has none of that name."""
        return BundleDocument(self.texts.get(file, ""))

    @property
    def languages(self) -> list[str]:
        """Return the languages of the draft, its main one first."""
        main = self.default_language
        others = sorted(name.removesuffix(".toml") for name in self.texts if name != FACTS_FILE)
        return [main, *(one for one in others if one != main)] if main in others else others

    @property
    def default_language(self) -> str:
        named = self.document(FACTS_FILE).get(("default_language",))
        others = sorted(name.removesuffix(".toml") for name in self.texts if name != FACTS_FILE)
        return str(named or (others[0] if others else ""))

    @property
    def demand_keys(self) -> list[str]:
        rows = self.document(FACTS_FILE).get(("demands",))
        return [str(row["key"]) for row in rows or () if isinstance(row, dict) and "key" in row]


def applied(texts: Mapping[str, str], edits: Sequence[Edit]) -> Texts:
    """Return the texts with these edits; a file that becomes empty goes."""
    changed = dict(texts)
    documents = {file: BundleDocument(texts.get(file, "")) for file in {one.file for one in edits}}
    for edit in edits:
        if not edit.path:
            documents[edit.file] = BundleDocument()
        elif edit.is_rows:
            assert isinstance(edit.value, list)
            documents[edit.file].set_tables("demands", edit.value)
        else:
            documents[edit.file].set(edit.path, edit.value)
    for file, document in documents.items():
        if document.get(()):
            changed[file] = document.text
        else:
            changed.pop(file, None)
    return changed


def differs(value: object, there: object) -> bool:
    """Return whether a value is another one; an empty one is as none."""
    return value != there and not (value in (None, "", []) and there in (None, "", []))


def value_in(draft: Draft, edit: Edit) -> object:
    found = draft.document(edit.file).get(edit.path)
    return edit.default if found is None else found
