"""Join what two people wrote in the same place of a draft, paragraph by paragraph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from merge3 import Merge3

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class MergePiece:
    """Paragraphs of a text that two people changed; `theirs`: None where there is no dispute."""

    mine: Sequence[str]
    theirs: Sequence[str] | None = None


def merge_paragraphs(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> list[MergePiece]:
    """Return the pieces of two texts that were made of one, in order.

    What one of them changed is agreed; what both changed, each in her way, is in dispute.
    """
    pieces: list[MergePiece] = []
    for kind, *versions in Merge3(base, mine, theirs).merge_groups():
        if kind != "conflict":
            _agree(pieces, versions[0])
        elif len({len(version) for version in versions}) == 1:
            for was, one, other in zip(*versions, strict=True):
                _add_paragraph(pieces, was, one, other)
        elif (together := _with_insertions(*versions)) is not None:
            _agree(pieces, together)
        else:
            pieces.append(MergePiece(versions[1], versions[2]))
    return pieces


def _with_insertions(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> list[str] | None:
    """Return what two made of the same paragraphs if one of them only added some beside these."""
    for one, other in ((mine, theirs), (theirs, mine)):
        if base and len(one) > len(base):
            if list(one[-len(base) :]) == list(base):
                return [*one[: -len(base)], *other]
            if list(one[: len(base)]) == list(base):
                return [*other, *one[len(base) :]]
    return None


def _add_paragraph(pieces: list[MergePiece], was: str, mine: str, theirs: str) -> None:
    """Add one of several paragraphs in a row, which stand beside each other in both texts."""
    if theirs in (was, mine):
        _agree(pieces, [mine])
    elif mine == was:
        _agree(pieces, [theirs])
    else:
        pieces.append(MergePiece([mine], [theirs]))


def _agree(pieces: list[MergePiece], paragraphs: Sequence[str]) -> None:
    if not paragraphs:
        return
    if pieces and pieces[-1].theirs is None:
        paragraphs = [*pieces.pop().mine, *paragraphs]
    pieces.append(MergePiece(list(paragraphs)))


def merged_value(base: object, mine: object, theirs: object) -> object | None:
    """Return one value of what two people made of another, or None if one has to be chosen."""
    texts = [value or [] for value in (base, mine, theirs)]
    if not all(_is_paragraphs(text) for text in texts):
        return None
    pieces = merge_paragraphs(*texts)  # type: ignore[arg-type]
    if any(piece.theirs is not None for piece in pieces):
        return None
    return [paragraph for piece in pieces for paragraph in piece.mine]


def _is_paragraphs(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
