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
    clean, longest, needed = clean_paragraphs, MAX_REPORT, "no-report"


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

    A demand's checkbox is `demands=<key>`, its position `place-<key>`. One that was moved takes the
    position that it was moved to, and the others make room. `choices`: in her order.
    """

    def __init__(self, label: str = "", **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        demands = kwargs["_form"].page.campaign.revision.demands
        self._listed = [one.key for one in demands]
        self.choices = [
            DemandChoice(key, ticked=True, position=n) for n, key in enumerate(self._listed, 1)
        ]

    def process(self, formdata: Any, *_args: Any, **_kwargs: Any) -> None:
        self.process_errors = []
        if formdata and (self.name in formdata or self._was_shown(formdata)):
            ticked = set(formdata.getlist(self.name))
            ordered = _order(formdata, self._shown_order(formdata))
            self.choices = [
                DemandChoice(key, key in ticked, position=n) for n, key in enumerate(ordered, 1)
            ]
        self.data = [choice.key for choice in self.choices if choice.ticked]

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            form.stop("no-demand")

    def _shown_order(self, formdata: Any) -> list[str]:
        """Return the demands in the order of the page: a form is sent in its order (HTML)."""
        shown = [name.removeprefix("place-") for name in formdata]
        known = [key for key in shown if key in self._listed]
        return known if len(known) == len(self._listed) else self._listed

    def _was_shown(self, formdata: Any) -> bool:
        return any(f"place-{key}" in formdata for key in self._listed)


def _order(formdata: Any, shown: list[str]) -> list[str]:
    def position(place: tuple[int, str]) -> tuple[int, int]:
        before, key = place
        wanted = _place(formdata.get(f"place-{key}"), before, len(shown))
        # What was moved up comes before the one that had the place, what was moved down after it.
        return wanted, (wanted > before) - (wanted < before)

    return [key for _, key in sorted(enumerate(shown, 1), key=position)]


def _place(text: str | None, default: int, most: int) -> int:
    if text and text.isascii() and text.isdigit() and len(text) <= 3:  # noqa: PLR2004
        return min(max(int(text), 1), most)
    return default
