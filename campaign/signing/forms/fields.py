"""Fields of the public forms; they say their errors in the page's language."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from email_validator import EmailNotValidError, validate_email
from wtforms import Field
from wtforms.validators import StopValidation

from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS
from campaign.campaigns.rules.letter import (
    MAX_LETTER_LENGTH,
    MAX_PARAGRAPH_LENGTH,
    MAX_SUBJECT_LENGTH,
)
from campaign.errors import InvalidText
from campaign.language.names import clean_name, clean_town
from campaign.language.text import clean_line, clean_paragraphs
from campaign.recipients.directory_entries import MAX_POSTAL_LINE_LENGTH, MAX_POSTAL_LINES
from campaign.signatures.rules.signature import MAX_NAME, MAX_TOWN
from campaign.signing.forms.error_messages import error_message
from campaign.signing.report_contact import MAX_REPORT
from campaign.web.forms import PageForm, TextField, is_consent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from werkzeug.datastructures import MultiDict

    from campaign.language.catalogue import Language


MAX_EMAIL_LENGTH = 254
"""RFC 5321, section 4.5.3.1.3: a path has 256 octets including its angle brackets."""


class PublicForm(PageForm):
    """A form of a page in one of the site's languages."""

    def __init__(self, language: Language, **kwargs: Any) -> None:
        self.language = language
        super().__init__(**kwargs)

    def say(self, reason: str, **values: int | str) -> str:
        """Return the message for a reason."""
        return error_message(self.language, reason, **values)

    def add_reason(self, name: str, reason: str, **values: int | str) -> None:
        """Show the message for a reason at a field."""
        self.add_error(name, self.say(reason, **values))

    def stop(self, reason: str, **values: int | str) -> NoReturn:
        """Raise the error of the field that is validated, and skip its other checks."""
        raise StopValidation(self.say(reason, **values))


class CleanedField(TextField):
    """Text of a PublicForm; `data` is as it is to be stored once the field is valid.

    `clean` raises InvalidText. `longest`: how many characters are stored. `needed`: the reason that
    is given if there are none.
    """

    clean: ClassVar[Callable[[str], str]]
    longest: ClassVar[int] = sys.maxsize
    needed: ClassVar[str] = ""

    def pre_validate(self, form: Any) -> None:
        self.data = self.cleaned(form)

    def cleaned(self, form: Any) -> str:
        """Return the text as it is to be stored; raise StopValidation with a message."""
        try:
            text = type(self).clean(self.data)
        except InvalidText as error:
            form.stop(error.reason)
        if not text and self.needed:
            form.stop(self.needed)
        if len(text) > self.longest:
            form.stop("too-long", most=self.longest, length=len(text))
        return text


class NameField(CleanedField):
    clean, longest, needed = clean_name, MAX_NAME, "no-name"


class EmailField(TextField):
    """An e-mail address; `data` is as it is stored once the field is valid."""

    def pre_validate(self, form: Any) -> None:
        try:
            # Address books add invisible marks around an address.
            typed = clean_line(self.data)
            if not typed:
                form.stop("no-email")
            if len(typed) > MAX_EMAIL_LENGTH:
                form.stop("bad-email")
            checked = validate_email(
                typed, allow_smtputf8=False, strict=True, check_deliverability=False
            )
        except (EmailNotValidError, InvalidText):
            form.stop("bad-email")
        self.data = checked.ascii_email or checked.normalized


class TownField(CleanedField):
    clean, longest = clean_town, MAX_TOWN


class ParagraphField(CleanedField):
    clean, longest = clean_paragraphs, MAX_PARAGRAPH_LENGTH


class SubjectField(CleanedField):
    clean, longest, needed = clean_line, MAX_SUBJECT_LENGTH, "no-subject"


class BodyField(CleanedField):
    clean, longest, needed = clean_paragraphs, MAX_LETTER_LENGTH, "no-text"


class ReportField(CleanedField):
    clean, longest, needed = clean_paragraphs, MAX_REPORT, "no-text"


class PostalAddressField(CleanedField):
    """An address on paper, for printing: `data` stays as typed, `lines` is what is printed."""

    clean = clean_paragraphs

    lines: Sequence[str] = ()

    def pre_validate(self, form: Any) -> None:
        lines = [line.strip() for line in self.cleaned(form).split("\n")]
        self.lines = [line for line in lines if line]
        longest = max(map(len, self.lines), default=0)
        if len(self.lines) > MAX_POSTAL_LINES or longest > MAX_POSTAL_LINE_LENGTH:
            form.stop("too-many-lines", lines=MAX_POSTAL_LINES, length=MAX_POSTAL_LINE_LENGTH)


def read_consents(form: MultiDict[str, str] | None) -> dict[str, bool]:
    """Return for each consent whether she agreed, as a ConsentField for each would."""
    return {
        one.value: form is not None and is_consent(form.getlist(one)) for one in OPTIONAL_CONSENTS
    }


@dataclass(frozen=True)
class DemandChoice:
    key: str
    ticked: bool
    position: int


class DemandsField(Field):
    """A SignForm's field whose `data` is the keys of the chosen demands in her order.

    A demand's checkbox is `demands=<key>`, its position `place-<key>`. Of two demands with the
    same position the one that was moved there comes first.
    """

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        demands = kwargs["_form"].page.campaign.revision.demands
        self._listed = {one.key: n for n, one in enumerate(demands, 1)}
        self.choices = [
            DemandChoice(key, ticked=True, position=n) for key, n in self._listed.items()
        ]

    def process(self, formdata: Any, *_args: Any, **_kwargs: Any) -> None:
        self.process_errors = []
        listed = self._listed
        if formdata and (self.name in formdata or self._was_shown(formdata)):
            ticked = set(formdata.getlist(self.name))
            self.choices = [
                DemandChoice(
                    key, key in ticked, _place(formdata.get(f"place-{key}"), n, len(listed))
                )
                for key, n in listed.items()
            ]
        chosen = sorted(
            (choice for choice in self.choices if choice.ticked),
            key=lambda choice: (choice.position, choice.position == listed[choice.key]),
        )
        self.data = [choice.key for choice in chosen]

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            form.stop("no-demand")

    def _was_shown(self, formdata: Any) -> bool:
        return any(f"place-{key}" in formdata for key in self._listed)


def _place(text: str | None, default: int, most: int) -> int:
    if text and text.isascii() and text.isdigit() and len(text) <= 3:  # noqa: PLR2004
        return min(max(int(text), 1), most)
    return default
