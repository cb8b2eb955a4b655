"""The letter as it will leave, made anew from the form on every step.

Nothing is stored between the pages. The form carries the text as she edited it and
a digest of the text that it was edited from (`basis`), so that a change of demands
after an edit is noticed and asked about.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from campaign.content.letters import Choices, body_pieces, choose_keys, compose, turning_pieces
from campaign.domain.letter import LetterText, WrittenLetter
from campaign.web.context import current_site

if TYPE_CHECKING:
    from campaign.domain.campaign import Campaign
    from campaign.domain.government import Ministry
    from campaign.domain.letter import Keys, Way
    from campaign.web.context import Visit
    from campaign.web.forms.sign import SignForm


class Step(StrEnum):
    """The button that was pressed."""

    PREVIEW = "preview"
    CHANGE = "change"
    KEEP = "keep"
    ANEW = "anew"
    SEND = "send"


@dataclass(frozen=True)
class Preview:
    """`text` is what would be sent, `parallel` the same letter in the page's language.

    `languages` are those that she may choose from. `turning` names for each paragraph of
    a letter that she has not edited the piece for which there are other words, or nothing.
    `conflict`: she edited the text and then changed what it is made from.
    `shown`: this very text stood on the page that she came from.
    """

    ministry: Ministry
    language: str
    languages: tuple[str, ...]
    keys: Keys
    text: LetterText
    parallel: LetterText | None
    basis: str
    edited: bool
    conflict: bool
    shown: bool
    turning: tuple[str, ...]

    @property
    def paragraphs(self) -> list[str]:
        return _paragraphs(self.text)

    @property
    def own_paragraphs(self) -> list[str]:
        """Return the same letter in the page's language, if that is another one."""
        return _paragraphs(self.parallel) if self.parallel else []

    @property
    def in_step(self) -> bool:
        """Say whether the two can be read paragraph by paragraph: not after an edit."""
        return not self.edited and len(self.paragraphs) == len(self.own_paragraphs)

    def written(self, paragraph: str, way: Way) -> WrittenLetter:
        return WrittenLetter(self.language, self.keys, self.text, paragraph, self.edited, way)


def make_preview(visit: Visit, form: SignForm, step: Step) -> Preview:
    ministry = current_site().reference.ministries[form.typed("government")]
    campaign = visit.campaign
    languages = campaign.letter_languages(ministry.letter_languages)
    chosen = form.typed("letter_language")
    language = chosen if chosen in languages else languages[0]
    keys = choose_keys(campaign, form.demands.data, form.stamp_id, form.turns)
    choices = Choices(form.typed("government"), keys, form.typed("paragraph"), form.person)
    composed = compose(campaign, choices, language)
    text, conflict = _text(form, composed, step)
    own_language = visit.language.tag
    return Preview(
        ministry=ministry,
        language=language,
        languages=languages,
        keys=keys,
        text=text,
        parallel=None if own_language == language else compose(campaign, choices, own_language),
        # While she has not said which text she wants, the question stays.
        basis=form.typed("basis") if conflict else digest(composed),
        edited=text != composed,
        conflict=conflict,
        shown=form.carries_text
        and (form.typed("subject"), form.typed("body")) == (text.subject, text.body),
        turning=_turning(campaign, keys, form.typed("paragraph")) if text == composed else (),
    )


def _turning(campaign: Campaign, keys: Keys, paragraph: str) -> tuple[str, ...]:
    """Subject and salutation come first and have no other words."""
    others = turning_pieces(campaign)
    pieces = ["", "", *body_pieces(keys, paragraph)]
    return tuple(piece if others.get(piece) else "" for piece in pieces)


def _text(form: SignForm, composed: LetterText, step: Step) -> tuple[LetterText, bool]:
    """Return the text to show, and whether she must say which one she wants."""
    if not form.carries_text or step is Step.ANEW:
        return composed, False
    typed = LetterText(form.typed("subject"), composed.salutation, form.typed("body"))
    unchanged_choices = form.basis.data == digest(composed)
    if unchanged_choices or step is Step.KEEP:
        return typed, False
    edited = form.basis.data != digest(typed)
    return (typed, True) if edited else (composed, False)


def _paragraphs(text: LetterText) -> list[str]:
    return [text.subject, text.salutation, *text.body.split("\n\n")]


def digest(text: LetterText) -> str:
    """Hash what she can edit; the salutation is not hers, and differs by language."""
    return hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest()
