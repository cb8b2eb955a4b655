"""The form that signs a letter, on both of its pages: filling in and reviewing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from email_validator import EmailNotValidError, validate_email
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import StopValidation

from campaign.campaigns.compose import alternatives_by_piece
from campaign.campaigns.rules.consents import Consent
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
)
from campaign.errors import InvalidText
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.letters.rules.letter import SendMethod
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.rules.signature import Person
from campaign.signing.forms.error_messages import error_message
from campaign.signing.forms.fields import DemandsField, read_consents
from campaign.signing.forms.form_token import FormTokenCsrf
from campaign.signing.submit import offered_consents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from werkzeug.datastructures import MultiDict
    from wtforms import Field
    from wtforms.csrf.core import CSRFTokenField

    from campaign.campaigns.rules.campaign import Campaign
    from campaign.web.context import PageContext

MAX_NAME = 120
MAX_TOWN = 80
MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets including its angle brackets."""

UNVALIDATED_FIELDS = ("way", "source", "basis", "letter_language", "revision", "comment")
"""Values that, like the consents, can never be invalid and so need no field.

A field costs eight microseconds a request.
`comment` is a honeypot: people leave it empty, and programs that fill in everything do not.
"""


class SignForm(FlaskForm):
    """The form: name, address, government, demands, paragraph, consents; later subject and text.

    Values are cleaned for storing once `validate()` has returned true. `unvalidated`: what is
    carried from step to step unchanged. `consent_values`: which consents were given.
    """

    class Meta:
        csrf = True
        csrf_class = FormTokenCsrf
        csrf_field_name = "stamp"

    name = StringField()
    email = StringField()
    town = StringField()
    government = SelectField(choices=(), validate_choice=False)
    paragraph = TextAreaField()
    subject = StringField()
    body = TextAreaField()

    stamp: CSRFTokenField
    form_id: UUID
    form_token_renewed = False

    def __init__(self, page: PageContext, formdata: MultiDict[str, str] | None) -> None:
        self.page = page
        super().__init__(formdata)  # type: ignore[no-untyped-call]
        self.government_names = page.government_names()
        self.government.choices = list(self.government_names.items())
        self.unvalidated = {
            name: formdata.get(name, "") if formdata else "" for name in UNVALIDATED_FIELDS
        }
        self.consent_values = read_consents(formdata)
        keys = [demand.key for demand in page.campaign.revision.demands]
        self.demands = DemandsField.for_form(self, keys, self.meta)
        self.demands.process(formdata)
        self.demands.errors = []
        self.has_letter_text = formdata is not None and "body" in formdata
        self.variant_offsets = _turns(formdata or {}, page.campaign)

    @property
    def person(self) -> Person:
        return Person(name=self.typed("name"), email=self.typed("email"), town=self.typed("town"))

    @property
    def send_method(self) -> SendMethod | None:
        """Return how her letter is sent; None if she wants none.

        We send it only with her consent.
        """
        if self.unvalidated["way"] in {SendMethod.OWN_MAIL, SendMethod.PRINT}:
            return SendMethod(self.unvalidated["way"])
        return SendMethod.WE_SEND if self.consent_values[Consent.SEND_LETTER.value] else None

    def typed(self, name: str) -> str:
        """Return a text field's value; a field that was not sent is empty."""
        return self.unvalidated[name] if name in self.unvalidated else str(self[name].data or "")

    @property
    def consents(self) -> dict[Consent, bool]:
        offered = offered_consents(self.page.words)
        return {purpose: self.consent_values[purpose.value] for purpose in offered}

    def validate(self, extra_validators: Any = None) -> bool:
        good: bool = super().validate(extra_validators)
        if not self.demands.data:
            self.demands.errors = [self._say("no-demand")]
            good = False
        if self.form_token_renewed:
            self.stamp.errors = [self._say("stamp")]
            good = False
        elif self.unvalidated["revision"] != self.page.loaded.digest:
            self.stamp.errors = [self._say("changed")]
            good = False
        return good

    def error_list(self) -> list[tuple[str, str]]:
        """Return (field to go to, message) pairs in the page's order."""
        order = ["stamp", "name", "email", "town", "government", "demands", "paragraph"]
        fields = [*order, "subject", "body"]
        return [
            (name, str(getattr(self, name).errors[0]))
            for name in fields
            if getattr(self, name).errors
        ]

    def validate_name(self, field: Field) -> None:
        self._clean(field, clean_name, MAX_NAME, needed="no-name")

    def validate_town(self, field: Field) -> None:
        self._clean(field, clean_town, MAX_TOWN)

    def validate_paragraph(self, field: Field) -> None:
        self._clean(field, clean_paragraphs, MAX_PARAGRAPH_LENGTH)

    def validate_subject(self, field: Field) -> None:
        if self.has_letter_text and self.send_method:
            self._clean(field, clean_line, MAX_SUBJECT_LENGTH, needed="no-subject")

    def validate_body(self, field: Field) -> None:
        if self.has_letter_text and self.send_method:
            self._clean(field, clean_paragraphs, MAX_LETTER_LENGTH, needed="no-text")

    def validate_email(self, field: Field) -> None:
        try:
            # Address books add invisible marks around an address.
            typed = clean_line(field.data or "")
            if not typed:
                self._refuse("no-email")
            if len(typed) > MAX_EMAIL_LENGTH:
                self._refuse("bad-email")
            checked = validate_email(
                typed, allow_smtputf8=False, strict=True, check_deliverability=False
            )
        except (EmailNotValidError, InvalidText):
            self._refuse("bad-email")
        field.data = checked.ascii_email or checked.normalized

    def validate_government(self, field: Field) -> None:
        if field.data not in self.government_names:
            self._refuse("no-government")

    def _clean(
        self, field: Field, clean: Callable[[str], str], most: int, needed: str = ""
    ) -> None:
        try:
            kept = clean(field.data or "")
        except InvalidText as error:
            self._refuse(error.reason)
        if not kept and needed:
            self._refuse(needed)
        if len(kept) > most:
            self._refuse("too-long", most=most, length=len(kept))
        field.data = kept

    def _refuse(self, reason: str, **values: int) -> Any:
        raise StopValidation(self._say(reason, **values))

    def _say(self, reason: str, **values: int) -> str:
        return error_message(self.page.language, reason, **values)


def _turns(formdata: Mapping[str, str], campaign: Campaign) -> dict[str, int]:
    """Return how often she asked for another variant, for each of the letter's pieces."""
    wanted = formdata.get("another", "")
    turns = {}
    for piece in alternatives_by_piece(campaign):
        typed = formdata.get(f"turn-{piece}", "")
        before = int(typed) if re.fullmatch(r"[0-9]{1,3}", typed) else 0
        turns[piece] = before + (piece == wanted)
    return {piece: turn for piece, turn in turns.items() if turn}


def chosen_government(code: str, page: PageContext) -> str:
    """Return the government that a URL like ?government=EL means, or an empty string."""
    wanted = to_iso_code(code)
    return wanted if wanted in {government.code for government in page.governments()} else ""
