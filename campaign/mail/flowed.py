"""Text whose long paragraphs are broken for old screens, and whole again on new ones (RFC 3676).

`Format=Flowed`, with the default `DelSp=No`: a line that ends in a space goes on in the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 78
"""Characters of a line that is left as it is (RFC 3676, section 4.2; RFC 5322, section 2.1.1)."""

_WIDTH = 72
"""Characters of a broken line, the space at its end included: room for a few marks of quotation."""

_SIGNATURE = "-- "
"""The line above what is no part of the message (RFC 3676, section 4.3): it never flows."""

_TO_STUFF = (" ", ">", "From ")
"""How a line begins that gets a space in front (RFC 3676, section 4.4)."""


def strip_trailing_spaces(text: str) -> str:
    """Return a text as it can be flowed: no line but a signature's separator ends in a space."""
    if " \n" not in text and not text.endswith(" "):
        return text
    lines = text.split("\n")
    return "\n".join(line if line == _SIGNATURE else line.rstrip(" ") for line in lines)


def flow(text: str) -> str:
    """Return a text with its long lines broken at spaces; of which none may stand at a line's end.

    A word that is too long, such as an address of a page, is not broken.
    """
    pieces: list[str] = []
    for line in text.split("\n"):
        # Most lines, and it takes no time.
        if len(line) <= _LONGEST and not line.startswith(_TO_STUFF):
            pieces.append(line)
        else:
            pieces.extend(_broken(line))
    return "\n".join(pieces)


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Return a flowed text with its paragraphs whole, and what it quotes behind `>` and a space.

    `delete_space` is `DelSp=Yes`: the space that a line flows by is not the text's. Whatever
    comes in is read: a paragraph ends where the next line is quoted more often, or less.
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
    """Return where a piece ends, behind all the spaces that stand there, or the line's end."""
    stuffing = 1 if begin and line.startswith(_TO_STUFF, begin) else 0
    if len(line) - begin + stuffing <= _LONGEST:
        return len(line)
    # A line's own spaces at its beginning are no place to break it.
    word = begin or len(line) - len(line.lstrip(" "))
    space = line.rfind(" ", word, begin + _WIDTH)
    # Alone in its line, this would be the separator.
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
