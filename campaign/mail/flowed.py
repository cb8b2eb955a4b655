"""Text in `Format=Flowed`: hard-wrapped for old mail programs, reflowed by new ones (RFC 3676).

With the default `DelSp=No`, a line that ends in a space continues in the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 78
"""Characters of the longest line not wrapped (RFC 3676, section 4.2; RFC 5322, section 2.1.1)."""

_WIDTH = 72
"""Characters of a wrapped line with its trailing space: this leaves room for some quote marks."""

_SIGNATURE = "-- "
"""The line above a mail signature (RFC 3676, section 4.3): it never flows."""

_TO_STUFF = (" ", ">", "From ")
"""Starts of lines that need space-stuffing (RFC 3676, section 4.4)."""


def strip_trailing_spaces(text: str) -> str:
    """Return a text ready for `flow`: only a signature separator still ends in a space."""
    if " \n" not in text and not text.endswith(" "):
        return text
    lines = text.split("\n")
    return "\n".join(line if line == _SIGNATURE else line.rstrip(" ") for line in lines)


def flow(text: str) -> str:
    """Return a text with its long lines wrapped at spaces.

    The lines must have no trailing spaces. A word that is too long, such as a URL, is not broken.
    """
    pieces: list[str] = []
    for line in text.split("\n"):
        # The fast path, for most lines.
        if len(line) <= _LONGEST and not line.startswith(_TO_STUFF):
            pieces.append(line)
        else:
            pieces.extend(_broken(line))
    return "\n".join(pieces)


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Return a flowed text with its paragraphs joined, and quotes marked by `>` and a space.

    `delete_space` is `DelSp=Yes`: the trailing space of a flowed line is not part of the text.
    Any input is accepted: a paragraph also ends where the next line has another quote depth.
    """
    said: list[str] = []
    flows, before = False, 0
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        is_signature = content == _SIGNATURE
        if not flows or depth != before or is_signature:
            said.append(f"\n{'>' * depth} " if depth and content else f"\n{'>' * depth}")
        flows, before = content.endswith(" ") and not is_signature, depth
        said.append(content[:-1] if flows and delete_space else content)
    return "".join(said).removeprefix("\n")


def _broken(line: str) -> Iterator[str]:
    line = _stuffed(line)
    if len(line) <= _LONGEST:
        yield line
        return
    begin, end = 0, _end_of_piece(line, 0)
    while end < len(line):
        yield line[:end] if not begin else _stuffed(line[begin:end])
        begin, end = end, _end_of_piece(line, end)
    yield line if not begin else _stuffed(line[begin:])


def _end_of_piece(line: str, begin: int) -> int:
    """Return the end of a wrapped line, after all spaces at the break, or the end of the text."""
    stuffing = 1 if begin and line.startswith(_TO_STUFF, begin) else 0
    if len(line) - begin + stuffing <= _LONGEST:
        return len(line)
    # Leading spaces are no place to break a line.
    word = begin or len(line) - len(line.lstrip(" "))
    space = line.rfind(" ", word, begin + _WIDTH)
    # Alone on a line, this would be the signature separator.
    if space == begin + len(_SIGNATURE) - 1 and line.startswith(_SIGNATURE, begin):
        space = -1
    if space < 0:
        space = line.find(" ", max(word, begin + _WIDTH))
    return _behind_spaces(line, space) if space >= 0 else len(line)


def _behind_spaces(line: str, space: int) -> int:
    end = space
    while line.startswith(" ", end):
        end += 1
    return end


def _stuffed(line: str) -> str:
    return f" {line}" if line.startswith(_TO_STUFF) else line
