"""The form that signs a letter: its beginning on the letter's page, and the preview."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from campaign.campaigns.compose import piece_names
from campaign.campaigns.rules.campaign import Consent
from campaign.letters.rules.letter import SendMethod
from campaign.recipients.rules.choice import MAX_LETTERS
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.signature import Person
from campaign.signing.forms.fields import (
    DemandsField,
    EmailField,
    NameField,
    ParagraphField,
    PublicForm,
    TownField,
    read_consents,
)
from campaign.signing.forms.form_token import FormTokenCsrf
from campaign.signing.forms.letter_text import LetterTextForm, has_letter_text
from campaign.signing.submit import offered_consents
from campaign.web.forms import TextField

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from werkzeug.datastructures import MultiDict
    from wtforms.csrf.core import CSRFTokenField

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.web.context import PageContext

UNVALIDATED_FIELDS = (
    *("way", "source", "write_to", "revision", "comment", "step"),
    *("shown_paragraph", "shown_town", "view"),
)
"""Values that, like the consents, can never be invalid and so need no field.

A field costs eight microseconds a request.
`comment` is a honeypot: people leave it empty, and programs that fill in everything do not.
"""


class Choice(StrEnum):
    """What she wants to do: one of the two is required, and neither is preselected.

    Choosing one and clicking is the explicit consent (GDPR, Article 9(2)(a)).
    """

    WRITE = "write"
    ONLY_SIGN = "sign"


class Step(StrEnum):
    """The button that she clicked."""

    NEXT = "next"
    PREVIEW = "preview"
    CHANGE = "change"
    KEEP = "keep"
    RECOMPOSE = "anew"
    SEND = "send"


_LETTER_CONSENTS = frozenset({Consent.SEND_LETTER, Consent.REPLY_DIRECTLY, Consent.SEND_COPY})
"""Consents about a letter that the site sends."""

FIRST_PAGE = ("stamp", "name", "email", "government", "choice")
"""Fields whose errors are said on the letter's page, where the town is only without a letter."""

IN_LETTER = ("paragraph", "town")
"""Fields that are in the letter itself, on the preview."""

NOT_WITHOUT_LETTER = frozenset({"demands", "paragraph"})
"""Fields that mean nothing in a signature without a letter."""


