"""Edit a file of a bundle in place: everything that is not changed keeps its bytes."""

from __future__ import annotations

import tomllib
from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Path = tuple[str, ...]
"""The keys that lead to a value: ("demands", "quiet_nights", "heading")."""


class BundleDocument:
    """A file of a bundle, read and changed by paths of keys. Raise ValueError if it is not TOML."""

    def __init__(self, text: str = "") -> None:
        self._bom = "\ufeff" if text.startswith("\ufeff") else ""
        self._text = text.removeprefix(self._bom)
        self._values = _parsed(self._text)
        self._document: tomlkit.TOMLDocument | None = None

    @property
    def text(self) -> str:
        return self._bom + self._text

    def get(self, path: Path) -> Any:
        """Return a value as plain Python, or None if there is none."""
        found: Any = self._values
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return deepcopy(found)

    def set(self, path: Path, value: object) -> None:
        """Set a value; take its key out if the value is empty, and tables that become empty."""
        if self.get(path) == value:
            return
        wanted = self.get(())
        if value in (None, "", [], {}):
            _remove(wanted, path)
            self._change(lambda document: _remove(document, path), wanted)
            return
        _put(wanted, path, value, dict)
        self._change(lambda document: _put(document, path, _item(value), tomlkit.table), wanted)

    def set_tables(self, key: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Set an array of tables; those with the `key` of one that is there keep their comments."""
        if self.get((key,)) == [dict(row) for row in rows]:
            return
        wanted = {**self.get(()), key: [dict(row) for row in rows]}
        self._change(lambda document: _put_tables(document, key, rows), wanted)

    def _change(
        self, change: Callable[[tomlkit.TOMLDocument], None], wanted: dict[str, Any]
    ) -> None:
        """Change the file in place; write it anew if that is not what a reader then finds.

        Dotted keys and inline tables cannot be added to everywhere, and tomlkit does not always
        notice.
        """
        try:
            self._document = self._document or tomlkit.parse(self._text)
            change(self._document)
            text = tomlkit.dumps(self._document)
            is_wanted = tomllib.loads(text) == wanted
        except (TOMLKitError, ValueError, TypeError, KeyError):
            is_wanted = False
        if not is_wanted:
            text, self._document = tomlkit.dumps(wanted), None
        self._text, self._values = text, wanted


@lru_cache(maxsize=64)
def _parsed(text: str) -> dict[str, Any]:
    """Return what a file says. A page asks the same few files for each of its fields.

    tomlkit, which keeps comments, is needed to write only: reading takes it five times as long.
    """
    return tomllib.loads(text)


def with_facts_of(words: str, facts: str) -> str:
    """Return a campaign.toml with the source, demands and voices of one, and all else of another.

    These are the parts that signatures endorse.
    """
    document, source = BundleDocument(facts), BundleDocument(words)
    for part in ("source", "voices"):
        document.set((part,), source.get((part,)))
    document.set_tables("demands", source.get(("demands",)) or [])
    return document.text


def _put_tables(
    document: tomlkit.TOMLDocument, key: str, rows: Sequence[Mapping[str, str]]
) -> None:
    known = {row["key"]: row for row in document.get(key, []) if isinstance(row, Table)}
    array = tomlkit.aot()
    for row in rows:
        array.append(_table(row, known.get(row["key"])))
    document[key] = array


def _put(table: Any, path: Path, value: object, new: Callable[[], Any]) -> None:
    for key in path[:-1]:
        if not isinstance(table.get(key), dict):
            table[key] = new()
        table = table[key]
    table[path[-1]] = value


def _remove(table: Any, path: Path) -> None:
    """Take a key out, and tables that become empty."""
    parents = [table]
    for key in path[:-1]:
        if not isinstance(parents[-1].get(key), dict):
            return
        parents.append(parents[-1][key])
    for parent, key in zip(reversed(parents), reversed(path), strict=True):
        parent.pop(key, None)
        if len(parent):
            return


def _item(value: object) -> Any:
    """Return a value as it is written: long texts over several lines, paragraphs as a list."""
    if isinstance(value, list):
        array = tomlkit.array()
        array.extend(value)
        return array.multiline(multiline=len(value) > 1)
    return tomlkit.item(value)


def _table(row: Mapping[str, str], known: Table | None) -> Table:
    if known is not None and known.unwrap() == dict(row):
        return known
    table = tomlkit.table()
    for name, value in row.items():
        if value:
            table.add(name, value)
    return table
