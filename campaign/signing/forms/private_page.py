"""The forms of the private page, and of the page that says "check your mail"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.signing.forms.fields import (
    BodyField,
    EmailField,
    NameField,
    PostalAddressField,
    PublicForm,
    ReportField,
    SubjectField,
    TownField,
)
from campaign.web.forms import ConsentField, PageForm, TextField

if TYPE_CHECKING:
    from collections.abc import Callable


class CodeForm(PublicForm):
    code = TextField()

    def validate_code(self, field: TextField) -> None:
        if not field.stripped:
            self.stop("no-code")


class AddressForm(PublicForm):
    email = EmailField()


class CorrectionForm(PublicForm):
    """Name, town, and what she agrees to, under the consents' own names."""

    name = NameField()
    town = TownField()
    send_letter = ConsentField()
    show_name = ConsentField()
    send_news = ConsentField()
    reply_directly = ConsentField()
    send_copy = ConsentField()

    @property
    def person(self) -> dict[str, str]:
        """Return the fields of Person that she may correct."""
        return {"name": self.name.data, "town": self.town.data}


class LetterActionForm(PublicForm):
    """What she does about one of her letters: `recipient` is the key of whom it is to.

    Pages of versions that knew one letter for each signature name none.
    """

    recipient = TextField()


class LetterForm(LetterActionForm):
    subject = SubjectField()
    body = BodyField()

    def refuse_unprintable(self, missing_characters: Callable[[str], str]) -> None:
        """Show errors at the texts in which `missing_characters` finds some."""
        for field in (self.subject, self.body):
            characters = missing_characters(field.data)
            if characters and not field.errors:
                self.add_reason(field.name, "unprintable", characters=characters)


class ReportForm(LetterActionForm):
    report = ReportField()


class PostalAddressForm(LetterActionForm):
    postal = PostalAddressField()


class DownloadForm(PageForm):
    """Which file to return: anything but "text" means JSON."""

    kind = TextField(name="as")