class SignForm(PublicForm):
    """The form: name, address, government, choice; later town, demands, paragraph, letters' texts.

    Values are cleaned for storing once `validate()` has returned true. `unvalidated`: what is
    carried from step to step unchanged. `consent_values`: which boxes are ticked.
    `shared_token`: the token of the shared page that it was posted from, else empty. `unchecked`:
    fields that no page shows her now, so that nothing about them can be wrong.
    """

    class Meta:
        csrf = True
        csrf_class = FormTokenCsrf
        csrf_field_name = "stamp"

    name = NameField()
    email = EmailField()
    government = TextField()
    choice = TextField()
    town = TownField()
    demands = DemandsField()
    paragraph = ParagraphField()

    stamp: CSRFTokenField
    form_id: UUID
    form_token_renewed = False
    shared_token = ""
    unchecked: frozenset[str] = frozenset()

    def __init__(self, page: PageContext, formdata: MultiDict[str, str] | None) -> None:
        self.page, self.is_empty = page, formdata is None
        super().__init__(page.language, formdata=formdata)
        self.government_names = page.government_names()
        # A MultiDict raises an error for each name that is not in it, which takes long.
        self._typed = typed = formdata.to_dict() if formdata else {}
        self.unvalidated = {name: typed.get(name, "") for name in UNVALIDATED_FIELDS}
        self.consent_values = read_consents(formdata)
        self._letters = {
            number: LetterTextForm(page.language, typed, number)
            for number in range(1, MAX_LETTERS + 1)
            if has_letter_text(typed, number)
        }
        self.variant_offsets = _turns(typed, page.campaign)
        if self._letters and "choice" not in typed:
            self.choice.data = self._choice_of_earlier_preview()

    def _choice_of_earlier_preview(self) -> Choice:
        """Return what she chose on a preview of the version before, which had a box for it."""
        own_way = self.unvalidated["way"] in {SendMethod.OWN_MAIL, SendMethod.PRINT}
        wrote = own_way or self.consent_values[Consent.SEND_LETTER.value]
        return Choice.WRITE if wrote else Choice.ONLY_SIGN

    @property
    def person(self) -> Person:
        return Person(name=self.typed("name"), email=self.typed("email"), town=self.typed("town"))

    @property
    def step(self) -> Step:
        step = self.unvalidated["step"]
        return Step(step) if step in set(Step) else Step.NEXT

    @property
    def wants_letter(self) -> bool:
        return self.typed("choice") == Choice.WRITE

    @property
    def shows_town(self) -> bool:
        """Return whether the town is on the letter's page: with a letter, it is in the letter."""
        return not self.wants_letter or self.unchecked == NOT_WITHOUT_LETTER

    @property
    def send_method(self) -> SendMethod:
        """Return how her letter is sent; by the site unless she chose another way."""
        way = self.unvalidated["way"]
        return SendMethod(way) if way in set(SendMethod) else SendMethod.WE_SEND

    def consents_with(self, *, letter: bool) -> dict[Consent, bool]:
        """Return for each consent that is offered whether she gave it.

        `letter`: she signs with a letter. Its consents are for letters that the site sends:
        choosing to write and signing is the consent to send, and no box is ticked for it.
        """
        ours = letter and self.send_method is SendMethod.WE_SEND
        said = {one: self.consent_values[one.value] for one in offered_consents(self.page.words)}
        said[Consent.SEND_LETTER] = ours
        return {one: given and (ours or one not in _LETTER_CONSENTS) for one, given in said.items()}

    @property
    def letters(self) -> list[LetterTextForm]:
        """Return her letters that came with the form."""
        return list(self._letters.values())

    def letter(self, number: int) -> LetterTextForm:
        """Return the letter at a place on the preview page, from 1; an empty one if it is new."""
        return self._letters.get(number) or LetterTextForm(self.language, self._typed, number)

    def typed(self, name: str) -> str:
        """Return a text field's value; a field that was not sent is empty."""
        return self.unvalidated[name] if name in self.unvalidated else str(self[name].data)

    def validate(self, extra_validators: Any = None) -> bool:
        super().validate(extra_validators)
        for name in self.unchecked:
            self[name].errors = ()
        good = not any(field.errors for field in self)
        if self.wants_letter:
            texts = [letter.validate() for letter in self.letters]
            good = all(texts) and good
        if self.form_token_renewed:
            self.stamp.errors = [self.say("stamp")]
        elif self.unvalidated["revision"] != self.page.loaded.digest:
            self.stamp.errors = [self.say("changed")]
        return good and not self.stamp.errors

    def errors_at(self, names: Iterable[str]) -> list[tuple[str, str]]:
        """Return (field to go to, message) pairs for some of the fields, in their order."""
        said = dict(self.error_list())
        return [(name, said[name]) for name in names if name in said]

    def first_page_errors(self) -> list[tuple[str, str]]:
        """Return the errors that are corrected on the letter's page."""
        return self.errors_at((*FIRST_PAGE, "town") if self.shows_town else FIRST_PAGE)

    def validate_choice(self, field: TextField) -> None:
        if field.data not in set(Choice):
            self.stop("no-choice")

    def validate_government(self, field: TextField) -> None:
        if field.data not in self.government_names:
            self.stop("no-government")


def _turns(formdata: Mapping[str, str], campaign: Campaign) -> dict[str, int]:
    """Return how often she asked for another variant, for each of the letter's pieces."""
    wanted = formdata.get("another", "")
    turns = {}
    for piece in piece_names(campaign):
        typed = formdata.get(f"turn-{piece}", "")
        before = int(typed) if typed and re.fullmatch(r"[0-9]{1,3}", typed) else 0
        turns[piece] = before + (piece == wanted)
    return {piece: turn for piece, turn in turns.items() if turn}


def chosen_government(code: str, page: PageContext) -> str:
    """Return the government that a URL like ?government=EL means, or an empty string."""
    wanted = to_iso_code(code)
    return wanted if wanted in {government.code for government in page.governments()} else ""
