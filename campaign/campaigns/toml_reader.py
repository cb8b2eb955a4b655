"""Read values from TOML tables and collect every fault with its file and key."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from string import Template
from typing import TYPE_CHECKING, Any

from campaign.campaigns.date_hints import quoted_date_hint
from campaign.campaigns.toml_hints import explain_toml_error
from campaign.errors import InvalidText
from campaign.language.text import clean_paragraphs, has_hidden_characters

if TYPE_CHECKING:
    from collections.abc import Collection
    from enum import StrEnum
    from typing import TypeVar

    ChoiceT = TypeVar("ChoiceT", bound=StrEnum)

MAX_FILE_BYTES = 256 * 1024
TOO_LARGE = f"is larger than {MAX_FILE_BYTES // 1024} KiB"
MAX_TEXT = 4_000
MAX_DOTS = 500
"""Per line: a key with more parts uses up all memory (each part is stored with all before it)."""

_MARKUP = re.compile(r"<\s*[a-z/!?]|javascript:|&#?\w+;|\{\{|\{%", re.IGNORECASE)


class TomlTable:
    """A TOML table that reports faults instead of raising, and tracks which keys were read.

    `top_level`: keys that the file may have above its tables. Written below one, they are a part of
    it, which is the likeliest slip of all.
    """

    def __init__(
        self,
        file: str,
        data: dict[str, Any],
        faults: list[str],
        path: str = "",
        top_level: Collection[str] = (),
    ) -> None:
        self.file = file
        self.top_level = top_level
        self._data = data
        self._faults = faults
        self._path = path
        self._read: set[str] = set()

    def fault(self, key: str, reason: str) -> None:
        where = ".".join(part for part in (self._path, key) if part)
        self._faults.append(
            f"{self.file}: {where}: {reason}" if where else f"{self.file}: {reason}"
        )

    @property
    def fault_count(self) -> int:
        """Return how many faults have been reported so far, in any table of the bundle."""
        return len(self._faults)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._data)

    def nested_keys(self, *path: str) -> tuple[str, ...] | None:
        """Return the keys of a nested table: empty if it is missing, None if it is not a table."""
        found: Any = self._data
        for key in path:
            found = found.get(key, {})
            if not isinstance(found, dict):
                return None
        return tuple(found)

    def value(self, key: str, kind: type, *, needed: bool = True, hint: str = "") -> Any:
        """Return a value; `hint`: what to say beside that it is missing."""
        self._read.add(key)
        found = self._data.get(key)
        if found is None:
            if needed:
                self.fault(key, f"is missing{hint}")
            return None
        if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
            where = f"{self._path}.{key}" if self._path else key
            hint = self.top_level_hint(key)
            what = "is not a known key here" if hint else f"should be {_KIND_NAMES[kind]}"
            self.fault(key, f"{what.format(where)}{hint}")
            return None
        return found

    def table(
        self, key: str, *, needed: bool = True, heard: bool = True, hint: str = ""
    ) -> TomlTable:
        """Return the table under that key.

        If it is missing, that is the only fault: nothing is reported about each of its keys.
        `heard=False` does the same for a table that depends on something faulty.
        """
        data = self.value(key, dict, needed=needed, hint=hint)
        where = f"{self._path}.{key}" if self._path else key
        faults = self._faults if heard and data is not None else []
        return TomlTable(self.file, data or {}, faults, where, self.top_level)

    def table_list(self, key: str) -> tuple[TomlTable, ...]:
        if isinstance(self._data.get(key), dict):
            self._read.add(key)
            self.fault(key, f"write [[{key}]] before each of them, with two brackets")
            return ()
        rows = self.value(key, list) or []
        if not all(isinstance(row, dict) for row in rows):
            self.fault(key, "should be a list of tables")
            return ()
        return tuple(
            TomlTable(self.file, row, self._faults, f"{key}[{number}]", self.top_level)
            for number, row in enumerate(rows, 1)
        )

    def day(self, key: str, *, needed: bool = False) -> date | None:
        written = self._data.get(key)
        if isinstance(written, str):
            self._read.add(key)
            self.fault(key, quoted_date_hint(written))
            return None
        found = self.value(key, date, needed=needed)
        if isinstance(found, datetime):
            self.fault(key, "should be a date without a time")
            return None
        return found if isinstance(found, date) else None

    def text(self, key: str, placeholders: Collection[str] | None = None, hint: str = "") -> str:
        """Return a text; placeholders are refused unless a closed list of them is given."""
        found = self.value(key, str, hint=hint)
        if found is None:
            return ""
        return self._checked(key, found, placeholders)

    def optional_text(self, key: str) -> str:
        """Return a text, or an empty one if the key is missing."""
        found = self.value(key, str, needed=False)
        return self._checked(key, found, None) if found is not None else ""

    def choice(self, key: str, values: type[ChoiceT], usual: ChoiceT) -> ChoiceT:
        """Return one of the values of an enumeration, or the usual one if the key is missing."""
        found = self.value(key, str, needed=False)
        if found is None:
            return usual
        if found not in set(values):
            self.fault(key, f"should be one of {', '.join(values)}")
            return usual
        return values(found)

    def text_list(self, key: str) -> tuple[str, ...]:
        found = self.value(key, list) or []
        if not all(isinstance(item, str) for item in found):
            self.fault(key, "should be a list of texts")
            return ()
        return tuple(self._checked(key, item, None) for item in found)

    def report_unknown_keys(self) -> None:
        """Report the keys that nothing has read; a typing mistake would go unnoticed otherwise."""
        for key in self._data:
            if key not in self._read:
                hint = self.top_level_hint(key)
                self.fault(key, f"is not a known key{' here' if hint else ''}{hint}")

    def top_level_hint(self, key: str) -> str:
        """Return what to add to a fault of a key that belongs above the tables, or ""."""
        misplaced = self._path and key in self.top_level
        return ": move it above the first line that begins with [" if misplaced else ""

    def _checked(self, key: str, text: str, placeholders: Collection[str] | None) -> str:
        reason = _text_fault(text)
        if reason is None:
            reason = _placeholder_fault(text, placeholders)
        if reason is not None:
            self.fault(key, reason)
            return ""
        return clean_paragraphs(text)


_KIND_NAMES: dict[type, str] = {
    str: "a text",
    int: "a whole number",
    list: "a list",
    dict: "a table: write [{0}] on a line of its own, and below it what belongs to it",
    date: "a date (2000-09-28)",
}


def parse_toml(
    name: str, content: bytes, faults: list[str], top_level: Collection[str] = ()
) -> TomlTable | None:
    """Return a TOML file's table, or None after reporting a fault of the file as a whole."""
    if len(content) > MAX_FILE_BYTES:
        faults.append(f"{name}: {TOO_LARGE}")
        return None
    try:
        text = content.decode("utf-8-sig")
        if max(line.count(".") for line in text.split("\n")) > MAX_DOTS:
            faults.append(f"{name}: has a line with more than {MAX_DOTS} dots")
            return None
        data = tomllib.loads(text)
    except UnicodeDecodeError:
        faults.append(f"{name}: is not UTF-8 text")
    except ValueError as error:
        faults.append(f"{name}: {explain_toml_error(text, error)}")
    except RecursionError as error:
        faults.append(f"{name}: is not valid TOML ({error})")
    else:
        return TomlTable(name, data, faults, top_level=top_level)
    return None


