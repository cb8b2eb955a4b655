"""What differs between two versions of a bundle, value by value and word by word."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from campaign.campaigns.bundle_document import Path

MAX_WORDS = 2_000
"""Words and spaces of two texts that are compared one by one."""

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Change:
    """A value that is another one, new or gone: where it is, and its text before and after."""

    file: str
    path: Path
    before: str
    after: str


@dataclass(frozen=True)
class MarkedText:
    """A run of a text; `changed`: the other text does not have it there."""

    text: str
    changed: bool


def changes_between(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """Return what differs, in the order of files and of the values in them."""
    changes = []
    for file in sorted({*before, *after}):
        was, now = (dict(_values(_parsed(texts.get(file, "")))) for texts in (before, after))
        for path in dict.fromkeys((*now, *was)):
            if was.get(path, "") != now.get(path, ""):
                changes.append(Change(file, path, was.get(path, ""), now.get(path, "")))
    return changes


def mark_words(before: str, after: str) -> tuple[list[MarkedText], list[MarkedText]]:
    """Return two texts in runs that say what only one of them has; long ones line by line."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) + len(new) > MAX_WORDS:
        # The comparison takes a time that grows with the square of what is compared.
        old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    left: list[MarkedText] = []
    right: list[MarkedText] = []
    matcher = SequenceMatcher(a=old, b=new)
    for kind, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        changed = kind != "equal"
        left += _run(old[from_old:to_old], changed=changed)
        right += _run(new[from_new:to_new], changed=changed)
    return left, right


def _run(tokens: Sequence[str], *, changed: bool) -> list[MarkedText]:
    return [MarkedText("".join(tokens), changed)] if tokens else []


def _parsed(text: str) -> object:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return {}


def _values(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield where a document has a value, and it as text; lists have a line for each item."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, list):
        yield path, "\n".join(_item(one) for one in value)
    else:
        yield path, str(value)


def _item(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values())
    return str(value)
