"""The preview of the letters, composed again from the form at every step.

Nothing is stored between the pages. The form carries the text as she edited it and a digest of the
text that the edit started from (`basis`), so that a change of demands after an edit is detected and
she is asked about it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from campaign.campaigns.compose import (
    CLOSING,
    LetterChoices,
    compose_letter,
    pick_variants,
    piece_of_each_paragraph,
    pieces_with_alternatives,
)
from campaign.campaigns.rules.letter import LetterText
from campaign.letters.rules.letter import LetterDraft
from campaign.letters.similarity import letter_similarity, split_sentences
from campaign.recipients.queries import recipients
from campaign.recipients.rules.addresses import Channel
from campaign.recipients.rules.recipient import recipient_key
from campaign.signing.forms.sign import Step
from campaign.web.context import container

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.letters.rules.letter import SendMethod
    from campaign.letters.similarity import LetterSimilarity
    from campaign.mail.outgoing import Mailbox
    from campaign.recipients.rows import RecipientRow
    from campaign.signing.forms.letter_text import LetterTextForm
    from campaign.signing.forms.sign import SignForm
    from campaign.web.context import PageContext


@dataclass(frozen=True)
class LetterBlock:
    """A part of the letter: its text, and the same in the page's language if that is another one.

    `piece`: the campaign's piece that it is, if that can be said differently.
    """

    text: str
    translation: str = ""
    piece: str = ""
    is_own_paragraph: bool = False


@dataclass(frozen=True)
class LetterPreview:
    """A letter as the preview page shows it; `form` carries its text.

    `text` is what would be sent, `composed` what the campaign composes from her choices.
    `languages` are those that she may choose from. `conflict`: she edited the text and then
    changed the choices that it is composed from. `was_shown`: exactly this text, to this recipient,
    was on the page that she came from; of an unedited letter, a paragraph or town that she typed
    there in its place is a part of it.
    Values that only the page shows are computed on demand.
    """

    campaign: Campaign
    form: LetterTextForm
    recipient: RecipientRow
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

    @property
    def blocks(self) -> list[LetterBlock]:
        """Return the letter's parts in order, each beside its translation.

        Of an unedited letter the place of her own paragraph is one, even if it is empty. An edited
        letter is not translated part by part.
        """
        texts, keys, paragraph = _paragraphs(self.text), self.choices.keys, self.choices.paragraph
        # Subject and salutation come first and have no variants.
        pieces = ["", "", *piece_of_each_paragraph(self.campaign, keys, paragraph)]
        if self.edited or len(pieces) != len(texts):
            return [LetterBlock(text) for text in texts]
        others = pieces_with_alternatives(self.campaign, keys)
        translated = _paragraphs(self.translation) if self.translation else [""] * len(texts)
        blocks = [
            LetterBlock(text, own, piece if piece in others else "")
            for text, own, piece in zip(texts, translated, pieces, strict=True)
        ]
        closing = pieces.index(CLOSING)
        length = len(paragraph.split("\n\n")) if paragraph else 0
        own_paragraph = LetterBlock(paragraph, is_own_paragraph=True)
        return [*blocks[: closing - length], own_paragraph, *blocks[closing:]]

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
    def translated_paragraphs(self) -> list[str]:
        return _paragraphs(self.translation) if self.translation else []

    def as_written_letter(self, way: SendMethod) -> LetterDraft:
        keys, paragraph = self.choices.keys, self.choices.paragraph
        return LetterDraft(
            self.recipient.key, self.language, keys, self.text, paragraph, self.edited, way
        )


def build_previews(
    page: PageContext, form: SignForm, written_to: Iterable[RecipientRow], step: Step
) -> list[LetterPreview]:
    """Return her letters, one to each recipient, in their order."""
    recipients = list(written_to)
    return [
        _build(page, form, form.letter(number), recipient, step, alone=len(recipients) == 1)
        for number, recipient in enumerate(recipients, 1)
    ]


@dataclass(frozen=True)
class ShownLetter:
    """A letter with what else the preview page says about it.

    `waits`: it waits, if we send it, until somebody has verified an e-mail address.
    `unverified`: if she sends it herself, she has to find out where to.
    """

    preview: LetterPreview
    sender: Mailbox
    footer: str
    similarity: LetterSimilarity
    waits: bool
    unverified: bool


def show_letter(
    session: Session, page: PageContext, form: SignForm, preview: LetterPreview
) -> ShownLetter:
    """Return what the preview page shows of a letter, and put the text into its form."""
    language, text, key = preview.language, preview.text, preview.recipient.key
    preview.form.subject.data, preview.form.body.data = text.subject, text.body
    government, person = form.typed("government"), form.person
    sentences = split_sentences(page.loaded, government, language, text.body, person)
    recipient = recipients.get(session, key) if container.settings.live else None
    return ShownLetter(
        preview=preview,
        sender=container.message_builder.from_mailbox(
            page.campaign, language, person, page.language.tag
        ),
        footer=container.message_builder.render_footer(page.campaign, language),
        similarity=letter_similarity(session, container.keyring, key, sentences),
        waits=recipient is not None and not recipient.has_verified(Channel.EMAIL),
        unverified=recipient is not None and not recipient.has_verified(Channel.EMAIL),
    )


def _build(
    page: PageContext,
    form: SignForm,
    typed: LetterTextForm,
    recipient: RecipientRow,
    step: Step,
    *,
    alone: bool,
) -> LetterPreview:
    """Return one letter; `alone`: it is her only one."""
    campaign = page.campaign
    languages = campaign.letter_languages(recipient.letter_languages)
    wanted = typed.letter_language, page.language.tag
    language = next((one for one in wanted if one in languages), languages[0])
    keys = pick_variants(campaign, form.demands.data, form.form_id, form.variant_offsets)
    paragraph, signature = form.typed("paragraph"), form.person.signature_block
    choices = LetterChoices(form.typed("government"), keys, paragraph, signature, recipient.key)
    composed = compose_letter(campaign, choices, language)
    text, conflict = _text(typed, composed, step)
    as_typed = typed.subject.data, typed.body.data
    seen = as_typed == (text.subject, text.body) or (
        alone and _typed_in_place(form, typed, campaign, choices, language)
    )
    return LetterPreview(
        campaign=campaign,
        form=typed,
        recipient=recipient,
        choices=choices,
        language=language,
        page_language=page.language.tag,
        languages=languages,
        text=text,
        composed=composed,
        # Until she has chosen one of the two texts, the question stays.
        basis=typed.basis if conflict else letter_digest(composed),
        conflict=conflict,
        was_shown=typed.has_text
        # Forms of earlier versions name no recipient: they were all for foreign ministries.
        and (typed.recipient or recipient_key(form.typed("government"))) == recipient.key
        and seen,
    )


def _typed_in_place(
    form: SignForm,
    typed: LetterTextForm,
    campaign: Campaign,
    choices: LetterChoices,
    language: str,
) -> bool:
    """Return whether only a paragraph and a town in the letter itself were changed on the preview.

    That page showed them in their places, so that she has seen the letter as it is now.
    """
    paragraph = "\n".join(form.typed("shown_paragraph").splitlines())
    signature = replace(form.person, town=form.typed("shown_town")).signature_block
    before = replace(choices, paragraph=paragraph, signature=signature)
    digest = letter_digest(compose_letter(campaign, before, language))
    unedited = LetterText(typed.subject.data, "", typed.body.data)
    return typed.basis == digest == letter_digest(unedited)


def _text(form: LetterTextForm, composed: LetterText, step: Step) -> tuple[LetterText, bool]:
    """Return the text to show, and whether she must choose between two texts."""
    if not form.has_text or step is Step.RECOMPOSE:
        return composed, False
    typed = LetterText(form.subject.data, composed.salutation, form.body.data)
    unchanged_choices = form.basis == letter_digest(composed)
    if unchanged_choices or step is Step.KEEP:
        return typed, False
    edited = form.basis != letter_digest(typed)
    return (typed, True) if edited else (composed, False)


def _paragraphs(text: LetterText) -> list[str]:
    return [text.subject, text.salutation, *text.body.split("\n\n")]


def letter_digest(text: LetterText) -> str:
    """Hash the part that she can edit; the salutation is fixed, and differs by language."""
    return hashlib.sha256(f"{text.subject}\n{text.body}".encode()).hexdigest()