def _text_fault(text: str) -> str | None:
    if not text.strip():
        return "is empty"
    if len(text) > MAX_TEXT:
        return f"is longer than {MAX_TEXT} characters"
    if _MARKUP.search(text):
        return "has HTML or script in it: leave out what is like <b>, &nbsp; or {{x}}"
    if has_hidden_characters(text):
        return "has hidden or control characters in it"
    try:
        kept = clean_paragraphs(text)
    except InvalidText:
        return "has too many accents on one letter"
    return "has a line break in it; a text is one paragraph" if "\n" in kept else None


def _placeholder_fault(text: str, placeholders: Collection[str] | None) -> str | None:
    template = Template(text)
    if placeholders is None:
        named = re.search(r"\$[a-z_{]", text, re.IGNORECASE)
        return "has a $ in it; placeholders stand only in the letter" if named else None
    for name in re.findall(r"(?<![$\w])\{\$?(\w+)}", text):
        if name in placeholders:
            return f"has {name} in braces only: write ${name}"
    if not template.is_valid():
        return "has a $ that begins no placeholder (write $$ for the sign itself)"
    unknown = sorted(set(template.get_identifiers()) - set(placeholders))
    if unknown:
        known = ", ".join(f"${name}" for name in sorted(placeholders))
        return f"has an unknown placeholder ${unknown[0]} (known: {known})"
    return None
