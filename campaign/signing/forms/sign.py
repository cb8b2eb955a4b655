"""The form that signs a letter, on both of its pages: filling in and reviewing."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from email_validator import EmailNotValidError, validate_email

from campaign.campaigns.compose import piece_names
from campaign.campaigns.rules.campaign import Consent
from campaign.errors import InvalidText
from campaign.language.text import clean_line
from campaign.letters.rules.letter import SendMethod
from campaign.recipients.rules.choice import MAX_LETTERS
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.signature import Person
from campaign.signing.forms.fields import (
    DemandsField,
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
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from werkzeug.datastructures import MultiDict
    from wtforms.csrf.core import CSRFTokenField

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.web.context import PageContext

MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets including its angle brackets."""

UNVALIDATED_FIELDS = (*("way", "source", "write_to", "revision", "comment", "step"),)
"""Values that, like the consents, can never be invalid and so need no field.

A field costs eight microseconds a request.
`comment` is a honeypot: people leave it empty, and programs that fill in everything do not.
"""


class Step(StrEnum):
    """The button that she clicked."""

    PREVIEW = "preview"
    CHANGE = "change"
    KEEP = "keep"
    RECOMPOSE = "anew"
    SEND = "send"


class SignForm(PublicForm):
    """The form: name, address, government, demands, paragraph, consents; later letters' texts.

    Values are cleaned for storing once `validate()` has returned true. `unvalidated`: what is
    carried from step to step unchanged. `consent_values`: which consents were given.
    """

    class Meta:
        csrf = True
        csrf_class = FormTokenCsrf
        csrf_field_name = "stamp"

    name = NameField()
    email = TextField()
    government = TextField()
    town = TownField()
    demands = DemandsField()
    paragraph = ParagraphField()

    stamp: CSRFTokenField
    form_id: UUID
    form_token_renewed = False

    def __init__(self, page: PageContext, formdata: MultiDict[str, str] | None) -> None:
        self.page = page
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

    @property
    def person(self) -> Person:
        return Person(name=self.typed("name"), email=self.typed("email"), town=self.typed("town"))

    @property
    def step(self) -> Step:
        step = self.unvalidated["step"]
        return Step(step) if step in set(Step) else Step.PREVIEW

    @property
    def send_method(self) -> SendMethod | None:
        """Return how her letter is sent; None if she wants none.

        We send it only with her consent.
        """
        if self.unvalidated["way"] in {SendMethod.OWN_MAIL, SendMethod.PRINT}:
            return SendMethod(self.unvalidated["way"])
        return SendMethod.WE_SEND if self.consent_values[Consent.SEND_LETTER.value] else None

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

    @property
    def consents(self) -> dict[Consent, bool]:
        offered = offered_consents(self.page.words)
        return {purpose: self.consent_values[purpose.value] for purpose in offered}

    def validate(self, extra_validators: Any = None) -> bool:
        good: bool = super().validate(extra_validators)
        if self.send_method:
            texts = [letter.validate() for letter in self.letters]
            good = all(texts) and good
        if self.form_token_renewed:
            self.stamp.errors = [self.say("stamp")]
        elif self.unvalidated["revision"] != self.page.loaded.digest:
            self.stamp.errors = [self.say("changed")]
        return good and not self.stamp.errors

    def error_list(self) -> Iterator[tuple[str, str]]:
        """Yield (field to go to, message) pairs in the page's order."""
        # The token was made after the fields, and what is said about it concerns all of them.
        return iter(sorted(super().error_list(), key=lambda error: error[0] != "stamp"))

    def validate_email(self, field: TextField) -> None:
        try:
            # Address books add invisible marks around an address.
            typed = clean_line(field.data)
            if not typed:
                self.stop("no-email")
            if len(typed) > MAX_EMAIL_LENGTH:
                self.stop("bad-email")
            checked = validate_email(
                typed, allow_smtputf8=False, strict=True, check_deliverability=False
            )
        except (EmailNotValidError, InvalidText):
            self.stop("bad-email")
        field.data = checked.ascii_email or checked.normalized

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
