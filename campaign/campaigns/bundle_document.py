"""Edit a file of a bundle in place: everything that is not changed keeps its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit
from tomlkit.items import AoT, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Path = tuple[str, ...]
"""The keys that lead to a value: ("demands", "quiet_nights", "heading")."""


class BundleDocument:
    """A file of a bundle, read and changed by paths of keys. Raise ValueError if it is not TOML."""

    def __init__(self, text: str = "") -> None:
        self._bom = "\ufeff" if text.startswith("\ufeff") else ""
        self._document = tomlkit.parse(text.removeprefix(self._bom))

    @property
    def text(self) -> str:
        return self._bom + tomlkit.dumps(self._document)

    def get(self, path: Path) -> Any:
        """Return a value as plain Python, or None if there is none."""
        found: Any = self._document.unwrap()
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        return found

    def set(self, path: Path, value: object) -> None:
        """Set a value; take its key out if the value is empty, and tables that become empty."""
        if self.get(path) == value:
            return
        if value in (None, "", [], {}):
            self._remove(path)
            return
        table: Any = self._document
        for key in path[:-1]:
            if not isinstance(table.get(key), dict):
                table[key] = tomlkit.table(is_super_table=key != path[-2])
            table = table[key]
        table[path[-1]] = _item(value)

    def set_tables(self, key: str, rows: Sequence[Mapping[str, str]]) -> None:
        """Set an array of tables; those with the `key` of one that is there keep their comments."""
        if self.get((key,)) == [dict(row) for row in rows]:
            return
        there = self._document.get(key, [])
        known = {row["key"]: row for row in there if isinstance(row, Table)}
        made = [_table(row, known.get(row["key"])) for row in rows]
        array = tomlkit.aot()
        for table in made:
            array.append(table)
        if isinstance(there, AoT):
            self._document[key] = array
        else:
            self._document.append(key, array)

    def _remove(self, path: Path) -> None:
        parents = [self._document]
        for key in path[:-1]:
            if not isinstance(parents[-1].get(key), dict):
                return
            parents.append(parents[-1][key])
        for table, key in zip(reversed(parents), reversed(path), strict=True):
            table.pop(key, None)
            if len(table):
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
