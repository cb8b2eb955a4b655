"""Which texts two versions of a bundle do not share."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from campaign.campaigns.bundle_document import Path

ChangedTexts = dict[str, list[list[str]]]
"""Where texts are that changed: the keys that lead to each, by file."""


def changed_texts(before: Mapping[str, str], after: Mapping[str, str]) -> ChangedTexts:
    """Return which texts of `after` are not those of `before`."""
    changed: ChangedTexts = {}
    for file, text in after.items():
        if text != before.get(file):
            was = _texts_of(before.get(file, ""))
            now = _texts_of(text)
            changed[file] = [list(path) for path in now if now[path] != was.get(path)]
    return changed


def texts_in(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Yield where a document has a text, and the text or the list of paragraphs."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from texts_in(inner, (*path, key))
    elif isinstance(value, str | list):
        yield path, value


def _texts_of(text: str) -> dict[Path, object]:
    try:
        return dict(texts_in(tomllib.loads(text.removeprefix("\ufeff"))))
    except tomllib.TOMLDecodeError:
        return {}
