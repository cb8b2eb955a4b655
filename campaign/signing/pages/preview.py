"""The preview of the letter, composed again from the form at every step.

Nothing is stored between the pages. The form carries the text as she edited it and a digest of the
text that the edit started from (`basis`), so that a change of demands after an edit is detected and
she is asked about it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from campaign.campaigns.compose import (
    LetterChoices,
    alternatives_by_piece,
    compose_letter,
    pick_variants,
    piece_of_each_paragraph,
)
from campaign.campaigns.rules.letter import LetterText
from campaign.letters.rules.letter import LetterDraft
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import office_of, recipient_key
from campaign.signing.forms.sign import Step
from campaign.web.context import container

if TYPE_CHECKING:
    from campaign.campaigns.rules.campaign import Campaign
    from campaign.letters.rules.letter import SendMethod
    from campaign.recipients.choose import ChosenRecipient
    from campaign.recipients.rows import RecipientRow
    from campaign.signing.forms.sign import SignForm
    from campaign.web.context import PageContext


@dataclass(frozen=True)
class LetterPreview:
    """The letter as the preview page shows it.

    `text` is what would be sent, `composed` what the campaign composes from her choices.
    `languages` are those that she may choose from. `conflict`: she edited the text and then
    changed the choices that it is composed from. `was_shown`: exactly this text, to this recipient,
    was on the page that she came from. `stands_in`: the campaign would rather write to another.
    Values that only the page shows are computed on demand.
    """

    campaign: Campaign
    recipient: RecipientRow
    stands_in: bool
    choices: LetterChoices
    language: str
    page_language: str
    languages: tuple[str, ...]
    text: LetterText
    composed: LetterText
    basis: str
    conflict: bool
    was_shown: bool

    @property
    def edited(self) -> bool:
        return self.text != self.composed

    @cached_property
    def translation(self) -> LetterText | None:
        """Return the same letter in the page's language, if that is a different one."""
        if self.page_language == self.language:
            return None
        return compose_letter(self.campaign, self.choices, self.page_language)

    @cached_property
    def pieces_with_variants(self) -> tuple[str, ...]:
        """Return for each paragraph of an unedited letter the piece that has variants, or "".

        Subject and salutation come first and have no variants.
        """
        if self.edited:
            return ()
        others = alternatives_by_piece(self.campaign)
        pieces = ["", "", *piece_of_each_paragraph(self.choices.keys, self.choices.paragraph)]
        return tuple(piece if others.get(piece) else "" for piece in pieces)

    @property
    def postal_lines(self) -> list[str]:
        """Return the lines under the recipient's name; none if no postal address is known."""
        address = self.recipient.address_for(Channel.POSTAL, self.language, live=False)
        return address.value.split("\n") if address else []

    @cached_property
    def unprintable(self) -> str:
        """Return the characters of the letter, her name and her town that no font here contains."""
        text = f"{self.text.subject}{self.text.full_text}{self.choices.signature}"
        return container.pdf_renderer.missing_characters(text)

    @property
    def paragraphs(self) -> list[str]:
        return _paragraphs(self.text)

    @property
    def translated_paragraphs(self) -> list[str]:
        return _paragraphs(self.translation) if self.translation else []

    @property
    def is_aligned(self) -> bool:
        """Return whether letter and translation match paragraph by paragraph: not after an edit."""
        return not self.edited and len(self.paragraphs) == len(self.translated_paragraphs)

    def as_written_letter(self, way: SendMethod) -> LetterDraft:
        keys, paragraph = self.choices.keys, self.choices.paragraph
        return LetterDraft(
            self.recipient.key, self.language, keys, self.text, paragraph, self.edited, way
        )


def build_preview(
    page: PageContext, form: SignForm, chosen: ChosenRecipient, step: Step
) -> LetterPreview:
    campaign, recipient = page.campaign, chosen.row
    languages = campaign.letter_languages(recipient.letter_languages)
    typed = form.typed("letter_language")
    language = typed if typed in languages else languages[0]
    keys = pick_variants(campaign, form.demands.data, form.form_id, form.variant_offsets)
    paragraph, signature = form.typed("paragraph"), form.person.signature_block
    office = office_of(recipient.key)
    choices = LetterChoices(form.typed("government"), keys, paragraph, signature, office)
    composed = compose_letter(campaign, choices, language)
    text, conflict = _text(form, composed, step)
    return LetterPreview(
        campaign=campaign,
        recipient=recipient,
        stands_in=chosen.stands_in,
        choices=choices,
        language=language,
        page_language=page.language.tag,
        languages=languages,
        text=text,
        composed=composed,
        # Until she has chosen one of the two texts, the question stays.
        basis=form.typed("basis") if conflict else letter_digest(composed),
        conflict=conflict,
        was_shown=form.has_letter_text
        and _recipient_shown(form) == recipient.key
        and (form.typed("subject"), form.typed("body")) == (text.subject, text.body),
    )


def _recipient_shown(form: SignForm) -> str:
    """Return the key of the recipient on the page that she came from.

    Forms of earlier versions name none: they were all for foreign ministries.
    """
    return form.typed("recipient") or recipient_key(form.typed("government"))


def _text(form: SignForm, composed: LetterText, step: Step) -> tuple[LetterText, bool]:
    """Return the text to show, and whether she must choose between two texts."""
    if not form.has_letter_text or step is Step.RECOMPOSE:
        return composed, False
    typed = LetterText(form.typed("subject"), composed.salutation, form.typed("body"))
    unchanged_choices = form.typed("basis") == letter_digest(composed)
    if unchanged_choices or step is Step.KEEP:
        return typed, False
    edited = form.typed("basis") != letter_digest(typed)
    return (typed, True) if edited else (composed, False)


def _paragraphs(text: LetterText) -> list[str]:
    return [text.subject, text.salutation, *text.body.split("\n\n")]


def letter_digest(text: LetterText) -> str:
    """Hash the part that she can edit; the salutation is fixed, and differs by language."""
    return hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest()
