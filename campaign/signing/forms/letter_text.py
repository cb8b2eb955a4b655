"""The text of one letter on its way through the preview page, where it can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.datastructures import MultiDict

from campaign.signing.forms.fields import BodyField, PublicForm, SubjectField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.language.catalogue import Language


class LetterTextForm(PublicForm):
    """A letter's subject and text as she left them, and what its page was made from.

    `prefix`: what the names and ids of its parts begin with. `recipient`: the key of whom it was
    shown to be for. `letter_language`: the language that she chose. `basis`: a digest of the text
    that her changes started from. These are empty if there was no such letter on the page that she
    came from.
    """

    subject = SubjectField()
    body = BodyField()

    def __init__(self, language: Language, typed: Mapping[str, str], number: int) -> None:
        """`number`: its place among her letters, from 1; the first has no prefix."""
        self.prefix = _prefix(number)
        super().__init__(language, formdata=MultiDict(typed), prefix=self.prefix)
        self.has_text = has_letter_text(typed, number)
        self.recipient = typed.get(f"{self.prefix}recipient", "")
        self.letter_language = typed.get(f"{self.prefix}letter_language", "")
        self.basis = typed.get(f"{self.prefix}basis", "")


def has_letter_text(typed: Mapping[str, str], number: int) -> bool:
    """Return whether the text of the letter at a place came with a form."""
    return f"{_prefix(number)}body" in typed


def _prefix(number: int) -> str:
    return f"{number}-" if number > 1 else ""
